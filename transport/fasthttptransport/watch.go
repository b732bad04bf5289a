package fasthttptransport

import (
	"context"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/attempt"
)

// watch cuts the exchanges of a link when their contexts end. To avoid a timer
// and a registration for each exchange, it uses one timer, which is reset when
// it fires too early, and one registration for the transport's life: the
// contexts of a transport differ only in their deadlines. One exchange is
// watched at a time.
type watch struct {
	cut func() // cuts the link's exchange

	life     context.Context // the registered context; nil: none
	stopLife func() bool
	other    func() bool // unregisters a context of another kind

	mu       sync.Mutex
	deadline time.Time // of the running exchange; zero: there is none
	over     bool      // it was cut
	timer    *time.Timer
	fires    time.Time // when the timer fires; zero: it is not set
}

func (w *watch) begin(ctx context.Context) {
	own, ok := ctx.(*attempt.Context)
	if !ok {
		w.other = context.AfterFunc(ctx, w.cut)
		return
	}
	if life := own.Life(); life != w.life {
		w.forget()
		w.life, w.stopLife = life, context.AfterFunc(life, w.cut)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = false
	w.deadline, _ = own.Deadline()
	if w.fires.IsZero() || w.deadline.Before(w.fires) {
		w.set(time.Until(w.deadline))
	}
}

// end ends the watching. It reports whether the exchange was not cut and will
// not be.
func (w *watch) end() bool {
	if stop := w.other; stop != nil {
		w.other = nil
		return stop()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deadline = time.Time{}
	return !w.over && w.life.Err() == nil
}

// set sets the timer. The caller holds the lock.
func (w *watch) set(after time.Duration) {
	w.fires = time.Now().Add(after)
	if w.timer == nil {
		w.timer = time.AfterFunc(after, w.fired)
		return
	}
	w.timer.Reset(after)
}

func (w *watch) fired() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fires = time.Time{}
	if w.deadline.IsZero() {
		return
	}
	if rest := time.Until(w.deadline); rest > 0 {
		w.set(rest)
		return
	}
	w.over = true
	w.cut()
}

// stop ends the watch when the link closes.
func (w *watch) stop() {
	w.forget()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

func (w *watch) forget() {
	if w.stopLife != nil {
		w.stopLife()
		w.life, w.stopLife = nil, nil
	}
}
