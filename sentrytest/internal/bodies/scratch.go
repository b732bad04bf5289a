package bodies

import (
	"bytes"
	"sync"
	"unsafe"
)

// maxScratch bounds the buffers that are kept for the next body. No ordinary
// event is larger.
const maxScratch = 1 << 20

// scratch has buffers for bodies whose length is not known yet. They hold no
// channels, so one pool may serve servers inside and outside of
// testing/synctest bubbles.
var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Borrow returns an empty buffer. Give it back with [SettleUp].
func Borrow() *bytes.Buffer { return scratch.Get().(*bytes.Buffer) }

// SettleUp gives a buffer back and returns what it held in memory of its own,
// no larger than it has to be: a server keeps every body, and most of them are
// small.
func SettleUp(b *bytes.Buffer) []byte {
	if b.Cap() > maxScratch {
		return b.Bytes()
	}
	held := bytes.Clone(b.Bytes())
	giveBack(b)
	return held
}

func giveBack(b *bytes.Buffer) {
	if b.Cap() <= maxScratch {
		b.Reset()
		scratch.Put(b)
	}
}

// TextOf returns bytes as a string without a copy. They must not change any
// more. A server keeps its bodies as bytes, which is how they are parsed, and
// as strings, which is how they are shown and shared.
func TextOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
