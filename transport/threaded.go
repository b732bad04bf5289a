package transport

import "context"

// Threaded puts a bounded queue and background workers before another
// transport: http, https, threaded+http and threaded+https. Encoding for the
// wire and all I/O happen in the workers. It holds packets through an outage,
// as [Holder] says. Use [NewThreaded]; a Threaded is safe for concurrent use.
type Threaded struct {
	*dispatcher
}

var _ AsyncTransport = (*Threaded)(nil)

// NewThreaded returns a transport that delivers through next, which it owns
// from now on: Close closes it. The error joins one *[OptionError] for each
// fault in the configuration. No goroutine runs while nothing is waiting.
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
// for the outcome, under the rules of [Transport]. What is waiting in the queue
// does not delay it.
func (t *Threaded) Send(ctx context.Context, p *Packet) (*Response, error) {
	return t.direct(ctx, p)
}

// SendAsync accepts or refuses one packet and reports the outcome to done.
//   - done runs exactly once for every packet, accepted or refused, and never
//     under a lock of the transport's. A refusal may run it before SendAsync
//     returns. It may be nil. It may call the transport, but Close and Flush
//     wait for it.
//   - ctx bounds admission only, and only where admission has to wait: a packet
//     is taken although ctx has ended if there is room, and is delivered
//     although ctx ends later.
//   - What is refused gets an error that wraps [ErrQueueFull] or [ErrClosed],
//     or the cause of ctx's end.
//   - A done that panics is logged, and costs no other packet its delivery.
func (t *Threaded) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	t.admit(ctx, p, done)
}

// Flush waits until every packet accepted before the call is settled: until its
// callback has returned.
//   - It returns nil then, and an *[UndeliveredError] that counts the Pending
//     ones when ctx ends first. A [Holder] settles no packet during an outage.
//   - Packets accepted after the call don't prolong it.
//   - It may be called often, by several goroutines at a time, and after Close.
func (t *Threaded) Flush(ctx context.Context) error { return t.flush(ctx) }

// Close ends the transport.
//   - It delivers what it has accepted until ctx ends or the shutdown timeout
//     is over, whichever is first. Then it cancels what is under way; what is
//     left gets an error that wraps [ErrClosed].
//   - A [Holder] that pauses makes one attempt at once. It gives up before its
//     deadline where waiting is of no use: nobody answers at all (refused,
//     unreachable, no such host, an untrusted certificate), the server refuses
//     the client (401, 403, 404), or asks for more time than is left. While the
//     server answers with 408, 429 or a 5xx, or not in time, it goes on until
//     its deadline, one attempt a second.
//   - It joins every goroutine and closes every connection.
//   - It returns nil, or an *[UndeliveredError] that counts the Abandoned. A
//     done that never returns is its owner's bug: Close returns all the same
//     and counts it as Stuck.
//   - It may be called again, and by several goroutines at a time: every call
//     waits for the same end, and those that gave up nothing return nil.
func (t *Threaded) Close(ctx context.Context) error {
	return t.close(ctx)
}
