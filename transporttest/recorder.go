package transporttest

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Recorder is a transport that keeps every packet and delivers at once:
// callbacks run before SendAsync returns. Hold, Delay and Fail make it slow or
// broken; delayed packets are delivered in the order in which they came. A
// client needs a DSN, and any DSN works: https://key@host/1. The zero value is
// ready to use. A Recorder is safe for concurrent use, and returns copies.
type Recorder struct {
	mu      sync.Mutex
	packets []transport.Packet
	failure error
	latency time.Duration
	release signal // not nil after Hold; Release fires it
	// Nil, or closed when the last waiting callback has returned.
	tail chan struct{}
	cut  signal // fires when Close gives up
	// Number of deliveries that wait, or whose callback is running.
	held    int
	settled signal // fires when held becomes 0
	changed signal // fires when a packet arrives
	closed  bool
}

var _ transport.AsyncTransport = (*Recorder)(nil)

// NewRecorder returns a recorder.
func NewRecorder() *Recorder { return new(Recorder) }

// Packets returns the packets so far, oldest first. It includes packets that
// Fail or Hold affects, but not those sent after Close.
func (r *Recorder) Packets() []transport.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return clonePackets(r.packets)
}

// Take returns the packets like Packets, and forgets them.
func (r *Recorder) Take() []transport.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := clonePackets(r.packets)
	r.packets = nil
	return taken
}

func clonePackets(packets []transport.Packet) []transport.Packet {
	clones := make([]transport.Packet, len(packets))
	for i, p := range packets {
		clones[i] = clonePacket(&p)
	}
	return clones
}

func clonePacket(p *transport.Packet) transport.Packet {
	c := *p
	c.Header, c.Body = p.Header.Clone(), slices.Clone(p.Body)
	return c
}

// Fail makes every later delivery fail with err; nil ends that.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = err
}

// Hold delays later deliveries: packets are recorded, but callbacks and Send
// wait for Release.
func (r *Recorder) Hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release.wait()
}

// Delay delays every later outcome by d after its packet; 0 ends that. In a
// testing/synctest bubble the wait takes no time.
func (r *Recorder) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.latency = max(d, 0)
}

// Release delivers what Hold delayed, and ends Hold.
func (r *Recorder) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.release.fire()
}

// Send records a packet. After the waits of Hold and Delay, it returns a 200
// with the packet's own id, or the error of Fail. If ctx ends first, it returns
// an error.
func (r *Recorder) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	w, err := r.record(p, false)
	if err != nil {
		return nil, err
	}
	if w != nil {
		defer r.settle(w)
		if err := w.wait(ctx); err != nil {
			return nil, &transport.NetworkError{EventID: p.EventID, Host: "recorder", Err: err}
		}
	}
	return r.outcome(p)
}

// SendAsync records a packet and runs done: at once, or in a goroutine if Hold,
// Delay or earlier waiting packets delay it.
func (r *Recorder) SendAsync(_ context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	if done == nil {
		done = func(*transport.Response, error) {}
	}
	w, err := r.record(p, true)
	switch {
	case err != nil:
		done(nil, err)
	case w == nil:
		done(r.outcome(p))
	default:
		go func() {
			defer r.settle(w)
			_ = w.wait(context.Background()) // this context does not end
			done(r.outcome(p))
		}()
	}
}

// Flush waits until no packet waits for Hold or Delay, including packets that
// arrive meanwhile. If ctx ends first, it returns a
// *transport.UndeliveredError.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	if r.held == 0 {
		r.mu.Unlock()
		return nil
	}
	settled := r.settled.wait()
	r.mu.Unlock()
	select {
	case <-settled:
		return nil
	case <-ctx.Done():
		r.mu.Lock()
		defer r.mu.Unlock()
		return &transport.UndeliveredError{Pending: r.held, Err: context.Cause(ctx)}
	}
}

// Close refuses later packets. Packets that wait for Hold or Delay have until
// the end of ctx, ten seconds at most, to be delivered. Then they fail with
// transport.ErrClosed, callbacks have one more second to return, and Close
// returns a *transport.UndeliveredError. The recorded packets remain.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, transport.DefaultShutdownTimeout)
	defer cancel()
	err := r.Flush(ctx)
	undelivered, ok := err.(*transport.UndeliveredError)
	if !ok {
		return err
	}
	r.Fail(transport.ErrClosed)
	r.Release()
	r.mu.Lock()
	r.cut.fire()
	r.mu.Unlock()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if stuck, ok := r.Flush(grace).(*transport.UndeliveredError); ok {
		undelivered.Stuck = stuck.Pending
	}
	undelivered.Abandoned, undelivered.Pending = undelivered.Pending-undelivered.Stuck, 0
	return undelivered
}

// Blocking returns a transport that records into r and has only the methods of
// transport.Transport, so that a client waits for its deliveries.
func (r *Recorder) Blocking() transport.Transport { return blocking{r} }

// blocking hides the methods of transport.AsyncTransport.
type blocking struct{ transport.Transport }
