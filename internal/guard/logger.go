package guard

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
)

// Logger returns l for the client's own records. A panic of l's handler costs
// the record and nothing else. The records are marked, see [Own], since a
// handler may lead back to the client.
func Logger(l *slog.Logger) *slog.Logger {
	if _, ok := l.Handler().(handler); ok {
		return l
	}
	return slog.New(handler{l.Handler()})
}

// logging counts the records that handlers are at.
var logging atomic.Int64

type handler struct{ next slog.Handler }

type ownKey struct{}

func mark(ctx context.Context) context.Context { return context.WithValue(ctx, ownKey{}, true) }

// Enabled is next's. A handler that can't say gets what slog logs by default.
func (h handler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	if Do(func() { enabled = h.next.Enabled(mark(ctx), level) }) != nil {
		return level >= slog.LevelInfo
	}
	return enabled
}

// Handle hands the record on. [inHandler] finds it on the stack by its name.
func (h handler) Handle(ctx context.Context, r slog.Record) (err error) {
	logging.Add(1)
	defer logging.Add(-1)
	texts.add(r.Message)
	Do(func() { err = h.next.Handle(mark(ctx), r) })
	return err
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := h
	Do(func() { with.next = h.next.WithAttrs(attrs) })
	return with
}

func (h handler) WithGroup(name string) slog.Handler {
	with := h
	Do(func() { with.next = h.next.WithGroup(name) })
	return with
}

// Own reports whether ctx or the goroutine's stack says that a handler is at
// one of the client's own records: what is logged or captured then is about the
// client, and to report that would go round in circles.
func Own(ctx context.Context) (own bool) {
	if !Logged() {
		return false
	}
	if ctx != nil {
		Do(func() { own = ctx.Value(ownKey{}) != nil })
	}
	return own || logging.Load() > 0 && inHandler()
}

const handlerName = "github.com/ravenkit/ravenkit/internal/guard.handler.Handle"

func inHandler() bool {
	pcs := make([]uintptr, 512)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		if f.Function == handlerName {
			return true
		}
		if !more {
			return false
		}
	}
}

// Logged reports whether a client has logged anything. Most never do, and then
// nobody need look for what came of it.
func Logged() bool { return texts.any.Load() }

// OwnText reports whether a message is the one of a record that a client has
// logged, which is what is left of the mark when a handler hands records to
// another goroutine.
func OwnText(message string) bool { return texts.has(message) }

// texts are the messages of the client's records. There are a dozen; those of
// an engine's library may be more.
var texts ownTexts

const maxTexts = 100

type ownTexts struct {
	any  atomic.Bool
	mu   sync.RWMutex
	list map[string]bool // guarded by mu
}

func (t *ownTexts) add(s string) {
	if t.has(s) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil {
		t.list = make(map[string]bool)
	}
	if len(t.list) >= maxTexts {
		clear(t.list)
	}
	t.list[s] = true
	t.any.Store(true)
}

func (t *ownTexts) has(s string) bool {
	if !t.any.Load() {
		return false
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.list[s]
}
