package transport

import (
	"fmt"
	"slices"
	"sync"

	"github.com/klauspost/compress/s2"
)

// A folded body holds what tells it from another one. The events of a burst
// have most of their text in common, so a folded one takes a twentieth of its
// room, where gzip would leave a quarter; and it takes a fraction of gzip's
// time. The wire's encoding is made when a packet is sent, and only then.

// foldBook is the text that bodies are folded against: one of each kind that
// was met. Its zero value is empty. Its owner guards it.
type foldBook struct {
	text []byte
	dict *s2.Dict // of text
	used int      // folds against dict
	wait int      // as many at least before another body is added
}

const (
	maxFoldText = 32 << 10
	// A dictionary takes more room than a packet, so bodies that have nothing
	// in common get ever fewer.
	minFoldWait = 64
	maxFoldWait = 1 << 16
)

// forBody returns what a body is folded against.
func (b *foldBook) forBody(body []byte) *s2.Dict {
	if b.dict == nil {
		b.add(body)
	}
	b.used++
	return b.dict
}

// folded notes how well a body could be folded.
func (b *foldBook) folded(against *s2.Dict, body []byte, size int) {
	switch {
	case against != b.dict:
	case size <= len(body)/4:
		b.wait = minFoldWait
	case b.used >= b.wait:
		b.add(body)
	}
}

// add puts a body into the text. The oldest goes where there is too much.
func (b *foldBook) add(body []byte) {
	body = body[:min(len(body), maxFoldText)]
	kept := b.text[max(len(b.text)+len(body)-maxFoldText, 0):]
	b.text = slices.Concat(kept, body)
	b.dict, b.used, b.wait = s2.MakeDict(b.text, nil), 0, min(max(2*b.wait, minFoldWait), maxFoldWait)
}

var scratches = sync.Pool{New: func() any { return new([]byte) }}

// fold returns a packet whose body is folded, or nil if that makes it no
// smaller.
func fold(p *Packet, against *s2.Dict) *Packet {
	if against == nil || s2.MaxEncodedLen(len(p.Body)) < 0 {
		return nil // the body is tiny, or the library takes none as large
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
		return nil, fmt.Errorf("transport: event %s was damaged in memory: %w", p.EventID, err)
	}
	c := *p
	c.Body = body
	return &c, nil
}

// maxPlain is how many packets at the front of the queue stay as they are: they
// are about to be sent.
const maxPlain = 32

// maxFoldTries is how many packets that wait a caller folds to make room for
// its own. One does, unless they have nothing in common.
const maxFoldTries = 4

// foldOwn has a caller fold its packet itself when much waits. It gives up the
// lock meanwhile.
func (d *dispatcher) foldOwn(j *job) {
	if d.bytes() <= d.cfg.QueueBytes/4*3 {
		return
	}
	dict := d.book.forBody(j.packet.Body)
	d.mu.Unlock()
	p := fold(j.packet, dict)
	d.mu.Lock()
	d.refold(j, p, dict)
}

// refold puts a folded packet in the place of the plain one.
func (d *dispatcher) refold(j *job, p *Packet, dict *s2.Dict) {
	if p == nil {
		d.book.folded(dict, j.packet.Body, len(j.packet.Body))
		return
	}
	d.book.folded(dict, j.packet.Body, len(p.Body))
	j.packet, j.dict = p, dict
}

// startFolding has what waits folded if it takes much. It needs the lock.
func (d *dispatcher) startFolding() {
	if d.folding || d.bytes() <= d.cfg.QueueBytes/2 {
		return
	}
	if d.unfolded() >= 0 {
		d.folding = true
		d.crew.start(d.foldQueue)
	}
}

// unfolded returns which of the fresh packets is to be folded next; none is
// negative. It needs the lock.
func (d *dispatcher) unfolded() int {
	if d.fresh.len <= maxPlain {
		return -1
	}
	first := d.fresh.front().place
	d.foldedTo = max(d.foldedTo, first+maxPlain)
	for ; d.foldedTo < first+uint64(d.fresh.len); d.foldedTo++ {
		if i := int(d.foldedTo - first); d.fresh.at(i).dict == nil {
			return i
		}
	}
	return -1
}

// foldQueue folds what waits until it takes little, or all is folded.
func (d *dispatcher) foldQueue() {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.folding = false }()
	for d.bytes() > d.cfg.QueueBytes/2 && d.foldNext() {
	}
}

// foldNext folds one of the packets that wait. It gives up the lock meanwhile.
// It returns false if none is left to be folded.
func (d *dispatcher) foldNext() bool {
	i := d.unfolded()
	if i < 0 {
		return false
	}
	j := *d.fresh.at(i)
	d.foldedTo = j.place + 1
	dict := d.book.forBody(j.packet.Body)
	d.mu.Unlock()
	p := fold(j.packet, dict)
	d.mu.Lock()
	d.refold(&j, p, dict)
	if d.fresh.len == 0 || j.dict == nil {
		return true
	}
	if i := int(j.place - d.fresh.front().place); i >= 0 && i < d.fresh.len {
		d.fresh.replace(i, j)
		d.wakeWaiter()
	}
	return true
}
