package ravenhttp

import (
	"io"
	"mime"
	"strings"
	"sync"
)

// bodyRecorder keeps the start of a body while a handler reads it.
type bodyRecorder struct {
	io.ReadCloser
	limit int

	mu   sync.Mutex
	kept []byte // guarded by mu
	more bool   // guarded by mu; more was read than kept
}

func (b *bodyRecorder) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	read := p[:max(0, min(n, len(p)))] // a broken body may return other numbers
	b.mu.Lock()
	defer b.mu.Unlock()
	room := b.limit - len(b.kept)
	b.kept = append(b.kept, read[:min(len(read), room)]...)
	b.more = b.more || len(read) > room
	return n, err
}

// recorded returns the part that was read so far, or nil.
func (b *bodyRecorder) recorded() any {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case len(b.kept) == 0:
		return nil
	case b.more:
		return string(b.kept) + "..."
	}
	return string(b.kept)
}

// isText reports whether bodies of a content type are text. Others are not
// recorded: uploads are large and useless in an event.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch {
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "+json"), strings.HasSuffix(kind, "+xml"):
		return true
	}
	return kind == "application/json" || kind == "application/xml" || kind == "application/x-www-form-urlencoded"
}
