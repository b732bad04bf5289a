package sentrytest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// faultServers are the ways in which a fault can reach a client.
var faultServers = map[string][]sentrytest.Option{
	"http":            nil,
	"https":           {sentrytest.Trusted()},
	"in memory":       {sentrytest.InMemory()},
	"https in memory": {sentrytest.Trusted(), sentrytest.InMemory()},
	"http2":           {sentrytest.HTTP2()},
	"http2 in memory": {sentrytest.HTTP2(), sentrytest.InMemory()},
}

// speaksHTTP2 reports whether clients speak HTTP/2 with the server of that name
// in faultServers.
func speaksHTTP2(name string) bool { return strings.HasPrefix(name, "http2") }

// resetOver is what a client says whose connection was reset. Over HTTP/2 the
// client writes while it reads, and either of them may use the system's error
// up.
func resetOver(name string) OmegaMatcher {
	if speaksHTTP2(name) {
		return Or(MatchError(syscall.ECONNRESET), MatchError(io.ErrUnexpectedEOF))
	}
	return MatchError(syscall.ECONNRESET)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("Reset", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.Reset())
				_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
				g.Expect(err).To(resetOver(name))
				g.Expect(srv.Events()).To(BeEmpty())
				g.Expect(srv.Requests()[0].Answer).To(Equal(sentrytest.Answer{Step: "Reset()"}))
			})
			t.Run("CloseConn", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.CloseConn())
				_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
				if speaksHTTP2(name) {
					g.Expect(err).To(MatchError(io.ErrUnexpectedEOF), "no GOAWAY precedes it")
				} else {
					g.Expect(err).To(MatchError(io.EOF))
				}
				g.Expect(srv.Events()).To(BeEmpty())
			})
			t.Run("Truncate", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.Truncate(6), sentrytest.Truncate(1000))
				r, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
				if speaksHTTP2(name) {
					g.Expect(err).To(MatchError("stream error: stream ID 1; INTERNAL_ERROR; received from peer"))
				} else {
					g.Expect(err).To(MatchError(io.ErrUnexpectedEOF))
				}
				g.Expect(r.Status).To(Equal(200))
				g.Expect(r.Body).To(Equal(`{"id":`))
				g.Expect(store(t, srv, vectorJSON).Body).To(HaveSuffix("}"))
				g.Expect(srv.Events()).To(HaveLen(2))
			})
			t.Run("Hang", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.Hang())
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- post(ctx, srv) }()
				g.Eventually(srv.Requests).Should(HaveLen(1))
				g.Consistently(done, "20ms").ShouldNot(Receive())
				cancel()
				g.Expect(<-done).To(MatchError(context.Canceled))
				g.Expect(srv.Events()).To(BeEmpty())
			})
			t.Run("StallBody", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.StallBody())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, "POST", srv.URL()+storePath+"?sentry_key=a", strings.NewReader(vectorJSON))
				g.Expect(err).NotTo(HaveOccurred())
				resp, err := srv.Client().Do(req)
				g.Expect(err).NotTo(HaveOccurred(), "the headers arrive")
				g.Expect(resp.StatusCode).To(Equal(200))
				cancel()
				_, err = io.ReadAll(resp.Body)
				g.Expect(err).To(MatchError(context.Canceled))
				g.Expect(resp.Body.Close()).To(Succeed())
				g.Expect(srv.Events()).To(HaveLen(1))
			})
			t.Run("ThenClose", func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(sentrytest.OK().ThenClose(), sentrytest.Status(204).ThenClose(), sentrytest.Status(429).RetryAfter("1").ThenClose())
				for _, want := range []int{200, 204, 429, 200} {
					r := store(t, srv, vectorJSON)
					g.Expect(r.Status).To(Equal(want))
					g.Expect(r.Header.Get("Connection")).To(BeEmpty(), "the client is not warned")
					srv.Client().CloseIdleConnections()
				}
				g.Expect(srv.Connections()).To(Equal(4))
			})
		})
	}
}

func post(ctx context.Context, srv *sentrytest.Server) error {
	req, err := http.NewRequestWithContext(ctx, "POST", srv.URL()+storePath+"?sentry_key=a", strings.NewReader(vectorJSON))
	if err != nil {
		return err
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

// In a bubble, durations are exact and cost nothing.
func TestSlowness(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{
		"http":  {sentrytest.InMemory()},
		"https": {sentrytest.InMemory(), sentrytest.Trusted()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t, opts...)
				srv.Script(
					sentrytest.OK().After(time.Hour),
					sentrytest.OK().Body("12345").After(time.Second),
					sentrytest.SlowBody(time.Minute).Body("12345"),
				)
				for _, want := range []time.Duration{time.Hour, time.Second, 5 * time.Minute, 0} {
					start := time.Now()
					g.Expect(post(t.Context(), srv)).To(Succeed())
					g.Expect(time.Since(start)).To(Equal(want))
				}
				g.Expect(srv.Events()).To(HaveLen(4))

				srv.Script(sentrytest.Hang())
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
				defer cancel()
				start := time.Now()
				g.Expect(post(ctx, srv)).To(MatchError(context.DeadlineExceeded))
				g.Expect(time.Since(start)).To(Equal(3 * time.Hour))
			})
		})
	}
}

// The request is on record while its answer is still to come.
func TestAfterRecordsFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK().After(time.Hour))
		done := make(chan error, 1)
		go func() { done <- post(t.Context(), srv) }()
		start := time.Now()
		_, err := srv.Wait(t.Context(), 1)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(time.Since(start)).To(BeZero())
		g.Expect(<-done).NotTo(HaveOccurred())
		g.Expect(time.Since(start)).To(Equal(time.Hour))
	})
}
