package sentrytest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// page serves everything that is not ingest.
func page(ingest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sentrytest.IsIngest(r.URL.Path) {
			ingest.ServeHTTP(w, r)
			return
		}
		io.WriteString(w, "the page")
	})
}

func TestAround(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var order []string
			note := func(name string) sentrytest.Option {
				return sentrytest.Around(func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						order = append(order, name)
						next.ServeHTTP(w, r)
					})
				})
			}
			srv := sentrytest.NewServer(t, append(opts, note("outer"), note("inner"), sentrytest.Around(page))...)
			srv.Script(sentrytest.Status(503), sentrytest.Reset())
			r := send(t, srv, http.MethodGet, "/events", "")
			g.Expect(r.Body).To(Equal("the page"))
			g.Expect(r.Header).NotTo(HaveKey("Access-Control-Allow-Origin"), "only ingest is open to everybody")
			g.Expect(order).To(Equal([]string{"outer", "inner"}))
			g.Expect(store(t, srv, vectorJSON).Status).To(Equal(503), "the page used no step")
			_, err := trySend(t, srv, http.MethodPost, storePath, vectorJSON, authLine)
			g.Expect(err).To(HaveOccurred(), "a reset reaches the connection through the program's handler")
			g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
			g.Expect(srv.Requests()).To(HaveLen(3), "what the program answers is not on record")
		})
	}
}

func TestBeforeAnswerSeesEverything(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var seen []*sentrytest.Arrival
	srv := sentrytest.NewServer(t, sentrytest.BeforeAnswer(func(_ context.Context, a *sentrytest.Arrival) error {
		seen = append(seen, a)
		return nil
	}))
	store(t, srv, message("stored"), "X-Custom: yes")
	envelope(t, srv, "{\"event_id\":\""+vectorID+"\"}\n{\"type\":\"event\"}\n"+message("enclosed")+"\n{\"type\":\"attachment\"}\nabc")
	store(t, srv, "nonsense")
	srv.Script(sentrytest.Status(429))
	store(t, srv, message("limited"))
	g.Expect(seen).To(HaveLen(4))
	g.Expect(seen[0].Events).To(HaveLen(1))
	g.Expect(seen[0].Events[0].Message).To(Equal("stored"))
	g.Expect(seen[0].Events[0].Received.ID).To(Equal(1))
	g.Expect(seen[0].Request.Header.Get("X-Custom")).To(Equal("yes"))
	g.Expect(seen[0].Request.Answer.Status).To(Equal(200))
	g.Expect(seen[1].Envelope.Items).To(HaveLen(2))
	g.Expect(seen[1].Envelope.Received.ID).To(Equal(2))
	g.Expect(seen[1].Events[0].EventID).To(Equal(vectorID))
	g.Expect(seen[2].Rejection.Status).To(Equal(400))
	g.Expect(seen[2].Rejection.Request.ID).To(Equal(3))
	g.Expect(seen[2].Events).To(BeEmpty())
	g.Expect(seen[3].Request.Answer.Step).To(Equal("Status(429)"))
	g.Expect(seen[3].Events).To(BeEmpty())
	g.Expect(seen[3].Rejection).To(BeNil())
	for i, r := range srv.Requests() {
		g.Expect(seen[i].Request.ID).To(Equal(r.ID))
	}
}

func TestBeforeAnswerCanWithholdTheAcknowledgement(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var full atomic.Bool
	full.Store(true)
	srv := sentrytest.NewServer(t, sentrytest.BeforeAnswer(func(context.Context, *sentrytest.Arrival) error {
		if full.Load() {
			return errors.New("disk full")
		}
		return nil
	}))
	r := envelope(t, srv, "{}\n{\"type\":\"event\"}\n"+message("lost"))
	detail, causes := r.detail(t)
	g.Expect(r.Status).To(Equal(503))
	g.Expect(detail).To(Equal("failed to queue envelope"))
	g.Expect(causes).To(Equal([]string{"disk full"}))
	g.Expect(srv.Events()).To(BeEmpty())
	g.Expect(srv.Envelopes()).To(BeEmpty())
	g.Expect(srv.Rejected()).To(HaveLen(1))
	g.Expect(srv.Rejected()[0].String()).To(Equal("POST /api/1/envelope/ -> 503 failed to queue envelope: disk full"))
	g.Expect(srv.Requests()[0].Answer.Status).To(Equal(503))
	g.Expect(store(t, srv, "nonsense").Status).To(Equal(400), "what is refused anyway stays as it is")

	full.Store(false)
	g.Expect(store(t, srv, message("kept")).Status).To(Equal(200))
	g.Expect(srv.Events()).To(HaveLen(1))
}

func TestListenTLS(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"socket": nil, "memory": {sentrytest.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, append(opts, sentrytest.ListenTLS(""))...)
			g.Expect(srv.URL()).To(HavePrefix("http://"))
			g.Expect(srv.TLSURL()).To(HavePrefix("https://"))
			g.Expect(srv.DSN()).To(Equal("http://" + srv.PublicKey() + "@" + srv.Addr() + "/1"))
			secure, err := url.Parse(srv.DSN(sentrytest.DSNTLS(), sentrytest.DSNScheme("sync")))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(secure.Scheme).To(Equal("sync+https"))
			g.Expect("https://" + secure.Host).To(Equal(srv.TLSURL()))

			srv.Script(sentrytest.Status(503), sentrytest.Status(429))
			for i, base := range []string{srv.URL(), srv.TLSURL()} {
				resp, err := srv.Client().Post(base+storePath+"?sentry_key=k", "application/json", nil)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(resp.Body.Close()).To(Succeed())
				g.Expect(resp.StatusCode).To(Equal([]int{503, 429}[i]), "one script")
			}
			g.Expect(srv.Requests()).To(HaveLen(2), "one journal")
			g.Expect(srv.Requests()[0].TLS).To(BeFalse())
			g.Expect(srv.Requests()[1].TLS).To(BeTrue())
		})
	}
}

func TestListenTLSOptions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	plain, secure := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	g.Expect(plain.TLSURL()).To(BeEmpty())
	g.Expect(secure.TLSURL()).To(Equal(secure.URL()))
	g.Expect(secure.DSN(sentrytest.DSNTLS())).To(Equal(secure.DSN()))
	_, err := sentrytest.Start(sentrytest.ListenTLS("nonsense"))
	g.Expect(err).To(MatchError(ContainSubstring("nonsense")))
	_, err = sentrytest.Start(sentrytest.InMemory(), sentrytest.ListenTLS(":0"))
	g.Expect(err).To(MatchError(ContainSubstring("exclude each other")))

	expired := sentrytest.NewServer(t, sentrytest.ListenTLS(""), sentrytest.Expired())
	_, err = expired.Client().Get(expired.TLSURL())
	g.Expect(err).To(MatchError(ContainSubstring("expired")))
}

func TestCertNames(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t, sentrytest.CertNames("sentry.test", "10.1.2.3"))
	for _, host := range []string{"sentry.test", "10.1.2.3", "localhost", "127.0.0.1"} {
		resp, err := srv.Client().Get("https://" + host + "/")
		g.Expect(err).NotTo(HaveOccurred(), host)
		g.Expect(resp.Body.Close()).To(Succeed())
	}
	_, err := srv.Client().Get("https://other.test/")
	g.Expect(err).To(MatchError(ContainSubstring("not other.test")))
}

func TestSpotlight(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.Spotlight())
	post := func(header string) reply {
		return send(t, srv, http.MethodPost, "/stream", header+"\n{\"type\":\"event\"}\n"+message("seen"))
	}
	g.Expect(post(`{}`).Status).To(Equal(200))
	g.Expect(post(`{"dsn":"https://key@o1.example.com/42"}`).Status).To(Equal(200))
	g.Expect(post(`{"dsn":"nonsense"}`).Status).To(Equal(400))
	g.Expect(post(`nonsense`).Status).To(Equal(400))
	events := srv.Events()
	g.Expect(events).To(HaveLen(2))
	g.Expect(events[0].Received.ProjectID).To(Equal("1"))
	g.Expect(events[0].Received.PublicKey).To(Equal(srv.PublicKey()))
	g.Expect(events[1].Received.ProjectID).To(Equal("42"))
	g.Expect(events[1].Received.PublicKey).To(Equal("key"))
	g.Expect(send(t, sentrytest.NewServer(t), http.MethodPost, "/stream", "{}").Status).To(Equal(404), "only with the option")
}

// A hook may keep what it gets, and read it while the request is recorded.
func TestBeforeAnswerMayKeepTheArrival(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var readers sync.WaitGroup
	kept := make(chan *sentrytest.Arrival, 2)
	srv := sentrytest.NewServer(t, sentrytest.BeforeAnswer(func(_ context.Context, a *sentrytest.Arrival) error {
		readers.Go(func() {
			for range 1000 {
				if a.Envelope != nil {
					_ = a.Envelope.Received.ID
				}
				if a.Rejection != nil {
					_ = a.Rejection.Request.ID
				}
			}
			kept <- a
		})
		return nil
	}))
	envelope(t, srv, "{}\n"+`{"type":"session"}`+"\n{}")
	store(t, srv, "nonsense!")
	readers.Wait()
	for range 2 {
		a := <-kept
		if a.Envelope != nil {
			g.Expect(a.Envelope.Received.ID).To(Equal(1))
		} else {
			g.Expect(a.Rejection.Request.ID).To(Equal(2))
		}
	}
	g.Expect(srv.Envelopes()[0].Received.ID).To(Equal(1))
	g.Expect(srv.Rejected()[0].Request.ID).To(Equal(2))
}
