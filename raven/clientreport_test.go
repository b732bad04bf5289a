package raven_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// reported returns the client reports in a packet, each as quantities by
// reason, and whether there was an event too.
func reported(t *testing.T, body []byte) (quantities map[string]int, event bool) {
	t.Helper()
	g := NewWithT(t)
	envelope, err := sentrytest.ParseEnvelope(body)
	g.Expect(err).NotTo(HaveOccurred())
	items := envelope.ItemsOfType("client_report")
	g.Expect(len(items)).To(BeNumerically("<=", 1))
	for _, item := range items {
		var report struct {
			Timestamp time.Time
			Discarded []struct {
				Reason, Category string
				Quantity         int
			} `json:"discarded_events"`
		}
		g.Expect(json.Unmarshal(item.Payload, &report)).To(Succeed())
		g.Expect(report.Timestamp).NotTo(BeZero())
		quantities = make(map[string]int)
		for _, d := range report.Discarded {
			g.Expect(d.Category).To(Equal("error"))
			quantities[d.Reason] = d.Quantity
		}
	}
	return quantities, len(envelope.ItemsOfType("event")) > 0
}

func TestReasonsOfClientReports(t *testing.T) {
	for _, tt := range fates {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				c, rec := newRecorded(t, testDSN, quiet)
				rec.answer = answerWith("", tt.err)
				c.CaptureMessage(t.Context(), "x")
				c.CaptureMessage(t.Context(), "x")
				time.Sleep(time.Minute)
				rec.answer = nil
				c.CaptureMessage(t.Context(), "taken")
				all := rec.all()
				got, event := reported(t, all[len(all)-1].Body)
				g.Expect(event).To(BeTrue(), "with the next event")
				want := map[string]int{}
				if tt.reason != "" {
					want[tt.reason] = 2
				}
				if tt.status == 429 {
					want["ratelimit_backoff"] = 1 // the second, which the server did not get
				}
				if len(want) == 0 {
					want = nil
				}
				g.Expect(got).To(Equal(want))
				_ = c.Flush(t.Context())
				g.Expect(rec.all()).To(HaveLen(len(all)), "a report is sent once")
			})
		})
	}
}

func TestClientReportsOfWhatTheClientDrops(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, quiet, raven.WithIgnore(raven.Is(errDown)), raven.Throttle(1, time.Hour))
	c.CaptureMessage(t.Context(), "x", raven.SampleRate(0))
	c.CaptureException(t.Context(), errDown)
	c.CaptureMessage(t.Context(), "x", breaking)
	c.CaptureMessage(t.Context(), "x")
	c.CaptureMessage(t.Context(), "x")
	quantities, _ := reported(t, rec.all()[0].Body)
	g.Expect(quantities).To(Equal(map[string]int{"sample_rate": 1, "event_processor": 1, "internal_sdk_error": 1}))

	g.Expect(c.Flush(t.Context())).NotTo(Succeed())
	g.Expect(rec.all()).To(HaveLen(2), "the report has its own envelope")
	p := rec.all()[1]
	quantities, event := reported(t, p.Body)
	g.Expect(quantities).To(Equal(map[string]int{"event_processor": 1}))
	g.Expect(event).To(BeFalse())
	g.Expect([]string{p.EventID, p.Category}).To(Equal([]string{"", "internal"}))
	g.Expect(string(p.Body)).To(MatchRegexp(`^{"sent_at":"\d{4}-\d\d-\d\dT[0-9:.]+Z","sdk":{"name":"raven.go","version":"[^"]+"}}\n{"type":"client_report","length":\d+}\n`))
	g.Expect(c.Stats().Delivered).To(Equal(uint64(1)), "a report is no event")
	g.Expect(c.Flush(t.Context())).To(Succeed())
	g.Expect(rec.all()).To(HaveLen(2))

	c.CaptureMessage(t.Context(), "y", raven.SampleRate(0))
	g.Expect(c.Close(t.Context())).To(Succeed())
	quantities, _ = reported(t, rec.all()[2].Body)
	g.Expect(quantities).To(Equal(map[string]int{"sample_rate": 1}))
}

func TestClientReportsOfWhatIsFiltered(t *testing.T) {
	drop := func(context.Context, *raven.Event) *raven.Event { return nil }
	for reason, opt := range map[string]raven.Option{
		"before_send":     raven.WithBeforeSend(drop),
		"event_processor": raven.WithProcessors(raven.ProcessorFunc(drop)),
	} {
		g := NewWithT(t)
		c, rec := newRecorded(t, testDSN, opt)
		g.Expect(c.CaptureMessage(t.Context(), "x")).To(BeEmpty())
		g.Expect(c.Flush(t.Context())).To(Succeed(), "it was on purpose")
		quantities, _ := reported(t, rec.all()[0].Body)
		g.Expect(quantities).To(Equal(map[string]int{reason: 1}))
	}
}

func TestClientReportsThatDoNotArrive(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		again int // the number of sampled events in the next report
	}{
		{"no answer", &transport.NetworkError{Host: "h", Err: context.DeadlineExceeded}, 1},
		{"refused", &transport.APIError{Status: 403}, 1},
		{"rate limited, and read before", rateLimited(false), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				c, rec := newRecorded(t, testDSN, quiet)
				c.CaptureMessage(t.Context(), "x", raven.SampleRate(0))
				rec.answer = answerWith("", tt.err)
				c.CaptureMessage(t.Context(), "carries the report")
				carried, _ := reported(t, rec.all()[0].Body)
				g.Expect(carried).To(HaveKeyWithValue("sample_rate", 1))

				_ = c.Flush(t.Context())
				g.Expect(rec.all()).To(HaveLen(1), "nothing is sent while sending fails")
				time.Sleep(time.Minute)
				_ = c.Flush(t.Context())
				for _, p := range rec.all()[1:] {
					refused, _ := reported(t, p.Body)
					g.Expect(refused["sample_rate"]).To(Equal(tt.again))
				}
				rec.answer = nil
				before := len(rec.all())
				c.CaptureMessage(t.Context(), "taken")
				told, _ := reported(t, rec.all()[before].Body)
				g.Expect(told["sample_rate"]).To(Equal(tt.again))
				g.Expect(c.Stats().Captured).To(Equal(uint64(3)), "reports are not counted, lost or not")
			})
		})
	}
}

func TestWhoGetsNoClientReports(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (*raven.Client, *recorder){
		"switched off": func(t *testing.T) (*raven.Client, *recorder) {
			return newRecorded(t, testDSN, raven.WithClientReports(false))
		},
		"the store protocol": func(t *testing.T) (*raven.Client, *recorder) { return newRecorded(t, storeDSN) },
		"a sink": func(t *testing.T) (*raven.Client, *recorder) {
			rec := new(recorder)
			reg := transport.NewRegistry()
			NewWithT(t).Expect(reg.Register(transport.Driver{Name: "look", Schemes: []string{"look+https"}, Sink: "file", Open: func(*transport.DSN, transport.Env) (transport.Transport, error) { return rec, nil }})).To(Succeed())
			c, err := raven.New("look+"+testDSN, raven.WithRegistry(reg))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			return c, rec
		},
		"a driver that is a sink": func(t *testing.T) (*raven.Client, *recorder) {
			rec := new(recorder)
			c, err := raven.New(testDSN, raven.WithDriver(transport.Driver{Sink: "stderr", Open: func(*transport.DSN, transport.Env) (transport.Transport, error) { return rec, nil }}))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			return c, rec
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := open(t)
			c.CaptureMessage(t.Context(), "x", raven.SampleRate(0))
			c.CaptureMessage(t.Context(), "x")
			g.Expect(string(rec.all()[0].Body)).NotTo(ContainSubstring("client_report"))
			c.CaptureMessage(t.Context(), "x", raven.SampleRate(0))
			g.Expect(c.Flush(t.Context())).To(Succeed())
			g.Expect(c.Close(t.Context())).To(Succeed())
			g.Expect(rec.all()).To(HaveLen(1))
		})
	}
}

// The fake is strict about the form of envelopes.
func TestClientReportsOverTheWire(t *testing.T) {
	for _, scheme := range []string{"sync", "threaded"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			c, srv := connect(t, nil, sentrytest.DSNScheme(scheme))
			drop := func() { c.CaptureMessage(t.Context(), "x", raven.SampleRate(0)) }
			drop()
			drop()
			c.CaptureMessage(t.Context(), "taken")
			g.Expect(c.Flush(t.Context())).To(Succeed())
			drop()
			g.Expect(c.Flush(t.Context())).To(Succeed())
			drop()
			g.Expect(c.Close(t.Context())).To(Succeed())
			g.Expect(srv.Rejected()).To(BeEmpty())
			g.Expect(srv.Events()).To(HaveLen(1))
			var quantities []int
			for _, e := range srv.Envelopes() {
				var report struct {
					Discarded []struct{ Quantity int } `json:"discarded_events"`
				}
				items := e.ItemsOfType("client_report")
				g.Expect(items).To(HaveLen(1))
				g.Expect(json.Unmarshal(items[0].Payload, &report)).To(Succeed())
				quantities = append(quantities, report.Discarded[0].Quantity)
			}
			g.Expect(quantities).To(Equal([]int{2, 1, 1}))
		})
	}
}
