package transporttest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var connectionCases = []Case{
	{
		Name: "KeepAlive", Rule: "Connections are kept for the next request, even if an answer refuses the packet.",
		both: true, run: keepAlive,
	},
	{
		Name: "DrainsAnswers", Rule: "Answers are read to their end, so that large ones don't cost a connection.",
		run: drainsAnswers,
	},
	{
		Name: "KeepAliveOff", Rule: "keepalive=0 uses a connection for one request only.",
		run: keepAliveOff,
	},
	{
		Name: "MaxConns", Rule: "max_conns limits the open connections.",
		run: maxConns,
	},
	{
		Name: "StaleConnection", Rule: "If a kept connection dies before any answer, the request is sent once more on a fresh one.",
		run: staleConnection,
	},
	{
		Name: "Retired", Rule: "A connection that the server closes in order is not used again, and no packet is lost.",
		both: true, run: retired,
	},
	{
		Name: "BrokenConnection", Rule: "Any other outcome is an error: a *NetworkError that unwraps to its cause. A request that fails on a fresh connection is not sent again.",
		run: brokenConnection,
	},
}

func keepAlive(t *trial) {
	srv := t.serve(sentrytest.OK(), sentrytest.Status(404), sentrytest.Status(500))
	l := t.open(srv)
	ways := slices.Concat(l.attempts(), l.attempts(), l.attempts(), l.ways())
	for _, w := range ways {
		w.send(l.packet())
	}
	t.oneConnection(srv, len(ways))
}

func (t *trial) oneConnection(srv *sentrytest.Server, requests int) {
	t.Helper()
	if n := len(srv.Requests()); n != requests {
		t.Errorf("want %d requests, got %d", requests, n)
	}
	if n := srv.Connections(); n != 1 {
		t.Errorf("want one connection for %d requests in a row, got %d", requests, n)
	}
}

func drainsAnswers(t *trial) {
	large := strings.Repeat("x", 200<<10)
	srv := t.serve(sentrytest.OK().Body(large).Times(2), sentrytest.Status(503).Body(large))
	l := t.open(srv)
	w := l.attempts()[len(l.attempts())-1]
	for range 4 {
		w.send(l.packet())
	}
	t.oneConnection(srv, 4)
}

func keepAliveOff(t *trial) {
	t.either = true // HTTP/2 is for connections that are kept
	srv := t.serve()
	l := t.open(srv, "keepalive", "0")
	w := l.ways()[len(l.ways())-1]
	for range 3 {
		p := l.packet()
		t.delivered(w.name, p, w.send(p))
	}
	if n := srv.Connections(); n != 3 {
		t.Errorf("want a connection for each of 3 requests, got %d", n)
	}
}

func maxConns(t *trial) {
	wire := t.relay(t.serve())
	l := t.openEnv(t.h.env(t), wire.dsn("max_conns", "2"))
	var sends sync.WaitGroup
	outcomes := make(chan outcome, 16)
	for range cap(outcomes) {
		p := l.packet()
		sends.Go(func() {
			ctx, cancel := t.patient()
			defer cancel()
			outcomes <- l.attempt(ctx, p)
		})
	}
	for range cap(outcomes) {
		if o := receive(t, "an outcome", outcomes); o.err != nil {
			t.Errorf("a packet was not delivered: %v", o.err)
		}
	}
	if _, most, _ := wire.connections(); most > 2 {
		t.Errorf("want at most 2 connections at one time, got %d", most)
	}
}

func staleConnection(t *trial) {
	for i := range t.open(t.serve()).attempts() {
		for _, step := range []sentrytest.Step{sentrytest.CloseConn(), sentrytest.Reset()} {
			srv := t.serve(sentrytest.OK(), step)
			l := t.open(srv)
			w := l.attempts()[i]
			for range 2 {
				p := l.packet()
				t.delivered(w.name+", "+step.String(), p, w.send(p))
			}
			if requests, conns := len(srv.Requests()), srv.Connections(); requests != 3 || conns != 2 {
				t.Errorf("%s, %s: want 3 requests on 2 connections, got %d on %d", w.name, step, requests, conns)
			}
		}
		// The request is repeated only once.
		srv := t.serve(sentrytest.OK(), sentrytest.CloseConn().Times(2))
		l := t.open(srv)
		w, first, second := l.attempts()[i], l.packet(), l.packet()
		t.delivered(w.name, first, w.send(first))
		t.failed(w.name+" to a server that closes twice", second, w.send(second))
	}
}

// retired sends a packet right after the answer with which the server announces
// the end of the connection: over HTTP/2 the transport may not have seen that
// yet.
func retired(t *trial) {
	for i := range t.open(t.serve()).ways() {
		srv := t.serve(sentrytest.OK(), sentrytest.GoAway())
		l := t.open(srv)
		w := l.ways()[i]
		for range 3 {
			p := l.packet()
			t.delivered(w.name, p, w.send(p))
		}
		if requests, conns := len(srv.Requests()), srv.Connections(); requests != 3 || conns != 2 {
			t.Errorf("%s: want 3 requests on 2 connections, got %d on %d", w.name, requests, conns)
		}
	}
}

func brokenConnection(t *trial) {
	large := strings.Repeat("x", 1<<20) // more than an engine must read
	for _, step := range []sentrytest.Step{
		sentrytest.Reset(), sentrytest.CloseConn(), sentrytest.ResetStream(), sentrytest.Truncate(10),
		sentrytest.Truncate(10).Body(large),
	} {
		for i := range t.open(t.serve()).attempts() {
			srv := t.serve(step)
			l := t.open(srv)
			w, p := l.attempts()[i], l.packet()
			how := fmt.Sprintf("%s, %.40s", w.name, step)
			o := w.send(p)
			err := t.failed(how, p, o)
			switch {
			case err == nil:
			case err.Unwrap() == nil:
				t.Errorf("%s: the error does not unwrap to its cause: %v", how, o.err)
			case err.Timeout() || !transport.Retryable(o.err):
				t.Errorf("%s: want an error that is no time-out and is Retryable, got %v", how, o.err)
			}
			if n := len(srv.Requests()); n != 1 {
				t.Errorf("%s: want one request, got %d", how, n)
			}
		}
	}
}
