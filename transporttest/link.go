package transporttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/ravenkit/ravenkit/transport"
)

// link is an open transport with its DSN.
type link struct {
	transport.Transport
	t   *trial
	dsn *transport.DSN
	// Nil for a transport that delivers in its caller.
	async transport.AsyncTransport
	// holder is nil for a transport that does not hold failed packets.
	holder  transport.Holder
	notices notices // of holder
}

// packet returns a packet with one event with a new id. attachment is added to
// the envelope as an attachment.
func (l *link) packet(attachment ...byte) *transport.Packet {
	id := newEventID()
	body := fmt.Appendf(nil, `{"event_id":"%s"}`+"\n"+`{"type":"event"}`+"\n"+`{"message":"%s"}`+"\n", id, id)
	if len(attachment) > 0 {
		body = fmt.Appendf(body, `{"type":"attachment","length":%d}`+"\n", len(attachment))
		body = append(append(body, attachment...), '\n')
	}
	return &transport.Packet{
		URL: l.dsn.EnvelopeURL(), EventID: id, Category: "error", Body: body,
		Header: http.Header{
			"Content-Type":  {"application/x-sentry-envelope"},
			"User-Agent":    {"transporttest"},
			"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + l.dsn.PublicKey},
		},
	}
}

// outcome is the result of a packet.
type outcome struct {
	r   *transport.Response
	err error
}

func (o outcome) String() string {
	if o.err != nil {
		return fmt.Sprintf("the error %q", o.err)
	}
	if o.r == nil {
		return "neither a response nor an error"
	}
	return fmt.Sprintf("the response %+v", *o.r)
}

// way is one of the ways in which a transport delivers: Send and, if it is
// asynchronous, SendAsync. Both must give the same outcomes, except that
// SendAsync of a transport that holds gives none before it is certain.
type way struct {
	name  string
	holds bool                              // failed packets are tried again
	send  func(p *transport.Packet) outcome // waits for the outcome
	give  func(p *transport.Packet) <-chan outcome
}

func (l *link) ways() []way {
	ways := []way{{"Send", false, l.send, l.giveSend}}
	if l.async != nil {
		ways = append(ways, way{"SendAsync", l.holder != nil, l.sendAsync, l.giveAsync})
	}
	return ways
}

// attempts returns the ways whose outcome is the outcome of one attempt.
func (l *link) attempts() []way {
	return slices.DeleteFunc(l.ways(), func(w way) bool { return w.holds })
}

// each sends a packet in each way and judges its outcome.
func (l *link) each(ways []way, how string, judge judgment) {
	l.t.Helper()
	for _, w := range ways {
		p := l.packet()
		judge(w.name+how, p, w.send(p))
	}
}

// attempt is Send, without a time limit of the trial.
func (l *link) attempt(ctx context.Context, p *transport.Packet) outcome {
	r, err := l.Send(ctx, p)
	return outcome{r, err}
}

// send sends a packet with Send. If the caller's context ends before the
// transport returns, the trial fails.
func (l *link) send(p *transport.Packet) outcome {
	l.t.Helper()
	ctx, cancel := l.t.patient()
	defer cancel()
	o := within(l.t, "Send", func() outcome { return l.attempt(ctx, p) })
	if ctx.Err() != nil {
		l.t.Fatalf("Send took %v and returned when its context ended, with %v", l.t.h.patience(), o)
	}
	return o
}

func (l *link) giveSend(p *transport.Packet) <-chan outcome {
	told := make(chan outcome, 1)
	go func() { told <- l.attempt(context.Background(), p) }()
	return told
}

func (l *link) sendAsync(p *transport.Packet) outcome {
	l.t.Helper()
	return receive(l.t, "the callback", l.giveAsync(p))
}

func (l *link) giveAsync(p *transport.Packet) <-chan outcome {
	l.t.Helper()
	return l.submit(context.Background(), p).told
}

// receipt counts the calls of one packet's callback.
type receipt struct {
	told  chan outcome // the outcome of the first call
	mu    sync.Mutex
	calls int
}

func (r *receipt) done(response *transport.Response, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.calls++; r.calls == 1 {
		r.told <- outcome{response, err}
	}
}

func (r *receipt) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls
}

func newReceipt() *receipt { return &receipt{told: make(chan outcome, 1)} }

// submit sends a packet with SendAsync. The trial fails if SendAsync does not
// return.
func (l *link) submit(ctx context.Context, p *transport.Packet) *receipt {
	l.t.Helper()
	r := newReceipt()
	l.hand(ctx, p, r.done)
	return r
}

func (l *link) hand(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	l.t.Helper()
	finish(l.t, "SendAsync", func() { l.async.SendAsync(ctx, p, done) })
}

func (l *link) flush(ctx context.Context) error {
	l.t.Helper()
	return within(l.t, "Flush", func() error { return l.async.Flush(ctx) })
}

func (l *link) close(ctx context.Context) error {
	l.t.Helper()
	return within(l.t, "Close", func() error { return l.Close(ctx) })
}

// closePatiently calls Close without a deadline. If Close does not return, the
// trial fails and the goroutine is left.
func (l *link) closePatiently() error {
	l.t.Helper()
	ctx, cancel := l.t.patient()
	defer cancel()
	return l.close(ctx)
}

// shut closes the transport at once, for cases that check what is left.
func (l *link) shut() { closeNow(l.Transport, l.t.h.patience()) }
