package transporttest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// notices collects the notices of a transport that holds, oldest first.
type notices struct {
	mu   sync.Mutex
	said []transport.Notice // guarded by mu
}

func (n *notices) add(notice transport.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, notice)
}

func (n *notices) get() []transport.Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]transport.Notice(nil), n.said...)
}

// heard waits for n notices and returns all that have arrived.
func (l *link) heard(n int) []transport.Notice {
	l.t.Helper()
	l.t.until(fmt.Sprintf("notice %d of the transport", n), func() bool { return len(l.notices.get()) >= n })
	return l.notices.get()
}

// waiting waits until n packets wait and none is in flight.
func (l *link) waiting(n int) {
	l.t.Helper()
	l.t.until(fmt.Sprintf("%d packets wait, and none is in flight", n), func() bool { return l.waits(n) })
}

func (l *link) waits(n int) bool {
	s := l.holder.HoldState()
	return s.Waiting == n && s.InFlight == 0
}

// deliverAll flushes to a server that works.
func (l *link) deliverAll() {
	l.t.Helper()
	ctx, cancel := l.t.patient()
	defer cancel()
	if err := l.flush(ctx); err != nil {
		l.t.Errorf("the server works again: want nil from Flush, got %v", err)
	}
}

// settled returns the outcome of a packet that must be settled already.
func (t *trial) settled(how string, r *receipt) outcome {
	t.Helper()
	select {
	case o := <-r.told:
		return o
	default:
		t.Fatalf("%s: it has no outcome yet", how)
		panic("unreachable")
	}
}

// unsettled checks that a packet is still held.
func (t *trial) unsettled(how string, r *receipt) {
	t.Helper()
	if r.count() > 0 {
		t.Errorf("%s: want it to be held, got the outcome %v", how, <-r.told)
	}
}

// ail makes a server take the step for all requests, until ClearFaults.
func (t *trial) ail(srv *sentrytest.Server, step sentrytest.Step) {
	t.Helper()
	if err := srv.SetFaults(sentrytest.When().Do(step)); err != nil {
		t.Fatalf("%v", err)
	}
}

// up brings back a server that was down.
func (t *trial) up(srv *sentrytest.Server) {
	t.Helper()
	if err := srv.Up(); err != nil {
		t.Fatalf("%v", err)
	}
}

// pass lets time pass. In a bubble, everything that is due happens meanwhile.
func pass(d time.Duration) { <-time.After(d) }

// try is an attempt at a packet, as the server received it.
type try struct {
	id string
	at time.Time
}

// tries returns the attempts that a server received, oldest first.
func tries(srv *sentrytest.Server) []try {
	var all []try
	for _, r := range srv.Requests() {
		_, id, _ := strings.Cut(r.Decoded, `"event_id":"`)
		id, _, _ = strings.Cut(id, `"`)
		all = append(all, try{id, r.Time})
	}
	return all
}

func triesOf(srv *sentrytest.Server, p *transport.Packet) []try {
	var own []try
	for _, try := range tries(srv) {
		if try.id == p.EventID {
			own = append(own, try)
		}
	}
	return own
}

// order returns the attempts that a server received as letters: a is the first
// of the packets.
func order(srv *sentrytest.Server, packets []*transport.Packet) string {
	letters := make(map[string]string)
	for i, p := range packets {
		letters[p.EventID] = string(rune('a' + i))
	}
	var names []string
	for _, try := range tries(srv) {
		names = append(names, letters[try.id])
	}
	return strings.Join(names, " ")
}

func waits(all []try) []time.Duration {
	var between []time.Duration
	for i := 1; i < len(all); i++ {
		between = append(between, all[i].at.Sub(all[i-1].at))
	}
	return between
}

func (l *link) give() (*transport.Packet, *receipt) {
	l.t.Helper()
	p := l.packet()
	return p, l.submit(context.Background(), p)
}
