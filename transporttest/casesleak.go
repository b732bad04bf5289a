package transporttest

import (
	"context"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

var leakCases = []Case{
	{
		Name: "NoGoroutineLeft", Rule: "All goroutines of the transport have ended when Close returns.",
		both: true, run: noGoroutineLeft,
	},
	{
		Name: "NoSocketLeft", Rule: "Close closes every connection.",
		both: true, run: noSocketLeft,
	},
}

// life is the history of a transport before it is closed.
type life struct {
	name   string
	params []string
	step   sentrytest.Step
	sends  int // number of concurrent packets
	// Every attempt fails, so that a transport that holds keeps its packets.
	fails bool
	hung  bool // no outcome comes before Close
}

func lives() []life {
	return []life{
		{name: "never used"},
		{name: "used", sends: 4},
		{name: "refused", sends: 2, fails: true, step: sentrytest.Status(500).Times(-1)},
		{name: "cut off", sends: 2, fails: true, step: sentrytest.Reset().Times(-1)},
		{name: "timed out", sends: 2, fails: true, step: sentrytest.Hang().Times(-1), params: []string{"timeout", timeout}},
		{name: "timed out in the body", sends: 2, fails: true, step: sentrytest.StallBody().Times(-1), params: []string{"timeout", timeout}},
		{name: "closed while sending", sends: 4, step: sentrytest.Hang().Times(-1), hung: true},
	}
}

// live takes a transport through its life and closes it.
func (t *trial) live(srv *sentrytest.Server, l *link, how life) {
	t.Helper()
	ways := l.ways()
	var before, after []<-chan outcome // Close
	for i := range how.sends {
		w := ways[i%len(ways)]
		told := w.give(l.packet())
		if how.hung || how.fails && w.holds {
			after = append(after, told)
		} else {
			before = append(before, told)
		}
	}
	t.hear(before)
	switch {
	case how.hung:
		t.requests(srv, 1)
	// A short timeout may be over before the server has the request.
	case len(after) > 0:
		tried := func() bool { return len(srv.Requests()) > len(before) && l.waits(len(after)) }
		eventually(min(t.h.patience(), time.Second), tried)
	}
	l.shut()
	t.hear(after)
}

// hear waits for outcomes, with a limit: other cases check that they come.
func (t *trial) hear(outcomes []<-chan outcome) {
	end := time.After(min(t.h.patience(), time.Second))
	for _, told := range outcomes {
		select {
		case <-told:
		case <-end:
			return
		}
	}
}

// noGoroutineLeft labels the goroutines that use the transport. Goroutines
// inherit labels from those that start them, so the labelled ones are exactly
// the transport's. The server's are started before and have no label.
func noGoroutineLeft(t *trial) {
	run := newEventID()
	for _, how := range lives() {
		srv := t.serve(how.step.Optional())
		env, dsn := t.h.env(t), t.dsn(srv, how.params...)
		pprof.Do(context.Background(), pprof.Labels(leakLabel, run, "the transport was", how.name), func(context.Context) {
			t.live(srv, t.openEnv(env, dsn), how)
		})
	}
	var left []string
	if !eventually(t.h.patience(), func() bool { left = labelled(run); return len(left) == 0 }) {
		t.Errorf("these goroutines were left after Close:\n%s", strings.Join(left, "\n\n"))
	}
}

// noSocketLeft connects the transport through a relay, which sees the end of
// every connection.
func noSocketLeft(t *trial) {
	for _, how := range lives() {
		srv := t.serve(how.step.Optional())
		wire := t.relay(srv)
		t.live(srv, t.openEnv(t.h.env(t), wire.dsn(how.params...)), how)
		var open, total int
		if !eventually(t.h.patience(), func() bool { open, _, total = wire.connections(); return open == 0 }) {
			t.Fatalf("a transport that was %s left %d of its %d connections open", how.name, open, total)
		}
	}
}
