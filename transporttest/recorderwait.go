package transporttest

import (
	"context"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// signal wakes any number of goroutines. The recorder's lock guards it.
type signal chan struct{}

// wait returns a channel that fire closes.
func (s *signal) wait() <-chan struct{} {
	if *s == nil {
		*s = make(signal)
	}
	return *s
}

func (s *signal) fire() {
	if *s != nil {
		close(*s)
		*s = nil
	}
}

// waiting is a delayed delivery.
type waiting struct {
	ready []<-chan struct{} // closed when nothing delays it any more
	cut   <-chan struct{}   // closed when Close gives up
	end   chan struct{}     // closed when it is the next delivery's turn
}

// record records a packet and returns what its delivery waits for, or nil. If
// inOrder is true, the delivery also waits for those before it.
func (r *Recorder) record(p *transport.Packet, inOrder bool) (*waiting, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, transport.ErrClosed
	}
	r.packets = append(r.packets, clonePacket(p))
	r.changed.fire()
	if r.release == nil && r.latency == 0 && (!inOrder || r.tail == nil) {
		return nil, nil
	}
	w := &waiting{cut: r.cut.wait()}
	if r.latency > 0 {
		late := make(chan struct{})
		time.AfterFunc(r.latency, func() { close(late) })
		w.ready = append(w.ready, late)
	}
	if r.release != nil {
		w.ready = append(w.ready, r.release)
	}
	if inOrder {
		if r.tail != nil {
			w.ready = append(w.ready, r.tail)
		}
		w.end = make(chan struct{})
		r.tail = w.end
	}
	r.held++
	return w, nil
}

// wait waits, or returns the cause of ctx's end if that comes first. When Close
// gives up, all waits end, so that a callback that hangs does not delay the
// others.
func (w *waiting) wait(ctx context.Context) error {
	for _, ready := range w.ready {
		select {
		case <-ready:
		case <-w.cut:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

func (r *Recorder) settle(w *waiting) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if w.end != nil {
		close(w.end)
	}
	if r.tail == w.end {
		r.tail = nil
	}
	r.held--
	if r.held == 0 {
		r.settled.fire()
	}
}

func (r *Recorder) outcome(p *transport.Packet) (*transport.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure != nil {
		return nil, r.failure
	}
	return &transport.Response{Status: http.StatusOK, EventID: p.EventID}, nil
}
