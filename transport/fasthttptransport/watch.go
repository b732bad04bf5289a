package fasthttptransport

import (
	"context"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/attempt"
)

// watch cuts the exchanges of a link when their contexts end. It keeps one
// timer and one registration for the transport's life, so that an exchange
// needs no new ones: the contexts of a transport differ only in their
// deadlines. One exchange is watched at a time.
type watch struct {
	cut   func()      // cuts the link's exchange
	timer *time.Timer // ends at the deadline of the running exchange

	life     context.Context // the registered context; nil: none
	stopLife func() bool
	other    func() bool // unregisters a context of another kind
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
	deadline, _ := own.Deadline()
	if left := time.Until(deadline); w.timer == nil {
		w.timer = time.AfterFunc(left, w.cut)
	} else {
		w.timer.Reset(left)
	}
}

// end ends the watching. It reports whether the exchange was not cut and will
// not be.
func (w *watch) end() bool {
	if stop := w.other; stop != nil {
		w.other = nil
		return stop()
	}
	return w.timer.Stop() && w.life.Err() == nil
}

// stop ends the watch when the link closes.
func (w *watch) stop() {
	w.forget()
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
