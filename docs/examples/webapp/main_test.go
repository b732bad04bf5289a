package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startShop starts the shop with a fake Sentry.
func startShop(t *testing.T) (*httptest.Server, *sentrytest.Server) {
	t.Helper()
	sentry := sentrytest.NewServer(t)
	client, err := raven.New(sentry.DSN(), raven.WithRelease("webapp@test"), raven.WithServerName("shop-1"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	srv := httptest.NewUnstartedServer(newShop(client, newLogger(client, io.Discard)).handler())
	// net/http logs panics here.
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, sentry
}

func TestADeclinedCardIsReportedCompletely(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, sentry := startShop(t)
	r, err := http.NewRequest(http.MethodPost, srv.URL+"/orders/17/pay?lang=en", strings.NewReader(url.Values{"card": {"4242"}, "password": {"hunter2"}}.Encode()))
	g.Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("ada", "hunter2")

	resp, err := srv.Client().Do(r)
	g.Expect(err).NotTo(HaveOccurred())
	resp.Body.Close()
	g.Expect(resp.StatusCode).To(Equal(http.StatusPaymentRequired))

	e := sentrytest.RequireEvent(t, sentry, sentrytest.HasMessage("payment failed"))
	g.Expect(e.Level).To(Equal("error"))
	g.Expect(e.Logger).To(Equal("shop"))
	g.Expect(e.Platform).To(Equal("go"))
	g.Expect(e.Release).To(Equal("webapp@test"))
	g.Expect(e.Environment).To(Equal("production"))
	g.Expect(e.ServerName).To(Equal("shop-1"))
	g.Expect(e.Transaction).To(Equal("POST /orders/{id}/pay"))
	g.Expect(e.Tags).To(Equal(map[string]string{"order": "17"}))
	g.Expect(e.Extra).To(Equal(map[string]any{"attempt": 1.0}))
	g.Expect(e.User).To(Equal(sentrytest.User{Username: "ada"}))

	g.Expect(e.Exceptions).To(HaveLen(2), "the error and what it wraps, the oldest first")
	g.Expect(e.Exceptions[0].Value).To(Equal("card declined"))
	g.Expect(e.Exceptions[1].Value).To(Equal("charge: card declined"))
	frames := e.Exceptions[1].Stacktrace.Frames
	here := frames[len(frames)-1]
	g.Expect(here.Function).To(Equal("(*shop).pay"))
	g.Expect(here.Filename).To(Equal("github.com/ravenkit/ravenkit/docs/examples/webapp/shop.go"))
	g.Expect(here.InApp).To(HaveValue(BeTrue()))

	var trail []string
	for _, b := range e.Breadcrumbs {
		trail = append(trail, fmt.Sprintf("%s: %s %v", b.Category, b.Message, b.Data))
	}
	g.Expect(trail).To(Equal([]string{"shop: payment begins map[order:17]", "bank: asking the bank map[digits:4]"}))

	g.Expect(e.Request.Method).To(Equal("POST"))
	g.Expect(e.Request.URL).To(Equal(srv.URL + "/orders/17/pay"))
	g.Expect(e.Request.Headers).To(ContainElement(ContainElement("application/x-www-form-urlencoded")))
	g.Expect(e.Request.Data).To(Equal("card=4242&password=********"))
	g.Expect(string(e.Raw)).NotTo(ContainSubstring("hunter2"), "in the body and, encoded, in the Authorization header")
	g.Expect(string(e.Raw)).NotTo(ContainSubstring("YWRhOmh1bnRlcjI="))
	sentrytest.RequireEvents(t, sentry, 1)
}

func TestAPaymentIsNotReported(t *testing.T) {
	t.Parallel()
	srv, sentry := startShop(t)
	resp, err := srv.Client().PostForm(srv.URL+"/orders/18/pay", url.Values{"card": {"4711"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	sentrytest.RequireNoEvent(t, sentry)
}

func TestAPanicIsReported(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, sentry := startShop(t)
	resp, err := srv.Client().Get(srv.URL + "/panic")
	if err == nil {
		resp.Body.Close()
	}
	g.Expect(err).To(HaveOccurred(), "net/http closes the connection, as without a client")

	e := sentrytest.RequireEvent(t, sentry, sentrytest.HasLevel("fatal"), sentrytest.HasException("", "runtime error: index out of range [2] with length 2"))
	g.Expect(e.Transaction).To(Equal("GET /panic"))
	frames := e.Exceptions[0].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(ContainSubstring("(*shop).handler"))
}

func TestTheProgramItself(t *testing.T) {
	sentry := sentrytest.NewServer(t)
	t.Setenv("SENTRY_DSN", sentry.DSN())
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, in)
		_ = in.Close()
	}()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	_, address, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "url=")
	go func() { _, _ = io.Copy(io.Discard, out) }()
	resp, err := http.PostForm(address+"/orders/1/pay", url.Values{"card": {"4242"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()

	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if n := len(sentry.Events()); n != 1 {
		t.Errorf("%d events were delivered before the program ended", n)
	}
}

func TestAnInvalidDSNIsReported(t *testing.T) {
	t.Setenv("SENTRY_DSN", "https://key@host")
	if err := run(t.Context(), nil, io.Discard); err == nil || !strings.Contains(err.Error(), "project") {
		t.Errorf("got %v", err)
	}
}
