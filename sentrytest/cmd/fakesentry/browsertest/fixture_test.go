//go:build browser

package browsertest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/page"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// start starts fakesentry like its program does.
func start(t *testing.T) *host.Host {
	t.Helper()
	h, err := host.Start(host.Config{Version: "0.1.0", Page: func(h *host.Host) api.Page {
		return page.New(page.Config{
			Store: h.Store, Faults: func() api.Faults { return h.Server }, Lifetime: h.Lifetime(), Version: "0.1.0",
			DSN:    func(r *http.Request) string { return h.RequestDSN(r, host.Key, host.Project) },
			TLSDSN: func(r *http.Request) string { return h.RequestTLSDSN(r, host.Key, host.Project) },
		})
	}})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// send sends an event and returns the status of the answer, or 0 without an
// answer.
func send(t *testing.T, h *host.Host, event string) int {
	t.Helper()
	address := h.URL() + "/api/1/store/?sentry_version=7&sentry_client=raven.go%2F0.1.0&sentry_key=" + host.Key
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(event))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	resp, err := h.Server.Client().Do(req)
	if err != nil {
		return 0
	}
	NewWithT(t).Expect(resp.Body.Close()).To(Succeed())
	return resp.StatusCode
}

// gallery is a store with fixed contents, and its pages, for pictures.
func gallery(t *testing.T) string {
	t.Helper()
	g := NewWithT(t)
	s, err := store.Open(store.Config{})
	g.Expect(err).NotTo(HaveOccurred())
	srv, err := sentrytest.Start()
	g.Expect(err).NotTo(HaveOccurred())
	for _, a := range arrivals(t) {
		g.Expect(s.Add(t.Context(), a)).To(Succeed())
	}
	g.Expect(srv.SetFaults(
		sentrytest.When(sentrytest.OnLevel("warning")).Do(sentrytest.Status(429).RetryAfter("30")).Named("Rate limit"),
		sentrytest.When(sentrytest.OnItem("session")).Do(sentrytest.OK().After(3*time.Second)).Named("Slow sessions"),
	)).To(Succeed())
	lifetime, end := context.WithCancel(context.Background())
	web := httptest.NewServer(page.New(page.Config{
		Store: s, Faults: func() api.Faults { return srv }, Lifetime: lifetime, Version: "0.1.0",
		DSN:    func(*http.Request) string { return "http://" + host.Key + "@127.0.0.1:8000/1" },
		TLSDSN: func(*http.Request) string { return "" },
		Now:    func() time.Time { return noon }, Zone: time.UTC,
	}))
	t.Cleanup(func() {
		end()
		web.CloseClientConnections()
		web.Close()
		_ = srv.Close()
		_ = s.Close()
	})
	return web.URL
}

var noon = time.Date(2026, time.March, 14, 12, 0, 0, 0, time.UTC)

type object = map[string]any

// sender is an SDK and its program.
type sender struct {
	sdk, version, project, platform, release, environment string
}

var (
	shop    = sender{"raven.go", "0.1.0", "1", "go", "shop@1.2.3", "production"}
	billing = sender{"sentry.python.django", "2.35.0", "2", "python", "billing@2026.3", "production"}
	front   = sender{"sentry.javascript.react", "9.40.0", "3", "javascript", "web@8.14.0", "staging"}
	worker  = sender{"sentry.rust", "0.42.0", "4", "native", "resizer@0.9.1", "production"}
)

// arrivals are the contents of the pictures, oldest first.
func arrivals(t *testing.T) []*sentrytest.Arrival {
	t.Helper()
	at := noon.Add(-3 * time.Minute)
	var out []*sentrytest.Arrival
	add := func(after time.Duration, from sender, event object, more ...string) {
		at = at.Add(after)
		out = append(out, arrival(t, at, len(out), from, event, more...))
	}
	add(0, billing, object{"level": "info", "message": "Nightly settlement has started", "logger": "billing.settle"})
	add(4*time.Second, front, failure("TypeError", "Cannot read properties of undefined (reading 'price')", "cart/Cart", "renderCart", "src/cart/Cart.tsx", 88, "warning"))
	add(9*time.Second, shop, failure("*url.Error", "Post \"https://pay.example/charge\": context deadline exceeded", "example.com/shop/internal/pay", "charge", "internal/pay/client.go", 61, "error"))
	add(11*time.Second, worker, failure("io::Error", "No such file or directory (os error 2)", "resizer", "load", "src/load.rs", 27, "error"))
	add(13*time.Second, billing, failure("IntegrityError", "duplicate key value violates unique constraint \"invoice_number\"", "billing.views", "create_invoice", "billing/views.py", 142, "error"))
	add(6*time.Second, front, object{"level": "debug", "message": "Feature flags loaded in 412 ms", "transaction": "/checkout"})
	add(17*time.Second, shop, object{"level": "warning", "logentry": object{"message": "Stock of %s is below %d", "params": []any{"espresso cups", 5}, "formatted": "Stock of espresso cups is below 5"}, "transaction": "GET /products/{id}"})
	out = append(out, faulted(at.Add(2*time.Second), shop), refused(at.Add(3*time.Second)))
	add(21*time.Second, shop, failure("*url.Error", "Post \"https://pay.example/charge\": context deadline exceeded", "example.com/shop/internal/pay", "charge", "internal/pay/client.go", 61, "error"))
	add(8*time.Second, billing, failure("ConnectionError", "Error 111 connecting to redis:6379. Connection refused.", "billing.cache", "get", "billing/cache.py", 19, "error"))
	add(12*time.Second, worker, failure("panic", "index out of bounds: the len is 3 but the index is 3", "resizer::tiles", "split", "src/tiles.rs", 73, "fatal"))
	add(15*time.Second, front, failure("ChunkLoadError", "Loading chunk 14 failed", "webpack", "__webpack_require__", "webpack/runtime", 23, "error"))
	add(10*time.Second, shop, object{"level": "info", "message": "Deployed shop@1.2.3"}, `{"type":"client_report"}`, `{"timestamp":1773489600,"discarded_events":[{"reason":"ratelimit_backoff","category":"error","quantity":4},{"reason":"queue_overflow","category":"transaction","quantity":17}]}`)
	add(14*time.Second, shop, payment(at.Add(14*time.Second)),
		`{"type":"attachment","filename":"order.json","content_type":"application/json","length":44}`, `{"order":1742,"items":3,"total":"64.90 EUR"}`)
	return out
}

func failure(kind, text, module, function, file string, line int, level string) object {
	return object{"level": level, "exception": object{"values": []any{object{
		"type": kind, "value": text, "stacktrace": object{"frames": []any{object{"module": module, "function": function, "filename": file, "lineno": line, "in_app": true}}},
	}}}}
}

// arrival is an event as the server delivers it.
func arrival(t *testing.T, at time.Time, number int, from sender, event object, more ...string) *sentrytest.Arrival {
	t.Helper()
	g := NewWithT(t)
	event["event_id"] = fmt.Sprintf("%08x4fc5444ea8f2f6dd7e2b1c9a", 0x5b0e2b2e+number*7919)
	defaults := object{
		"timestamp": at.Add(-38 * time.Millisecond).Format(time.RFC3339Nano), "platform": from.platform, "release": from.release, "environment": from.environment,
		"sdk": object{"name": from.sdk, "version": from.version},
	}
	for name, v := range defaults {
		if event[name] == nil {
			event[name] = v
		}
	}
	body, err := json.Marshal(event)
	g.Expect(err).NotTo(HaveOccurred())
	text := fmt.Sprintf("{\"event_id\":%q,\"sent_at\":%q}\n{\"type\":\"event\",\"length\":%d}\n%s\n", event["event_id"], at.Add(-9*time.Millisecond).Format(time.RFC3339Nano), len(body), body)
	for _, line := range more {
		text += line + "\n"
	}
	envelope, err := sentrytest.ParseEnvelope([]byte(text))
	g.Expect(err).NotTo(HaveOccurred())
	request := requestOf(at, number, from, text)
	request.Answer = sentrytest.Answer{Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: fmt.Sprintf(`{"id":%q}`, event["event_id"])}
	a := &sentrytest.Arrival{Request: request, Envelope: &envelope, Events: envelope.Events()}
	for i := range a.Events {
		a.Events[i].Received = request
	}
	return a
}

func requestOf(at time.Time, number int, from sender, body string) sentrytest.Request {
	client := from.sdk + "/" + from.version
	return sentrytest.Request{
		ID: number + 1, Connection: 1 + len(from.sdk)%4, Time: at, Method: "POST", Path: "/api/" + from.project + "/envelope/", Host: "127.0.0.1:8000", Proto: "HTTP/1.1",
		Protocol: "envelope", ProjectID: from.project, PublicKey: host.Key, Client: client, Version: 7, AuthSource: sentrytest.AuthSourceHeader,
		ContentEncoding: "gzip", Body: body[:len(body)*2/5], Decoded: body,
		Header: http.Header{
			"Content-Encoding": {"gzip"}, "Content-Type": {"application/x-sentry-envelope"}, "User-Agent": {client},
			"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_client=" + client + ", sentry_key=" + host.Key},
		},
	}
}

func faulted(at time.Time, from sender) *sentrytest.Arrival {
	r := requestOf(at, 40, from, "{}\n{\"type\":\"event\"}\n{}\n")
	r.Answer = sentrytest.Answer{Status: 429, Header: http.Header{"Retry-After": {"30"}}, Step: `Status(429).RetryAfter("30")`}
	return &sentrytest.Arrival{Request: r}
}

func refused(at time.Time) *sentrytest.Arrival {
	r := requestOf(at, 41, front, "not an envelope")
	r.Answer = sentrytest.Answer{Status: 400, Body: `{"detail":"invalid event envelope","causes":["invalid envelope header"]}`}
	return &sentrytest.Arrival{Request: r, Rejection: &sentrytest.Rejection{Status: 400, Reason: "invalid event envelope", Causes: []string{"invalid envelope header"}}}
}
