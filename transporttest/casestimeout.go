package transporttest

import (
	"context"
	"errors"
	"net"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var timeoutCases = []Case{
	{
		Name: "ConnectTimeout", Rule: "Send returns when the transport's timeout is over: it limits connecting.",
		both: true, run: connectTimeout,
	},
	{
		Name: "AnswerTimeout", Rule: "Send returns when the transport's timeout is over: it limits the wait for the answer.",
		both: true, run: answerTimeout,
	},
	{
		Name: "BodyTimeout", Rule: "It returns when the server has answered completely: the timeout includes the body of the answer.",
		both: true, run: bodyTimeout,
	},
	{
		Name: "HandshakeTimeout", Rule: "Send returns when the transport's timeout is over: it limits the TLS handshake.",
		needs: []need{needsTLS}, run: handshakeTimeout,
	},
	{
		Name: "ContextEnds", Rule: "Send returns when ctx ends, if that is before the timeout is over.",
		run: contextEnds,
	},
	{
		Name: "ContextHasEnded", Rule: "Send returns when ctx ends, and at once if it has ended before.",
		run: contextHasEnded,
	},
}

// timeout is short, because cases wait for its end. It is never used where a
// delivery must succeed.
const timeout = "0.02"

// silent neither accepts nor refuses a connection.
func silent(ctx context.Context, _, _ string) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func connectTimeout(t *trial) {
	env := t.h.env(t)
	env.DialContext = silent
	l := t.openEnv(env, t.dsn(t.serve(), "timeout", timeout))
	l.each(l.attempts(), "", t.timedOut)
}

func answerTimeout(t *trial) { t.timesOut(sentrytest.Hang()) }

func bodyTimeout(t *trial) { t.timesOut(sentrytest.StallBody()) }

func (t *trial) timesOut(step sentrytest.Step) {
	t.Helper()
	l := t.open(t.serve(step.Times(-1).Optional()), "timeout", timeout)
	l.each(l.attempts(), "", func(how string, p *transport.Packet, o outcome) {
		t.timedOut(how, p, o)
		if o.err != nil && !transport.Retryable(o.err) {
			t.Errorf("%s: want a time-out that is Retryable, got %v", how, o.err)
		}
	})
}

// handshakeTimeout connects with TLS to a server that accepts connections and
// sends nothing.
func handshakeTimeout(t *trial) {
	t.base = "https"
	wire := t.relay(t.serve())
	wire.hold()
	l := t.openEnv(t.h.env(t), wire.dsn("timeout", timeout))
	l.each(l.attempts(), "", t.timedOut)
}

func contextEnds(t *trial) {
	srv := t.serve(sentrytest.Hang().Times(-1).Optional())
	l := t.open(srv)
	ctx, cancel := context.WithCancel(context.Background())
	sent, p := make(chan outcome, 1), l.packet()
	go func() { sent <- l.attempt(ctx, p) }()
	t.requests(srv, 1)
	cancel()
	o := receive(t, "the return of a Send whose context was cancelled", sent)
	if t.failed("cancelled", p, o) != nil && !errors.Is(o.err, context.Canceled) {
		t.Errorf("cancelled: errors.Is finds no context.Canceled in %v", o.err)
	}

	ctx, cancel = shortly()
	defer cancel()
	p = l.packet()
	t.timedOut("past its deadline", p, within(t, "a Send whose context has a deadline", func() outcome { return l.attempt(ctx, p) }))
}

func contextHasEnded(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := l.packet()
	o := within(t, "a Send whose context has ended", func() outcome { return l.attempt(ctx, p) })
	if t.failed("ended before", p, o) != nil && !errors.Is(o.err, context.Canceled) {
		t.Errorf("errors.Is finds no context.Canceled in %v", o.err)
	}
	if arrived(srv, p) {
		t.Errorf("the packet was sent")
	}
}
