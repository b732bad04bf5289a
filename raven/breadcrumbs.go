package raven

import (
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
)

// The reference's limits (protocol 6.4).
const (
	defaultBreadcrumbs = 100
	maxCrumbMessage    = 1024
	maxCrumbCategory   = 128
	maxCrumbLevel      = 16
)

// Breadcrumb is something that happened before an event (protocol 5.2, 6.4).
// One that has none of type, category, message,
// data and Process is not recorded.
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
	// Process completes the breadcrumb when it is first needed for an event, and
	// never if that doesn't happen: for what is expensive to find out. It runs
	// once, on the goroutine of a capture, and may change what it is given, whose
	// Data is a copy. If it panics the breadcrumb stays as it was recorded. An
	// event that is captured while it runs goes without the breadcrumb.
	Process func(*Breadcrumb)
}

func (b *Breadcrumb) empty() bool {
	return b.Type == "" && b.Category == "" && b.Message == "" && len(b.Data) == 0 && b.Process == nil
}

func appendCrumb(dst []byte, e *encoder, b Breadcrumb) []byte {
	e.Restart()
	dst = append(dst, `{"timestamp":`...)
	dst = jsontext.AppendSeconds(dst, b.Timestamp)
	if b.Type == "" {
		b.Type = "default"
	}
	dst = jsontext.AppendStringField(dst, `,"type":`, b.Type)
	if b.Level != "" {
		word, _ := b.Level.canonical()
		dst = jsontext.AppendStringField(dst, `,"level":`, jsontext.FirstRunes(strings.ToLower(string(word)), maxCrumbLevel))
	}
	dst = jsontext.AppendStringField(dst, `,"message":`, e.Mask().Start(b.Message, maxCrumbMessage))
	dst = jsontext.AppendStringField(dst, `,"category":`, jsontext.FirstRunes(b.Category, maxCrumbCategory))
	if len(b.Data) > 0 {
		dst = e.AppendMap(append(dst, `,"data":`...), b.Data, jsonvalue.Loose)
	}
	return append(dst, '}')
}
