package restytransport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-resty/resty/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/restytransport"
)

// ownClient is a client of the program. Its connections are closed at the end
// of the test.
func ownClient(t *testing.T) *resty.Client {
	c := resty.New()
	t.Cleanup(c.GetClient().CloseIdleConnections)
	return c
}

func TestEventsGoThroughTheMiddlewareOfTheProgram(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	var statuses []int
	client := ownClient(t).
		SetHeader("X-Tenant", "blue").
		SetHeader("X-Sentry-Auth", "not this one").
		OnBeforeRequest(func(_ *resty.Client, r *resty.Request) error {
			r.SetHeader("Traceparent", "00-1-2-01")
			return nil
		}).
		OnAfterResponse(func(_ *resty.Client, r *resty.Response) error {
			statuses = append(statuses, r.StatusCode())
			return nil
		})
	dsn := srv.DSN(sentrytest.DSNScheme("resty"))
	tr := mustOpen(t, restytransport.NewDriver(client), dsn, transport.Env{})
	p := packetFor(t, dsn)
	response, err := tr.Send(t.Context(), p)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(response.EventID).To(Equal(eventID), "the answer is read, even after middleware has read it")
	header := srv.Requests()[0].Header
	g.Expect(header.Get("X-Tenant")).To(Equal("blue"))
	g.Expect(header.Get("Traceparent")).To(Equal("00-1-2-01"))
	g.Expect(header.Values("X-Sentry-Auth")).To(Equal(p.Header.Values("X-Sentry-Auth")), "the packet's own header wins")
	g.Expect(statuses).To(Equal([]int{200}))
}

func TestMiddlewareMayRefuseAnEvent(t *testing.T) {
	g := NewWithT(t)
	veto := errors.New("not on a Sunday")
	client := ownClient(t).OnBeforeRequest(func(*resty.Client, *resty.Request) error { return veto })
	const dsn = "resty+http://k@127.0.0.1:9/1"
	_, err := mustOpen(t, restytransport.NewDriver(client), dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
	var network *transport.NetworkError
	g.Expect(errors.As(err, &network)).To(BeTrue())
	g.Expect(err).To(MatchError(veto))
}

// Some settings for the program's other requests would break events.
func TestWhatDoesNotApplyToEvents(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(503))
	client := ownClient(t).
		SetRetryCount(3).SetRetryWaitTime(time.Hour).
		AddRetryCondition(func(*resty.Response, error) bool { return true }).
		SetFormData(map[string]string{"form": "data"}).
		SetDoNotParseResponse(true)
	dsn := srv.DSN(sentrytest.DSNScheme("resty"))
	tr := mustOpen(t, restytransport.NewDriver(client), dsn, transport.Env{})
	_, err := tr.Send(t.Context(), packetFor(t, dsn))
	var api *transport.APIError
	g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
	_, err = tr.Send(t.Context(), packetFor(t, dsn))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.Events()).To(HaveLen(1))
	g.Expect(client.RetryCount).To(Equal(3), "the program's client is unchanged")
	g.Expect(client.FormData).To(HaveLen(1))
}

func TestCloseLeavesTheClientToTheProgram(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	client := ownClient(t)
	dsn := srv.DSN(sentrytest.DSNScheme("resty"))
	for range 2 {
		tr, err := restytransport.New(restytransport.Config{Client: client})
		g.Expect(err).NotTo(HaveOccurred())
		_, err = tr.Send(t.Context(), packetFor(t, dsn))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(tr.Close(t.Context())).To(Succeed())
	}
	_, err := client.R().Get(srv.URL())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.Connections()).To(Equal(1), "its connection was kept all the time")
}

func TestConnectionOptionsWithAClientAreRefused(t *testing.T) {
	srv := sentrytest.NewServer(t)
	for _, c := range []struct {
		driver transport.Driver
		env    transport.Env
		owner  string
	}{
		{restytransport.NewDriver(ownClient(t)), transport.Env{}, "the driver's client"},
		{restytransport.NewThreadedDriver(ownClient(t), "resty+http"), transport.Env{}, "the driver's client"},
		{restytransport.NewDriver(nil), transport.Env{HTTPClient: http.DefaultClient}, "Env.HTTPClient"},
	} {
		dsn := srv.DSN(sentrytest.DSNScheme("resty"), sentrytest.DSNParam("verify_ssl", "0"), sentrytest.DSNParam("proxy", "http://me:SECRET@proxy.example"))
		_, err := with(t, c.driver, dsn, c.env)
		g := NewWithT(t)
		g.Expect(err).To(MatchError(And(
			ContainSubstring("verify_ssl"), ContainSubstring("proxy"), ContainSubstring(c.owner), Not(ContainSubstring("SECRET")),
		)))
	}
}

func TestTheHTTPClientOfAnEnv(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	url, followed := redirecting(t)
	used := 0
	own := &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		used++
		return http.DefaultTransport.RoundTrip(r)
	})}
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	env := transport.Env{HTTPClient: own}
	dsn := srv.DSN(sentrytest.DSNScheme("requests"))
	_, err := mustOpen(t, restytransport.NewDriver(nil), dsn, env).Send(t.Context(), packetFor(t, dsn))
	g.Expect(err).NotTo(HaveOccurred())
	dsn = strings.Replace(url, "http://", "requests+http://k@", 1) + "/1"
	_, err = mustOpen(t, restytransport.NewDriver(nil), dsn, env).Send(t.Context(), packetFor(t, dsn))
	g.Expect(err).To(HaveOccurred())
	g.Expect(followed.Load()).To(BeZero())
	g.Expect(used).To(Equal(2))
	g.Expect(own.CheckRedirect).To(BeNil(), "it is copied")
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// resty logs to stderr by default, which belongs to the program.
func TestTheLogGoesToSlog(t *testing.T) {
	g := NewWithT(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }))
	t.Cleanup(srv.Close)
	var log bytes.Buffer
	restytransport.LogTo(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	for _, level := range []string{"ERROR", "WARN", "DEBUG"} {
		g.Expect(log.String()).To(ContainSubstring("level=" + level + ` msg="resty: said with 1"`))
	}
}

func TestALargeAnswerIsCutOff(t *testing.T) {
	g := NewWithT(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Sentry-Error", "too bad")
		w.WriteHeader(500)
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(srv.Close)
	dsn := strings.Replace(srv.URL, "http://", "resty+http://k@", 1) + "/1"
	_, err := mustOpen(t, restytransport.NewDriver(nil), dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
	var api *transport.APIError
	g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
	g.Expect(api.Message).To(Equal("too bad"))
}

func TestTheTimeoutIsExact(t *testing.T) {
	for _, step := range []sentrytest.Step{sentrytest.Hang(), sentrytest.StallBody(), sentrytest.SlowBody(50 * time.Millisecond)} {
		synctest.Test(t, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewTLSServer(t, sentrytest.InMemory())
			srv.Script(step)
			dsn := srv.DSN(sentrytest.DSNScheme("resty"), sentrytest.DSNParam("timeout", "0.2"), sentrytest.DSNParam("verify_ssl", "0"))
			tr := mustOpen(t, restytransport.NewDriver(nil), dsn, transport.Env{DialContext: srv.DialContext})
			began := time.Now()
			_, err := tr.Send(t.Context(), packetFor(t, dsn))
			g.Expect(time.Since(began)).To(Equal(200 * time.Millisecond))
			g.Expect(err).To(MatchError(context.DeadlineExceeded))
		})
	}
}

func TestThreadedRestyDoesNotDelayTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK().After(time.Second))
		dsn := srv.DSN(sentrytest.DSNScheme("threaded+requests"))
		tr := mustOpen(t, restytransport.NewThreadedDriver(nil), dsn, transport.Env{DialContext: srv.DialContext}).(transport.AsyncTransport)
		var told sync.WaitGroup
		told.Add(1)
		began := time.Now()
		tr.SendAsync(t.Context(), packetFor(t, dsn), func(*transport.Response, error) { told.Done() })
		g.Expect(time.Since(began)).To(BeZero())
		told.Wait()
		g.Expect(time.Since(began)).To(Equal(time.Second))
	})
}

func TestContradictoryConfigurations(t *testing.T) {
	g := NewWithT(t)
	tr, err := transport.NewHTTP(transport.HTTPConfig{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tr.Close(t.Context())).To(Succeed())
	_, err = restytransport.New(restytransport.Config{HTTPConfig: transport.HTTPConfig{Engine: noEngine{}}})
	g.Expect(err).To(MatchError(ContainSubstring("Config.Engine must be nil")))
	_, err = restytransport.New(restytransport.Config{HTTPConfig: transport.HTTPConfig{CACerts: "absent.pem"}})
	var option *transport.OptionError
	g.Expect(errors.As(err, &option)).To(BeTrue())
}

type noEngine struct{}

func (noEngine) Post(context.Context, *transport.Request) (*transport.Reply, error) {
	return nil, io.EOF
}
func (noEngine) Close() {}
