package transporttest

import (
	"context"
	"net/http"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// waiting is a delayed delivery.
type waiting struct {
	delay   <-chan time.Time // nil: no delay
	release <-chan struct{}  // nil, or closed by Release
	before  <-chan struct{}  // nil, or closed when it is this delivery's turn
	cut     <-chan struct{}  // closed when Close gives up
	end     chan struct{}    // closed when it is the next delivery's turn
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
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
	if r.release == nil && r.latency == 0 && (!inOrder || r.tail == nil) {
		return nil, nil
	}
	if r.cut == nil {
		r.cut = make(chan struct{})
	}
	w := &waiting{release: r.release, cut: r.cut}
	if r.latency > 0 {
		w.delay = time.After(r.latency)
	}
	if inOrder {
		w.before, w.end = r.tail, make(chan struct{})
		r.tail = w.end
	}
	r.held++
	return w, nil
}

// wait waits, or returns the cause of ctx's end if that comes first. When Close
// gives up, all waits end, so that a callback that hangs does not delay the
// others.
func (w *waiting) wait(ctx context.Context) error {
	if w.delay != nil {
		select {
		case <-w.delay:
		case <-w.cut:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	for _, ready := range []<-chan struct{}{w.release, w.before} {
		if ready == nil {
			continue
		}
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
	if r.held == 0 && r.settled != nil {
		close(r.settled)
		r.settled = nil
	}
}

// hurry ends all waits.
func (r *Recorder) hurry() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cut != nil {
		close(r.cut)
		r.cut = nil
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
