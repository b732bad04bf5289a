package transporttest

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/ravenkit/ravenkit/transport"
)

// link is an open transport together with where it leads to.
type link struct {
	transport.Transport
	t     *trial
	dsn   *transport.DSN
	async transport.AsyncTransport // nil for a transport that delivers in its caller
	// holder is nil for a transport that does not keep what has failed.
	holder  transport.Holder
	notices notices // of holder
}

// packet returns a packet with one event, of an id of its own. What is added
// goes into the envelope as an attachment.
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

// outcome is what became of a packet.
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

// way is one of the ways in which a transport delivers: by Send and, if it is
// asynchronous, by SendAsync. Both owe the same outcomes, but that SendAsync of
// a transport that holds tells none before it is certain.
type way struct {
	name  string
	holds bool                              // what has failed is tried again
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

// attempts are the ways whose outcome is that of one attempt, whatever it is.
func (l *link) attempts() []way {
	return slices.DeleteFunc(l.ways(), func(w way) bool { return w.holds })
}

// send fails the trial where it would be the caller's context, rather than the
// transport, that ends the wait.
func (l *link) send(p *transport.Packet) outcome {
	l.t.Helper()
	ctx, cancel := l.t.patient()
	defer cancel()
	o := within(l.t, "Send", func() outcome {
		r, err := l.Send(ctx, p)
		return outcome{r, err}
	})
	if ctx.Err() != nil {
		l.t.Fatalf("Send took %v and returned when its context ended, with %v", l.t.h.patience(), o)
	}
	return o
}

func (l *link) giveSend(p *transport.Packet) <-chan outcome {
	told := make(chan outcome, 1)
	go func() {
		r, err := l.Send(context.Background(), p)
		told <- outcome{r, err}
	}()
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
	told  chan outcome // the first call's
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

// submit hands a packet over; the trial fails when SendAsync does not return.
func (l *link) submit(ctx context.Context, p *transport.Packet) *receipt {
	l.t.Helper()
	r := newReceipt()
	l.hand(ctx, p, r.done)
	return r
}

func (l *link) hand(ctx context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	l.t.Helper()
	within(l.t, "SendAsync", func() struct{} {
		l.async.SendAsync(ctx, p, done)
		return struct{}{}
	})
}

func (l *link) flush(ctx context.Context) error {
	l.t.Helper()
	return within(l.t, "Flush", func() error { return l.async.Flush(ctx) })
}

func (l *link) close(ctx context.Context) error {
	l.t.Helper()
	return within(l.t, "Close", func() error { return l.Close(ctx) })
}

// closePatiently is for a Close that has to end by itself. It survives one that
// does not, where it would leave a goroutine behind.
func (l *link) closePatiently() error {
	l.t.Helper()
	ctx, cancel := l.t.patient()
	defer cancel()
	return l.close(ctx)
}

// shut closes the transport without more ado, for cases that look at what is
// left.
func (l *link) shut() { closeNow(l.Transport, l.t.h.patience()) }
