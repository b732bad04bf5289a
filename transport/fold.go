package transport

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// A folded body is compressed against a dictionary of other bodies. The events
// of a burst have most of their text in common, so a folded event takes a
// twentieth of its size, where gzip needs a quarter, and folding is several
// times faster than gzip. The encoding for the wire is made when a packet is
// sent.

// foldBook holds the text of the dictionary: one body of each kind. The zero
// value is empty. The caller must lock it.
type foldBook struct {
	text []byte
	dict *s2.Dict // made of text
	used int      // number of folds against dict
	wait int      // number of folds before another body is added
}

const (
	maxFoldText = 32 << 10
	// Making a dictionary takes more memory than a packet. The wait doubles
	// each time, for the case that the bodies have nothing in common.
	minFoldWait = 64
	maxFoldWait = 1 << 16
)

// forBody returns the dictionary for a body. It adds the first body to the
// text.
func (b *foldBook) forBody(body []byte) *s2.Dict {
	if b.dict == nil {
		b.add(body)
	}
	b.used++
	return b.dict
}

// folded records the size of a body that was folded, and adds the body to the
// text if it folded badly.
func (b *foldBook) folded(against *s2.Dict, body []byte, size int) {
	switch {
	case against != b.dict:
	case size <= len(body)/4:
		b.wait = minFoldWait
	case b.used >= b.wait:
		b.add(body)
	}
}

// add adds a body to the text, and drops the oldest text over the limit.
func (b *foldBook) add(body []byte) {
	body = body[:min(len(body), maxFoldText)]
	kept := b.text[max(len(b.text)+len(body)-maxFoldText, 0):]
	b.text = slices.Concat(kept, body)
	b.dict, b.used, b.wait = s2.MakeDict(b.text, nil), 0, min(max(2*b.wait, minFoldWait), maxFoldWait)
}

var scratches = sync.Pool{New: func() any { return new([]byte) }}

// fold returns a packet with a folded body, or nil if folding makes it no
// smaller.
func fold(p *Packet, against *s2.Dict) *Packet {
	if against == nil || s2.MaxEncodedLen(len(p.Body)) < 0 {
		return nil // the body is tiny, or too large for the library
	}
	scratch := scratches.Get().(*[]byte)
	defer scratches.Put(scratch)
	body := against.Encode(*scratch, p.Body)
	*scratch = body[:cap(body)]
	if len(body) >= len(p.Body) {
		return nil
	}
	c := *p
	c.Body = slices.Clone(body)
	return &c
}

// unfold returns a packet as it was before fold.
func unfold(p *Packet, against *s2.Dict) (*Packet, error) {
	body, err := against.Decode(nil, p.Body)
	if err != nil {
		return nil, fmt.Errorf("transport: %s was damaged in memory: %w", packetText(p.EventID), err)
	}
	c := *p
	c.Body = body
	return &c, nil
}

// maxPlain is how many packets at the front of the queue are not folded,
// because they are sent soon.
const maxPlain = 32

// maxFoldTries is how many waiting packets a caller folds at most to make room
// for its own. One is enough unless the packets have nothing in common.
const maxFoldTries = 4

// foldOwn folds the packet in its caller when much is waiting. It releases the
// lock meanwhile.
func (t *Threaded) foldOwn(j *job) {
	if t.bytes() <= t.cfg.QueueBytes/4*3 {
		return
	}
	dict := t.book.forBody(j.packet.Body)
	t.mu.Unlock()
	p := fold(j.packet, dict)
	t.mu.Lock()
	t.refold(j, p, dict)
}

func (t *Threaded) refold(j *job, p *Packet, dict *s2.Dict) {
	if p == nil {
		t.book.folded(dict, j.packet.Body, len(j.packet.Body))
		return
	}
	t.book.folded(dict, j.packet.Body, len(p.Body))
	j.packet, j.dict = p, dict
}

// startFolding starts a goroutine that folds waiting packets, if they take much
// memory. The caller holds the lock.
func (t *Threaded) startFolding() {
	if t.folding || t.bytes() <= t.cfg.QueueBytes/2 {
		return
	}
	if t.unfolded() >= 0 {
		t.folding = true
		t.crew.start(t.foldQueue)
	}
}

// unfolded returns the index of the fresh packet to fold next, negative if
// there is none. The caller holds the lock.
func (t *Threaded) unfolded() int {
	if t.fresh.len <= maxPlain {
		return -1
	}
	first := t.fresh.front().place
	t.foldedTo = max(t.foldedTo, first+maxPlain)
	for ; t.foldedTo < first+uint64(t.fresh.len); t.foldedTo++ {
		if i := int(t.foldedTo - first); t.fresh.at(i).dict == nil {
			return i
		}
	}
	return -1
}

// foldQueue folds waiting packets until they take little memory or all are
// folded.
func (t *Threaded) foldQueue() {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer func() { t.folding = false }()
	for t.bytes() > t.cfg.QueueBytes/2 && t.foldNext() {
	}
}

// foldNext folds one of the waiting packets. It releases the lock meanwhile. It
// returns false if none is left to fold.
func (t *Threaded) foldNext() bool {
	i := t.unfolded()
	if i < 0 {
		return false
	}
	j := *t.fresh.at(i)
	t.foldedTo = j.place + 1
	dict := t.book.forBody(j.packet.Body)
	t.mu.Unlock()
	p := fold(j.packet, dict)
	t.mu.Lock()
	t.refold(&j, p, dict)
	if t.fresh.len == 0 || j.dict == nil {
		return true
	}
	if i := int(j.place - t.fresh.front().place); i >= 0 && i < t.fresh.len {
		t.fresh.replace(i, j)
		t.wakeWaiter()
	}
	return true
}
