package api_test

import (
	"net/http"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{})
	c := client(t, h)
	g.Expect(c.Faults(t.Context())).To(BeEmpty())
	g.Expect(c.SetFaults(t.Context(), map[string]any{"name": "quota", "status": 429, "retry_after": "30", "times": 1})).To(Succeed())
	r := do(t, h, http.MethodPost, "/api/1/store/?sentry_key=k", message("lost"))
	g.Expect(r.status).To(Equal(429))
	g.Expect(r.header.Get("Retry-After")).To(Equal("30"))
	faults, err := c.Faults(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(faults).To(HaveLen(1))
	g.Expect(string(faults[0])).To(And(ContainSubstring(`"quota"`), ContainSubstring(`"used":1`)))
	requests, err := c.Requests(t.Context(), wire.RequestFilter{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(requests.Requests[0]).To(And(HaveField("Status", 429), HaveField("Fault", `quota: Status(429).RetryAfter("30")`)))
	store(t, h, "k", message("kept"))
	requests, err = c.Requests(t.Context(), wire.RequestFilter{Faulted: true})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(requests.Requests).To(HaveExactElements(HaveField("Status", 429)))
	var faulted []wire.Request
	g.Expect(c.Stream(t.Context(), wire.Filter{}, 0, func(n wire.News) bool {
		if n.Faulted != nil {
			faulted = append(faulted, *n.Faulted)
		}
		return n.Event == nil
	})).To(Succeed())
	g.Expect(faulted).To(Equal(requests.Requests))
	err = c.SetFaults(t.Context(), map[string]any{"stats": 429})
	g.Expect(err).To(MatchError(ContainSubstring(": 400: ")))
	g.Expect(err).To(MatchError(ContainSubstring("stats")))
	g.Expect(do(t, h, http.MethodPut, "/api/v1/faults", "[]").body).To(ContainSubstring(`the body must be a JSON object such as {\"faults\":[`))
	g.Expect(c.ClearFaults(t.Context())).To(Succeed())
	g.Expect(c.Faults(t.Context())).To(BeEmpty())
	g.Expect(c.SetFaults(t.Context())).To(Succeed())
}

func TestHealthStatsAndMetrics(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	h := start(t, host.Config{Version: "1.2.3"})
	c := client(t, h)
	g.Expect(c.Stats(t.Context())).To(HaveField("Events", 0))
	store(t, h, "k", message("one"))
	report := "{}\n{\"type\":\"client_report\"}\n" + `{"discarded_events":[{"reason":"queue_overflow","category":"error","quantity":3},{"reason":"backpressure","category":"error","quantity":1}]}`
	g.Expect(do(t, h, http.MethodPost, "/api/1/envelope/?sentry_key=k", report).status).To(Equal(200))
	health, err := c.Health(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(health).To(Equal(wire.Health{Status: "ok", Version: "1.2.3", DSN: h.DSN(host.Key, host.Project), Events: 1}))
	stats, err := c.Stats(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(stats.Discarded).To(Equal([]wire.Discarded{
		{Reason: "backpressure", Category: "error", Quantity: 1}, {Reason: "queue_overflow", Category: "error", Quantity: 3},
	}))
	g.Expect(stats.Levels).To(Equal(map[string]int{"error": 1}))
	metrics := get(t, h, "/api/v1/metrics").body
	for _, line := range []string{
		"fakesentry_requests_total 2", `fakesentry_events_total{level="error"} 1`, `fakesentry_items_total{type="client_report"} 1`, "fakesentry_events 1",
		`fakesentry_client_discarded_total{category="error",reason="queue_overflow"} 3`,
	} {
		g.Expect(metrics).To(ContainSubstring("\n" + line + "\n"))
	}
}
