package api

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// metrics returns the handler for Prometheus. Each API has its own registry,
// because a process may have several.
func metrics(s *store.Store) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{store: s}, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
}

// collector makes metrics of a store's counts on each scrape.
type collector struct{ store *store.Store }

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("fakesentry_"+name, help, labels, nil)
}

var (
	metricRequests  = describe("requests_total", "Requests of clients.")
	metricEvents    = describe("events_total", "Events that were accepted, by level.", "level")
	metricItems     = describe("items_total", "Items of accepted envelopes, by type.", "type")
	metricRefused   = describe("refused_requests_total", "Requests that were refused because of their contents or their address.")
	metricFaults    = describe("fault_requests_total", "Requests that a fault answered.")
	metricDropped   = describe("dropped_events_total", "Events that were deleted to stay within the bounds.")
	metricDiscarded = describe("client_discarded_total", "Events that clients reported as discarded.", "reason", "category")
	metricKept      = describe("events", "Events in the store.")
	metricBytes     = describe("kept_bytes", "Approximate memory of the store.")
)

func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.store.Stats()
	counter := func(d *prometheus.Desc, n int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	counter(metricRequests, s.Requests)
	counter(metricRefused, s.Refused)
	counter(metricFaults, s.Faults)
	counter(metricDropped, s.Dropped)
	for level, n := range s.Levels {
		counter(metricEvents, n, level)
	}
	for kind, n := range s.Items {
		counter(metricItems, n, kind)
	}
	for _, lost := range s.Discarded {
		counter(metricDiscarded, lost.Quantity, lost.Reason, lost.Category)
	}
	ch <- prometheus.MustNewConstMetric(metricKept, prometheus.GaugeValue, float64(s.Kept))
	ch <- prometheus.MustNewConstMetric(metricBytes, prometheus.GaugeValue, float64(s.Bytes))
}
