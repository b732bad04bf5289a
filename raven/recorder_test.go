package raven_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

const (
	testDSN  = "https://public@sentry.example.com/42"
	storeDSN = "https://public:sesame@sentry.example.com/prefix/42?protocol=store"
)

// recorder is a blocking transport that keeps its packets.
type recorder struct {
	mu      sync.Mutex
	packets []*transport.Packet
	sends   int
	closed  int
	answer  func(*transport.Packet) (*transport.Response, error)
}

func (r *recorder) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.packets = append(r.packets, p)
	r.sends++
	if r.answer != nil {
		return r.answer(p)
	}
	return &transport.Response{Status: 200}, nil
}

func (r *recorder) Close(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed++
	return nil
}

func (r *recorder) all() []*transport.Packet {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*transport.Packet(nil), r.packets...)
}

// queue is an asynchronous transport over a recorder: it settles when asked to.
type queue struct {
	recorder
	pending []func()
	refuse  error
	flushed int
}

func (q *queue) SendAsync(_ context.Context, p *transport.Packet, done func(*transport.Response, error)) {
	if q.refuse != nil {
		done(nil, q.refuse)
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.packets = append(q.packets, p)
	answer := q.answer
	q.pending = append(q.pending, func() {
		resp, err := &transport.Response{Status: 200}, error(nil)
		if answer != nil {
			resp, err = answer(p)
		}
		done(resp, err)
	})
}

func (q *queue) Flush(context.Context) error {
	q.mu.Lock()
	pending := q.pending
	q.pending, q.flushed = nil, q.flushed+1
	q.mu.Unlock()
	for _, settle := range pending {
		settle()
	}
	return nil
}

// newRecorded returns a client and the transport that it reports to. Nothing
// of the environment gets in.
func newRecorded(t testing.TB, dsn string, opts ...raven.Option) (*raven.Client, *recorder) {
	t.Helper()
	rec := new(recorder)
	return newOver(t, rec, dsn, opts...), rec
}

func newOver(t testing.TB, tr transport.Transport, dsn string, opts ...raven.Option) *raven.Client {
	t.Helper()
	c, err := raven.New(dsn, append([]raven.Option{raven.WithTransport(tr)}, opts...)...)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

// object is JSON as it was sent.
type object map[string]any

func (o object) at(path ...any) any {
	var v any = map[string]any(o)
	for _, step := range path {
		switch step := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[step]
		case int:
			l, _ := v.([]any)
			if step < 0 {
				step += len(l)
			}
			if step < 0 || step >= len(l) {
				return nil
			}
			v = l[step]
		}
	}
	return v
}

// dotted is at for keys with dots between them.
func (o object) dotted(path string) any {
	var steps []any
	for _, step := range strings.Split(path, ".") {
		steps = append(steps, step)
	}
	return o.at(steps...)
}

// eventOf decodes a packet by what its Content-Type says it is, without any
// code of the client.
func eventOf(t testing.TB, p *transport.Packet) object {
	t.Helper()
	var ev object
	NewWithT(t).Expect(json.Unmarshal(eventJSON(t, p), &ev)).To(Succeed())
	return ev
}

// eventJSON is the event in a packet. Every test of an event proves in passing
// that a strict parser takes it.
func eventJSON(t testing.TB, p *transport.Packet) []byte {
	t.Helper()
	g := NewWithT(t)
	body := p.Body
	if p.Header.Get("Content-Type") == "application/x-sentry-envelope" {
		lines := bytes.SplitN(body, []byte("\n"), 3)
		g.Expect(lines).To(HaveLen(3))
		var item struct {
			Type   string
			Length int
		}
		g.Expect(json.Unmarshal(lines[1], &item)).To(Succeed())
		g.Expect(item.Type).To(Equal("event"))
		g.Expect(len(lines[2])).To(BeNumerically(">", item.Length)) // a client report may follow
		g.Expect(lines[2][item.Length]).To(Equal(byte('\n')))
		body = lines[2][:item.Length]
	}
	g.Expect(strictly(body)).To(Succeed(), "%s", body)
	return body
}

func only(t testing.TB, r *recorder) object {
	t.Helper()
	packets := r.all()
	NewWithT(t).Expect(packets).To(HaveLen(1))
	return eventOf(t, packets[0])
}

func headerPairs(h http.Header) map[string]string {
	pairs := make(map[string]string, len(h))
	for name := range h {
		pairs[name] = h.Get(name)
	}
	return pairs
}

// newSignalled returns a client and a channel with the events that it sends.
func newSignalled(t *testing.T) (*raven.Client, <-chan object) {
	t.Helper()
	events := make(chan object, 16)
	rec := &recorder{answer: func(p *transport.Packet) (*transport.Response, error) {
		events <- eventOf(t, p)
		return &transport.Response{Status: 200}, nil
	}}
	return newOver(t, rec, testDSN), events
}
