package transport

import "context"

// Threaded is a bounded queue with background workers before another transport:
// http, https, threaded+http and threaded+https. The workers encode for the
// wire and do all I/O. It holds packets through an outage, as [Holder] says.
// Use [NewThreaded]; a Threaded is safe for concurrent use.
type Threaded struct {
	*dispatcher
}

var _ AsyncTransport = (*Threaded)(nil)

// NewThreaded returns a transport that delivers through next and owns it: Close
// closes next. The error joins one *[OptionError] for each fault in the
// configuration. No goroutine runs while the queue is empty.
func NewThreaded(next Transport, cfg ThreadedConfig) (*Threaded, error) {
	if next == nil {
		return nil, errNoNext
	}
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return &Threaded{newDispatcher(next, cfg.withDefaults())}, nil
}

// Send delivers one packet past the queue, in the calling goroutine, and waits
// for the outcome, under the rules of [Transport]. Packets in the queue do not
// delay it.
func (t *Threaded) Send(ctx context.Context, p *Packet) (*Response, error) {
	return t.direct(ctx, p)
}

// SendAsync accepts or refuses one packet and reports the outcome to done.
//   - done runs exactly once for every packet, accepted or refused, and never
//     under a lock of the transport's. A refusal may run it before SendAsync
//     returns. It may be nil. It may call the transport, but Close and Flush
//     wait for it.
//   - ctx limits admission only, and only if admission has to wait: if there is
//     room, a packet is accepted even if ctx has ended, and it is delivered
//     even if ctx ends later.
//   - A refused packet gets an error that wraps [ErrQueueFull] or [ErrClosed],
//     or the cause of ctx's end.
//   - A panic in done is logged, and affects no other packet.
func (t *Threaded) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	t.admit(ctx, p, done)
}

// Flush waits until every packet accepted before the call is settled: until its
// callback has returned.
//   - It returns nil then. If ctx ends first, it returns an *[UndeliveredError]
//     with the number of Pending packets. A [Holder] settles no packet during
//     an outage.
//   - Packets accepted after the call don't prolong it.
//   - It may be called often, concurrently, and after Close.
func (t *Threaded) Flush(ctx context.Context) error { return t.flush(ctx) }

// Close ends the transport.
//   - It delivers the accepted packets until ctx ends or the shutdown timeout
//     is over, whichever is first. Then it cancels running sends. Packets that
//     are left get an error that wraps [ErrClosed].
//   - A [Holder] that pauses makes one attempt at once. It gives up before its
//     deadline if nobody answers at all (refused, unreachable, no such host, an
//     untrusted certificate), if the server refuses the client (401, 403, 404),
//     or if it asks for more time than is left. While the server answers with
//     408, 429 or a 5xx, or not in time, it makes one attempt a second until
//     its deadline.
//   - It waits for every goroutine and closes every connection.
//   - It returns nil, or an *[UndeliveredError] with the number of Abandoned
//     packets. If a done never returns, Close returns all the same and counts
//     it as Stuck.
//   - It may be called again and concurrently: every call waits for the same
//     end, and calls that gave up nothing return nil.
func (t *Threaded) Close(ctx context.Context) error {
	return t.close(ctx)
}
