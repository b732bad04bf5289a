package transporttest

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Recorder is a transport that keeps every packet it is handed, and delivers
// at once: callbacks run before SendAsync returns. Hold and Fail make it slow
// or broken. The zero value is ready. A Recorder is safe for concurrent use,
// and what it returns are copies.
type Recorder struct {
	mu      sync.Mutex
	packets []transport.Packet
	failure error
	release chan struct{} // nil unless holding; closed by Release
	held    int           // deliveries that wait for Release
	settled chan struct{} // nil, or closed when held becomes 0
	changed chan struct{} // nil, or closed when a packet arrives
	closed  bool
}

var _ transport.AsyncTransport = (*Recorder)(nil)

// NewRecorder returns a recorder.
func NewRecorder() *Recorder { return new(Recorder) }

// Packets returns what was handed over so far, oldest first: also what Fail
// made fail and what Hold holds, but not what came after Close.
func (r *Recorder) Packets() []transport.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return clonePackets(r.packets)
}

// Take is Packets, and forgets them.
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

// Fail makes every delivery from now on fail with err; nil ends that.
func (r *Recorder) Fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failure = err
}

// Hold keeps deliveries back from now on: packets are recorded, but callbacks
// and Send wait for Release.
func (r *Recorder) Hold() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.release == nil {
		r.release = make(chan struct{})
	}
}

// Release delivers what Hold kept back, and ends the holding.
func (r *Recorder) Release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.release != nil {
		close(r.release)
		r.release = nil
	}
}

// record notes a packet, and returns what its delivery waits for: nil unless
// the recorder is holding.
func (r *Recorder) record(p *transport.Packet) (wait <-chan struct{}, err error) {
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
	if r.release == nil {
		return nil, nil
	}
	r.held++
	return r.release, nil
}

func (r *Recorder) outcome(p *transport.Packet) (*transport.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.failure != nil {
		return nil, r.failure
	}
	return &transport.Response{Status: http.StatusOK, EventID: p.EventID}, nil
}

func (r *Recorder) settle() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held--
	if r.held == 0 && r.settled != nil {
		close(r.settled)
		r.settled = nil
	}
}

// Send records a packet. It returns a 200 with the packet's own id, or what
// Fail says; while holding it waits for Release or the end of ctx.
func (r *Recorder) Send(ctx context.Context, p *transport.Packet) (*transport.Response, error) {
	wait, err := r.record(p)
	if err != nil {
		return nil, err
	}
	if wait != nil {
		defer r.settle()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, &transport.NetworkError{EventID: p.EventID, Host: "recorder", Err: context.Cause(ctx)}
		}
	}
	return r.outcome(p)
}

// SendAsync records a packet and runs done, at once or, while holding, in a
// goroutine that ends with Release.
func (r *Recorder) SendAsync(_ context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	if done == nil {
		done = func(*transport.Response, error) {}
	}
	wait, err := r.record(p)
	switch {
	case err != nil:
		done(nil, err)
	case wait == nil:
		done(r.outcome(p))
	default:
		go func() {
			defer r.settle()
			<-wait
			done(r.outcome(p))
		}()
	}
}

// Flush waits for what Hold keeps back, until ctx ends: then it returns a
// *transport.UndeliveredError.
func (r *Recorder) Flush(ctx context.Context) error {
	r.mu.Lock()
	if r.held == 0 {
		r.mu.Unlock()
		return nil
	}
	if r.settled == nil {
		r.settled = make(chan struct{})
	}
	settled := r.settled
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

// Close refuses packets from now on. What Hold keeps back has until the end of
// ctx, ten seconds at most, to be released by somebody; the rest then fails
// with transport.ErrClosed, and Close returns a *transport.UndeliveredError.
// The recorded packets remain.
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
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if stuck, ok := r.Flush(grace).(*transport.UndeliveredError); ok {
		undelivered.Stuck = stuck.Pending
	}
	undelivered.Abandoned, undelivered.Pending = undelivered.Pending-undelivered.Stuck, 0
	return undelivered
}

// Blocking returns a transport that records into r and has the synchronous
// kind's methods alone: a client waits for its deliveries.
func (r *Recorder) Blocking() transport.Transport { return blocking{r} }

// blocking hides the methods of the asynchronous kind.
type blocking struct{ transport.Transport }
