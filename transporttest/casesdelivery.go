package transporttest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var deliveryCases = []Case{
	{
		Name: "Delivers", Rule: "A 2xx answer is a Response.",
		both: true, run: delivers,
	},
	{
		Name: "BodyIntact", Rule: "Body arrives byte for byte with every compression: gzip, deflate and none; except for sent_at if the attempt is late.",
		run: bodyIntact,
	},
	{
		Name: "HeadersIntact", Rule: "Header is sent as it is; except for sentry_timestamp if the attempt is late. The transport adds Content-Encoding.",
		run: headersIntact,
	},
	{
		Name: "Concurrent", Rule: "Implementations must be safe for concurrent use: no packet of 64 concurrent goroutines is lost.",
		run: concurrent,
	},
}

func delivers(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	for _, w := range l.ways() {
		p := l.packet()
		o := w.send(p)
		t.delivered(w.name, p, o)
		if o.r != nil && (o.r.Status != 200 || o.r.EventID != p.EventID) {
			t.Errorf("%s: want status 200 and the id %s, got %v", w.name, p.EventID, o)
		}
		if n := copies(srv, p); n != 1 {
			t.Errorf("%s: the server got the event %d times\n%s", w.name, n, srv.Dump())
		}
	}
}

func bodyIntact(t *trial) {
	for _, c := range []struct{ option, header string }{{"gzip", "gzip"}, {"deflate", "deflate"}, {"none", ""}} {
		srv := t.serve()
		l := t.open(srv, "compression", c.option)
		for _, attachment := range attachments() {
			for _, w := range l.ways() {
				p := l.packet(attachment...)
				how := fmt.Sprintf("%s of %d bytes with compression=%s", w.name, len(p.Body), c.option)
				t.delivered(how, p, w.send(p))
				t.sameBody(how, srv, p, c.header)
			}
		}
	}
}

// attachments returns attachments: an empty one, every byte, one that
// compresses well, and one that does not.
func attachments() [][]byte {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	random := make([]byte, 64<<10)
	source := rand.NewChaCha8([32]byte{})
	_, _ = source.Read(random) // never fails
	return [][]byte{nil, every, bytes.Repeat(every, 1<<10), random}
}

func (t *trial) sameBody(how string, srv *sentrytest.Server, p *transport.Packet, encoding string) {
	t.Helper()
	requests := srv.Requests()
	if len(requests) == 0 {
		t.Errorf("%s: nothing arrived", how)
		return
	}
	last := requests[len(requests)-1]
	switch got := last.Header["Content-Encoding"]; {
	case last.Decoded != string(p.Body):
		t.Errorf("%s: the server got %d bytes that differ from those sent", how, len(last.Decoded))
	case encoding == "" && (len(got) != 0 || last.Body != string(p.Body)):
		t.Errorf("%s: want the plain body, got Content-Encoding %q", how, got)
	case encoding != "" && (len(got) != 1 || got[0] != encoding):
		t.Errorf("%s: want Content-Encoding %q, got %q", how, encoding, got)
	}
}

func headersIntact(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	for _, w := range l.ways() {
		p := l.packet()
		p.Header["X-One"] = []string{"a value, with a comma; and more"}
		p.Header["X-Two"] = []string{"first", "second"}
		sent := p.Header.Clone()
		t.delivered(w.name, p, w.send(p))
		requests := srv.Requests()
		if len(requests) == 0 {
			t.Fatalf("%s: nothing arrived", w.name)
		}
		last := requests[len(requests)-1]
		for name, want := range sent {
			if got := last.Header[name]; fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: the header %s was %q and arrived as %q", w.name, name, want, got)
			}
		}
		if last.Method != "POST" || l.dsn.BaseURL()+last.Path != p.URL {
			t.Errorf("%s: want a POST to %s, got a %s to %s", w.name, p.URL, last.Method, last.Path)
		}
	}
}

const (
	senders       = 64
	packetsOfEach = 4
)

// concurrent takes the first call of each callback: other cases count the
// calls.
func concurrent(t *trial) {
	srv := t.serve()
	l := t.open(srv)
	ctx, cancel := t.patient()
	defer cancel()
	send := func(p *transport.Packet, r *receipt) { r.done(l.Send(ctx, p)) }
	if l.async != nil {
		send = func(p *transport.Packet, r *receipt) { l.async.SendAsync(ctx, p, r.done) }
	}
	missing := make(map[string]*receipt)
	var running sync.WaitGroup
	for range senders {
		packets := make([]*transport.Packet, packetsOfEach)
		receipts := make([]*receipt, packetsOfEach)
		for i := range packets {
			packets[i], receipts[i] = l.packet(), newReceipt()
			missing[packets[i].EventID] = receipts[i]
		}
		running.Go(func() {
			for i, p := range packets {
				send(p, receipts[i])
			}
		})
	}
	for id, r := range missing {
		if o := receive(t, "the outcome of event "+id, r.told); o.err != nil {
			t.Fatalf("a packet was not delivered: %v", o.err)
		}
	}
	finish(t, "all senders", running.Wait)
	for _, e := range srv.Events() {
		delete(missing, e.EventID)
	}
	if len(missing) > 0 {
		t.Errorf("%d of %d packets were reported as delivered but did not arrive", len(missing), senders*packetsOfEach)
	}
}
