package raven

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// The reference's limits (protocol 6.4).
const (
	defaultBreadcrumbs = 100
	maxCrumbMessage    = 1024
	maxCrumbCategory   = 128
	maxCrumbLevel      = 16
)

// Breadcrumb is something that happened before an event (protocol 5.2, 6.4).
// One without type, category, message and data is not recorded.
type Breadcrumb struct {
	// Timestamp is when it happened. Zero: when it is recorded.
	Timestamp time.Time
	// Type decides how Sentry shows it. Empty: "default".
	Type string
	// Category names the part of the program; at most 128 characters are kept.
	Category string
	// Message is the text; at most 1024 characters are kept.
	Message string
	// Level is as for events, and sent in lower case; Sentry takes none for info.
	Level Level
	// Data is anything else. It is encoded when the breadcrumb is recorded, so it
	// may be changed afterwards.
	Data map[string]any
}

// crumb is a recorded breadcrumb: JSON whose timestamp comes first, so that the
// rest can be compared.
type crumb struct {
	json []byte
	rest int // where the rest begins
}

// crumbs is a ring of the latest breadcrumbs. It is safe for concurrent use.
type crumbs struct {
	mu   sync.Mutex
	ring []crumb // guarded by mu; grows up to limit
	next int     // guarded by mu; the oldest, once the ring is full

	limit int
}

// record adds b, in the place of the oldest if the ring is full.
func (c *crumbs) record(b Breadcrumb) {
	if c.limit <= 0 || b.Type == "" && b.Category == "" && b.Message == "" && len(b.Data) == 0 {
		return
	}
	if b.Timestamp.IsZero() {
		b.Timestamp = time.Now()
	}
	d := newDraft()
	defer d.release()
	d.buf = appendCrumb(d.buf[:0], &d.enc, b)
	json := bytes.Clone(d.buf)
	made := crumb{json: json, rest: bytes.IndexByte(json, ',')}

	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.ring) < c.limit {
		c.ring = append(c.ring, made)
		return
	}
	c.ring[c.next] = made
	c.next = (c.next + 1) % c.limit
}

// appendTo appends what is in the ring, the oldest first. Of equal ones in a
// row only the first is given, as in the reference; when they happened does
// not count.
func (c *crumbs) appendTo(dst []crumb) []crumb {
	c.mu.Lock()
	defer c.mu.Unlock()
	start := len(dst)
	for i := range c.ring {
		next := c.ring[(c.next+i)%len(c.ring)]
		if n := len(dst); n > start && bytes.Equal(dst[n-1].json[dst[n-1].rest:], next.json[next.rest:]) {
			continue
		}
		dst = append(dst, next)
	}
	return dst
}

func appendCrumb(dst []byte, e *encoder, b Breadcrumb) []byte {
	dst = append(dst, `{"timestamp":`...)
	dst = appendSeconds(dst, b.Timestamp)
	if b.Type == "" {
		b.Type = "default"
	}
	dst = appendStringField(dst, `,"type":`, b.Type)
	if b.Level != "" {
		word, _ := b.Level.canonical()
		dst = appendStringField(dst, `,"level":`, firstRunes(strings.ToLower(string(word)), maxCrumbLevel))
	}
	dst = appendStringField(dst, `,"message":`, firstRunes(b.Message, maxCrumbMessage))
	dst = appendStringField(dst, `,"category":`, firstRunes(b.Category, maxCrumbCategory))
	if len(b.Data) > 0 {
		dst = e.appendMap(append(dst, `,"data":`...), b.Data, loose)
	}
	return append(dst, '}')
}
