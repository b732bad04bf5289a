package guard

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
)

// Logger returns l for the client's own records. If l's handler panics, only
// the record is lost. The records are marked, see [Own], because a handler may
// call the client.
func Logger(l *slog.Logger) *slog.Logger {
	if _, ok := l.Handler().(handler); ok {
		return l
	}
	return slog.New(handler{l.Handler()})
}

// logging is the number of records that handlers are processing.
var logging atomic.Int64

type handler struct{ next slog.Handler }

type ownKey struct{}

func mark(ctx context.Context) context.Context { return context.WithValue(ctx, ownKey{}, true) }

// Enabled returns next's result. If next panics, it returns slog's default.
func (h handler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	if Do(func() { enabled = h.next.Enabled(mark(ctx), level) }) != nil {
		return level >= slog.LevelInfo
	}
	return enabled
}

// Handle passes the record on. [inHandler] finds it on the stack by its name.
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

// Own reports whether ctx or the goroutine's stack shows that a handler is
// processing one of the client's own records. Logs and captures in there are
// about the client; reporting them would cause an endless loop.
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

// Logged reports whether a client has logged anything. Most clients never do,
// so callers can skip further checks.
func Logged() bool { return texts.any.Load() }

// OwnText reports whether a client has logged a record with this message. It is
// the only mark that is left when a handler passes records to another
// goroutine.
func OwnText(message string) bool { return texts.has(message) }

// texts holds the messages of the clients' records. There are about a dozen,
// and those of an engine's library.
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
