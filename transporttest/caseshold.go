package transporttest

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// holdCases are about the fate of one packet.
var holdCases = []Case{
	{
		Name: "HoldRepeats", Rule: "An attempt is repeated after no complete answer, 408, 502, 503 and 504, until the packet is delivered.",
		needs: []need{needsHold}, run: holdRepeats,
	},
	{
		Name: "HoldHandshake", Rule: "An attempt is repeated after a failed handshake and succeeds with a valid certificate; the transport pauses meanwhile.",
		needs: []need{needsHold, needsTLS}, run: overTLS(holdHandshake),
	},
	{
		Name: "HoldInternal", Rule: "500 is tried three times in all.",
		needs: []need{needsHold, needsTime}, run: holdInternal,
	},
	{
		Name: "HoldWaits", Rule: "A packet waits n² seconds after its nth failure, 36 s at most, spread by a tenth either way.",
		needs: []need{needsHold, needsTime}, run: holdWaits,
	},
	{
		Name: "HoldRetryAfter", Rule: "If the answer has a Retry-After, the packet waits exactly that long, an hour at most.",
		needs: []need{needsHold, needsTime}, run: holdRetryAfter,
	},
	{
		Name: "HoldRefusals", Rule: "400, 413 and 422 lose their packet and nothing else. 401, 403 and 404 lose their packet and pause.",
		needs: []need{needsHold}, run: holdRefusals,
	},
	{
		Name: "HoldReports", Rule: "A packet of CategoryInternal is tried once.",
		needs: []need{needsHold}, run: holdReports,
	},
	{
		Name: "HoldPoison", Rule: "A packet that has failed five times while others were delivered in between is given up with its last error. It does not stop other packets.",
		needs: []need{needsHold, needsTime, needsOption("workers", "2")}, run: holdPoison,
	},
	{
		Name: "HoldHour", Rule: "A packet that has failed ten times in at least an hour is given up with its last error, neither earlier nor after fewer failures.",
		needs: []need{needsHold, needsTime, needsBound}, run: holdHour,
	},
	{
		Name: "HoldSentAt", Rule: "An attempt that is made more than a minute after its packet was accepted has its own time as sent_at and sentry_timestamp.",
		needs: []need{needsHold, needsTime}, run: holdSentAt,
	},
	{
		Name: "OnceHeld", Rule: once + "through failures, pauses and refusals of every kind.",
		needs: []need{needsHold, needsTime}, run: onceHeld,
	},
}

func holdRepeats(t *trial) {
	for _, step := range []sentrytest.Step{
		sentrytest.Status(408), sentrytest.Status(502), sentrytest.Status(503), sentrytest.Status(504),
		sentrytest.Reset(), sentrytest.CloseConn(), sentrytest.Truncate(10),
	} {
		srv := t.serve(step)
		t.repeats(step.String(), srv, t.open(srv))
	}
	for _, step := range []sentrytest.Step{sentrytest.Hang(), sentrytest.StallBody()} {
		srv := t.serve(step)
		// The timeout is for servers that do not answer.
		t.repeats(step.String(), srv, t.open(srv, "timeout", "0.1"))
	}
	srv := t.serve()
	srv.Down()
	l := t.open(srv)
	p, r := l.give()
	l.heard(1)
	t.up(srv)
	l.deliverAll()
	t.delivered("a server that was down", p, t.settled("a server that was down", r))
}

// repeats sends a packet whose first attempt fails. With a short timeout there
// may be more than two attempts.
func (t *trial) repeats(how string, srv *sentrytest.Server, l *link) {
	t.Helper()
	p, r := l.give()
	l.deliverAll()
	t.delivered(how, p, t.settled(how, r))
	if n := len(srv.Requests()); n < 2 {
		t.Errorf("%s: want a second attempt, got %d requests", how, n)
	}
}

// holdHandshake connects the first time to a server with another certificate.
func holdHandshake(t *trial) {
	srv, old := t.serve(), t.serveTLS(sentrytest.UnknownCA())
	env := t.h.env(t)
	dial := env.DialContext
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	var dials atomic.Int64
	env.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dials.Add(1) == 1 {
			addr = t.addr(old)
		}
		return dial(ctx, network, addr)
	}
	l := t.openEnv(env, t.dsn(srv))
	p, r := l.give()
	if err := l.heard(1)[0].Err; !wraps[x509.UnknownAuthorityError](err) {
		t.Errorf("want a pause whose error wraps an x509.UnknownAuthorityError, got %v", err)
	}
	l.deliverAll()
	t.delivered("a renewed certificate", p, t.settled("a renewed certificate", r))
	if n := len(old.Requests()); n > 0 {
		t.Errorf("%d requests were sent to a server with an invalid certificate", n)
	}
}

func holdInternal(t *trial) {
	srv := t.serve(sentrytest.Status(500).Times(3))
	l := t.open(srv)
	p, r := l.give()
	pass(time.Minute)
	t.refused("500 three times", p, t.settled("500 three times", r), 500)

	srv = t.serve(sentrytest.Status(500).Times(2))
	l = t.open(srv)
	p, r = l.give()
	pass(time.Minute)
	t.delivered("500 twice", p, t.settled("500 twice", r))
}

func holdWaits(t *trial) {
	want := []time.Duration{1, 4, 9, 16, 25, 36, 36, 36}
	srv := t.serve(sentrytest.Status(503).Times(len(want)))
	l := t.open(srv)
	p, r := l.give()
	pass(200 * time.Second)
	t.delivered("at last", p, t.settled("at last", r))
	got, spread := waits(tries(srv)), false
	for i, wait := range got[:min(len(got), len(want))] {
		exact := want[i] * time.Second
		if (wait - exact).Abs() > exact/10 {
			t.Errorf("want a wait of %v after failure %d, within a tenth, got %v", exact, i+1, wait)
		}
		spread = spread || wait != exact
	}
	if len(got) != len(want) || !spread {
		t.Errorf("want %d waits, spread by a tenth, got %v", len(want), got)
	}
}

func holdRetryAfter(t *trial) {
	srv := t.serve(
		sentrytest.Status(503).RetryAfter("7"), sentrytest.Status(500).RetryAfter("100"),
		sentrytest.Status(408).RetryAfter("7200"),
	)
	l := t.open(srv)
	p, r := l.give()
	pass(2 * time.Hour)
	t.delivered("at last", p, t.settled("at last", r))
	want := []time.Duration{7 * time.Second, 100 * time.Second, time.Hour}
	if got := waits(tries(srv)); !slices.Equal(got, want) {
		t.Errorf("the server asked for 7 s, 100 s and 2 h: want waits of %v, got %v", want, got)
	}
}

func holdRefusals(t *trial) {
	for _, c := range []struct {
		pauses   bool
		statuses []int
	}{
		{false, []int{400, 413, 422}},
		{true, []int{401, 403, 404, 302, 418, 501}},
	} {
		for _, status := range c.statuses {
			srv := t.serve(sentrytest.Status(status))
			l := t.open(srv)
			p, how := l.packet(), fmt.Sprintf("status %d", status)
			t.refused(how, p, l.sendAsync(p), status)
			if s := l.holder.HoldState(); s.Paused != c.pauses || s.Waiting > 0 {
				t.Errorf("%s: want no waiting packet, and Paused %v, got %+v", how, c.pauses, s)
			}
		}
	}
}

func holdReports(t *trial) {
	srv := t.serve(sentrytest.Status(503))
	l := t.open(srv)
	p := l.packet()
	p.Category = transport.CategoryInternal
	t.refused("a packet about the client itself", p, l.sendAsync(p), 503)
}

func holdPoison(t *trial) {
	srv := t.serve()
	l := t.open(srv, "workers", "2")
	poison := l.packet()
	srv.Rule(sentrytest.When(sentrytest.OnEvent(sentrytest.HasMessage(poison.EventID))).Do(sentrytest.Status(503)))
	r := l.submit(context.Background(), poison)
	for range 120 {
		pass(time.Second / 2)
		p, r := l.give()
		pass(time.Millisecond)
		t.delivered("a packet next to one that fails", p, t.settled("a packet next to one that fails", r))
	}
	t.refused("the packet that fails", poison, t.settled("the packet that fails", r), 503)
	if n := len(triesOf(srv, poison)); n != 5 {
		t.Errorf("want five attempts at the packet that fails, got %d", n)
	}
	if notices := l.notices.get(); len(notices) > 0 {
		t.Errorf("want no pause because of one packet, got %+v", notices)
	}
}

func holdHour(t *trial) {
	srv := t.serve()
	srv.Down()
	l := t.open(srv)
	p, r := l.give()
	pass(time.Hour - time.Second)
	t.unsettled("a server that is down for an hour", r)
	pass(time.Minute)
	o := t.settled("a server that is down for more than an hour", r)
	if t.failed("given up", p, o) != nil && !errors.Is(o.err, connRefused) {
		t.Errorf("want the last attempt's error, got %v", o.err)
	}

	srv = t.serve(sentrytest.Status(503).RetryAfter("3600").Times(3))
	l = t.open(srv)
	p, r = l.give()
	pass(3*time.Hour + time.Second)
	t.delivered("after three failures in three hours", p, t.settled("after three failures in three hours", r))
}

// holdSentAt knows only that the time can be parsed, not its format.
func holdSentAt(t *trial) {
	const sentAt, timestamp = "2001-02-03T04:05:06.000000Z", "981173106"
	for _, c := range []struct {
		wait time.Duration
		late bool
	}{
		{50 * time.Second, false},
		{2 * time.Minute, true},
	} {
		srv := t.serve(sentrytest.Status(503).RetryAfter(strconv.Itoa(int(c.wait.Seconds()))))
		l := t.open(srv)
		p := l.packet(0, 10, 255)
		p.Body = []byte(strings.Replace(string(p.Body), "{", `{"trace":{"sent_at":"x"},"sent_at":"`+sentAt+`",`, 1))
		p.Header["X-Sentry-Auth"] = []string{"Sentry sentry_version=7, sentry_timestamp=" + timestamp + ", sentry_key=" + l.dsn.PublicKey}
		before := string(p.Body)
		r := l.submit(context.Background(), p)
		pass(c.wait + time.Second)
		how := fmt.Sprintf("after %v", c.wait)
		t.delivered(how, p, t.settled(how, r))
		requests := srv.Requests()
		if len(requests) != 2 {
			t.Fatalf("%s: want two attempts, got %d", how, len(requests))
		}
		for i, request := range requests {
			if i == 1 && c.late {
				t.retimed(how, request, before, sentAt, timestamp)
			} else if request.Decoded != before || request.Header.Get("X-Sentry-Auth") != p.Header.Get("X-Sentry-Auth") {
				t.Errorf("%s: want attempt %d to be sent without changes, got\n%s\n%s", how, i+1, request.Header.Get("X-Sentry-Auth"), request.Decoded)
			}
		}
		if string(p.Body) != before {
			t.Errorf("%s: the packet itself was changed", how)
		}
	}
}

// retimed checks that a request has the time of its attempt, and no other
// change.
func (t *trial) retimed(how string, r sentrytest.Request, body, sentAt, timestamp string) {
	t.Helper()
	var header struct {
		SentAt string `json:"sent_at"`
	}
	line, _, _ := strings.Cut(r.Decoded, "\n")
	_ = json.Unmarshal([]byte(line), &header) // missing fields are found below
	at, _ := time.Parse(time.RFC3339, header.SentAt)
	if r.Time.Sub(at).Abs() > time.Second {
		t.Errorf("%s: want sent_at to be %v, got %q", how, r.Time.UTC(), header.SentAt)
	}
	if header.SentAt == "" || strings.Replace(r.Decoded, header.SentAt, sentAt, 1) != body {
		t.Errorf("%s: more than sent_at was changed:\n%s\n%s", how, body, r.Decoded)
	}
	seconds, _ := strconv.ParseFloat(r.Auth["sentry_timestamp"], 64)
	if seconds < float64(r.Time.Unix()-1) || seconds > float64(r.Time.Unix()+1) {
		t.Errorf("%s: want sentry_timestamp to be %d, got %q (at first it was %s)", how, r.Time.Unix(), r.Auth["sentry_timestamp"], timestamp)
	}
}

// onceHeld sends packets through every kind of failure.
func onceHeld(t *trial) {
	srv := t.serve(
		sentrytest.Status(503), sentrytest.OK(), sentrytest.Reset(), sentrytest.Status(500), sentrytest.Status(400),
		sentrytest.Truncate(5), sentrytest.Status(403), sentrytest.OK(), sentrytest.Hang(),
		sentrytest.Status(429).RetryAfter("10"), sentrytest.Status(503).RetryAfter("5"), sentrytest.Status(502),
	)
	l := t.open(srv)
	_, receipts := l.submitAll(40)
	pass(30 * time.Second)
	srv.Down()
	_, more := l.submitAll(10)
	pass(30 * time.Second)
	t.up(srv)
	pass(10 * time.Minute)
	receipts = append(receipts, more...)
	t.counted(receipts)
	if s := l.holder.HoldState(); s != (transport.HoldState{}) {
		t.Errorf("everything is delivered: want the zero HoldState, got %+v", s)
	}
	l.shut()
	t.counted(receipts)
}
