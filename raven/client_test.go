package raven_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

func TestDSNFromEnvironment(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("SENTRY_DSN", "https://public@env.example.com/7")
	c := newOver(t, new(recorder), "")
	g.Expect(c.Enabled()).To(BeTrue())
	g.Expect(c.PublicDSN("")).To(Equal("//public@env.example.com/7"))
	c = newOver(t, new(recorder), testDSN)
	g.Expect(c.PublicDSN("https")).To(Equal("https://public@sentry.example.com/42"))
}

func TestDisabled(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("SENTRY_DSN", "  ")
	logs, log := newLog()
	made, err := raven.New(" ", log)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(logs.String()).To(Equal(`level=INFO msg="raven: no DSN (SENTRY_DSN is not set): nothing is reported"` + "\n"))
	for _, c := range []*raven.Client{made, nil} {
		ctx := t.Context()
		g.Expect(c.Enabled()).To(BeFalse())
		g.Expect(c.CaptureMessage(ctx, "hi")).To(BeEmpty())
		g.Expect(c.CaptureException(ctx, errors.New("x"))).To(BeEmpty())
		g.Expect(c.Capture(ctx, &raven.Event{})).To(BeEmpty())
		id, err := c.Deliver(ctx, &raven.Event{})
		g.Expect(id).To(BeEmpty())
		g.Expect(err).To(MatchError(raven.ErrDisabled))
		g.Expect(err).To(MatchError("raven: nothing is sent: the client has no DSN (SENTRY_DSN is not set), or there is no client"))
		g.Expect(c.Send(ctx, &raven.Event{})).To(MatchError(raven.ErrDisabled))
		g.Expect(c.CaptureQuery(ctx, "select 1", "")).To(BeEmpty())
		failed := errors.New("failed")
		g.Expect(c.Wrap(ctx, func(context.Context) error { return failed })).To(BeIdenticalTo(failed))
		c.UserContext(ctx, raven.User{ID: "7"})
		c.HTTPContext(ctx, nil)
		c.ExtraContext(ctx, raven.Extra{"a": 1})
		c.TagsContext(ctx, raven.Tags{"a": "b"})
		inside, rc := raven.NewContext(ctx, c)
		rc.Merge(raven.Tags{"a": "b"})
		g.Expect(c.CaptureMessage(inside, "hi")).To(BeEmpty())
		c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "x"})
		func() {
			defer c.Recover(ctx)
			panic("stopped all the same")
		}()
		g.Expect(c.Flush(ctx)).To(Succeed())
		g.Expect(c.LastEventID()).To(BeEmpty())
		g.Expect(c.PublicDSN("")).To(BeEmpty())
		g.Expect(c.Stats()).To(BeZero())
		g.Expect(c.State()).To(Equal(raven.State{Status: raven.StatusDisabled}))
		g.Expect(c.State().String()).To(Equal("disabled"))
		outcomes, forgotten := c.Ledger()
		g.Expect(outcomes).To(BeEmpty())
		g.Expect(forgotten).To(BeZero())
		g.Expect(c.String()).To(Equal("raven.Client(disabled)"))
		g.Expect(c.Close(ctx)).To(Succeed())
	}
	g.Expect(strings.Count(logs.String(), "\n")).To(Equal(1), "captures are silent")
}

func TestNewSaysEverythingThatIsWrong(t *testing.T) {
	g := NewWithT(t)
	_, err := raven.New("ftp://public:sesame@h/1", raven.WithTransport(nil), raven.WithBreadcrumbs(-1))
	var dsn *transport.DSNError
	g.Expect(errors.As(err, &dsn)).To(BeTrue())
	g.Expect(err.Error()).To(And(ContainSubstring("transport is nil"), ContainSubstring("WithBreadcrumbs(-1)"), Not(ContainSubstring("sesame"))))

	_, err = raven.New("nosuch+https://public:sesame@h/1", raven.WithRegistry(nil))
	var unknown *transport.UnknownSchemeError
	g.Expect(errors.As(err, &unknown)).To(BeTrue())
	g.Expect(err.Error()).To(And(ContainSubstring("registry is nil"), Not(ContainSubstring("sesame"))))

	var none *recorder
	_, err = raven.New(testDSN, raven.WithTransport(none))
	g.Expect(err).To(MatchError("raven: WithTransport: the transport is a nil *raven_test.recorder"))

	for name, o := range map[string]raven.Option{
		"driver without Open": raven.WithDriver(transport.Driver{}),
		"no raise":            raven.WithRaiseSendErrors(nil),
	} {
		_, err := raven.New(testDSN, o)
		g.Expect(err).To(HaveOccurred(), name)
	}
	_, err = raven.New(testDSN, raven.WithTransport(new(recorder)), raven.WithDriver(transport.Driver{Open: func(*transport.DSN, transport.Env) (transport.Transport, error) { return nil, nil }}))
	g.Expect(err).To(MatchError(ContainSubstring("exclude each other")))
}

func TestClientData(t *testing.T) {
	g := NewWithT(t)
	tags, extra := raven.Tags{"a": "1"}, raven.Extra{"x": 1}
	c, rec := newRecorded(t, testDSN, raven.WithTags(tags), raven.WithTags(raven.Tags{"b": "2"}), raven.WithExtra(extra))
	tags["a"], extra["x"] = "changed", "changed"
	c.Capture(t.Context(), &raven.Event{Tags: raven.Tags{"b": "event", "c": "3"}}, raven.Tags{"c": "option"}, raven.Extra{"y": true})
	ev := only(t, rec)
	g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "1", "b": "event", "c": "option"}))
	g.Expect(ev["extra"]).To(Equal(map[string]any{"x": 1.0, "y": true}))

	c.CaptureMessage(t.Context(), "second")
	g.Expect(eventOf(t, rec.all()[1])["tags"]).To(Equal(map[string]any{"a": "1", "b": "2"}))
}

func TestSecretStaysSecret(t *testing.T) {
	g := NewWithT(t)
	var logged bytes.Buffer
	rec := &recorder{answer: func(*transport.Packet) (*transport.Response, error) { return nil, errors.New("refused") }}
	c := newOver(t, rec, "https://public:sesame@sentry.example.com/42", raven.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	c.CaptureMessage(t.Context(), "hi")
	_, err := c.Deliver(t.Context(), &raven.Event{})
	g.Expect(logged.String()).To(And(ContainSubstring("refused"), Not(ContainSubstring("sesame"))))
	g.Expect(fmt.Sprintf("%v %+v %#v", err, err, err)).NotTo(ContainSubstring("sesame"))
	g.Expect(c.PublicDSN("https")).NotTo(ContainSubstring("sesame"))
	g.Expect(string(rec.all()[0].Body)).NotTo(ContainSubstring("sesame"))
}

// Servers and proxies may repeat secrets of a request.
func TestEchoedSecretsStaySecret(t *testing.T) {
	g := NewWithT(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Sentry-Error", "unknown: "+r.Header.Get("X-Sentry-Auth"))
		w.WriteHeader(http.StatusForbidden)
	}))
	defer srv.Close()
	var logged bytes.Buffer
	var outcomes []string
	c, err := raven.New("sync+http://public:sesame@"+srv.Listener.Addr().String()+"/42",
		raven.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))), raven.WithLedger(10),
		raven.WithOnOutcome(func(o raven.Outcome) { outcomes = append(outcomes, fmt.Sprintf("%v %+v", o, o)) }))
	g.Expect(err).NotTo(HaveOccurred())
	_, err = c.Deliver(t.Context(), &raven.Event{})
	g.Expect(err).To(HaveOccurred())
	ledger, _ := c.Ledger()
	flushed, closed := c.Flush(t.Context()), c.Close(t.Context())
	said := fmt.Sprintf("%v %+v %v %+v %v %v %s", err, err, outcomes, ledger, flushed, closed, &logged)
	g.Expect(strings.Count(said, "sentry_secret=xxxxx")).To(BeNumerically(">=", 4))
	g.Expect(said).NotTo(ContainSubstring("sesame"))
}

func TestReporterIsTheClient(t *testing.T) {
	var _ raven.Reporter = (*raven.Client)(nil)
	g := NewWithT(t)
	ctx := context.Background()
	g.Expect(raven.Discard.CaptureMessage(ctx, "x")).To(BeEmpty())
	g.Expect(raven.Discard.CaptureException(ctx, errors.New("x"))).To(BeEmpty())
	g.Expect(raven.Discard.Capture(ctx, nil)).To(BeEmpty())
	g.Expect(raven.Discard.Deliver(ctx, nil)).To(BeEmpty())
	g.Expect(raven.Discard.Send(ctx, nil)).To(Succeed())
	g.Expect(raven.Discard.Flush(ctx)).To(Succeed())
	raven.Discard.CaptureBreadcrumb(ctx, raven.Breadcrumb{})
	func() {
		defer raven.Discard.Recover(ctx)
		panic("stopped")
	}()
}

func TestEveryEventSaysWhereItRuns(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	c.Capture(t.Context(), nil, raven.Contexts{"app": map[string]any{"name": "x"}, "os": map[string]any{"name": "mine"}})
	c.CaptureMessage(t.Context(), "x")
	first, second := eventOf(t, rec.all()[0]), eventOf(t, rec.all()[1])
	running := map[string]any{"name": "go", "version": runtime.Version()}
	g.Expect(first["contexts"]).To(Equal(map[string]any{"app": map[string]any{"name": "x"}, "os": map[string]any{"name": "mine"}, "runtime": running}))
	g.Expect(second["contexts"]).To(Equal(map[string]any{"os": map[string]any{"name": runtime.GOOS}, "runtime": running}))
	g.Expect(second.at("modules", "go")).To(Equal(runtime.Version()))
	g.Expect(second["sdk"]).To(Equal(map[string]any{"name": "raven.go", "version": raven.Version}))
	g.Expect(second["platform"]).To(Equal("go"))
}

func TestAClientPrintsNoSecret(t *testing.T) {
	g := NewWithT(t)
	for _, protocol := range []string{"envelope", "store"} {
		c, err := raven.New("https://public:sesame@h/1?protocol="+protocol, raven.WithTransport(new(recorder)))
		g.Expect(err).NotTo(HaveOccurred())
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "client", c)
		for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s", c, c, c), log.String()} {
			g.Expect(text).NotTo(ContainSubstring("sesame"))
			g.Expect(text).To(ContainSubstring("//public@h/1"))
		}
	}
	var none *raven.Client
	g.Expect(fmt.Sprint(none)).To(Equal("raven.Client(disabled)"))
}

// A client without a DSN owns the transport of WithTransport too.
func TestADisabledClientClosesItsTransport(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("SENTRY_DSN", "")
	rec := new(recorder)
	c, err := raven.New("", raven.WithTransport(rec))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.CaptureMessage(t.Context(), "to nobody")).To(BeEmpty())
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(rec.all()).To(BeEmpty())
	g.Expect(rec.closed).To(BeNumerically(">", 0))

	c, err = raven.New("", raven.WithTransport(wild{}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.Close(t.Context())).To(MatchError("raven: the transport panicked: wild close"))
}
