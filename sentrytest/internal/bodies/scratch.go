package bodies

import (
	"bytes"
	"sync"
	"unsafe"
)

// maxScratch limits the buffers that are kept for the next body. Ordinary
// events are smaller.
const maxScratch = 1 << 20

// scratch has buffers for bodies of unknown length. They hold no channels, so
// that one pool may serve servers inside and outside of testing/synctest
// bubbles.
var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Borrow returns an empty buffer. Give it back with [SettleUp] or
// [GiveBack].
func Borrow() *bytes.Buffer { return scratch.Get().(*bytes.Buffer) }

// SettleUp gives a buffer back and returns what it held, in memory of exactly
// that size: a server keeps every body, and most are small.
func SettleUp(b *bytes.Buffer) []byte {
	if b.Cap() > maxScratch {
		return b.Bytes()
	}
	held := bytes.Clone(b.Bytes())
	GiveBack(b)
	return held
}

// GiveBack gives a buffer back whose contents nobody uses any more.
func GiveBack(b *bytes.Buffer) {
	if b.Cap() <= maxScratch {
		b.Reset()
		scratch.Put(b)
	}
}

// TextOf returns bytes as a string without a copy. They must not change any
// more. A server parses bodies as bytes, and shows and shares them as strings.
func TextOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// BytesOf undoes [TextOf]. The bytes must not change.
func BytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }
