package raven_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestEnvelopeHeaders(t *testing.T) {
	for _, tt := range []struct{ name, dsn, auth string }{
		{"public key alone", testDSN, "Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=public"},
		{"with a secret", "https://public:sesame@sentry.example.com/42", "Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=public, sentry_secret=sesame"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, tt.dsn)
			id := c.CaptureMessage(t.Context(), "hi")
			p := rec.all()[0]
			g.Expect(p.URL).To(Equal("https://sentry.example.com/api/42/envelope/"))
			g.Expect(headerPairs(p.Header)).To(Equal(map[string]string{
				"X-Sentry-Auth": tt.auth,
				"User-Agent":    "raven.go/0.1.0",
				"Content-Type":  "application/x-sentry-envelope",
			}))
			g.Expect(p.EventID).To(Equal(id))
			g.Expect(p.Category).To(Equal("error"))
			head, _, _ := bytes.Cut(p.Body, []byte("\n"))
			g.Expect(string(head)).To(MatchRegexp(`^{"event_id":"` + id + `","sent_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z","sdk":{"name":"raven.go","version":"0.1.0"}}$`))
		})
	}
}

func TestStoreHeaders(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, storeDSN)
	c.CaptureMessage(t.Context(), "hi")
	p := rec.all()[0]
	g.Expect(p.URL).To(Equal("https://sentry.example.com/prefix/api/42/store/"))
	g.Expect(p.Header.Get("X-Sentry-Auth")).To(MatchRegexp(`^Sentry sentry_timestamp=\d+(\.\d+)?, sentry_client=raven\.go/0\.1\.0, sentry_version=6, sentry_key=public, sentry_secret=sesame$`))
	g.Expect(p.Header.Get("Content-Type")).To(Equal("application/octet-stream"))
	g.Expect(p.Header.Get("User-Agent")).To(Equal("raven.go/0.1.0"))

	c, rec = newRecorded(t, "https://foo@sentry.example.com/1?protocol=store")
	c.CaptureMessage(t.Context(), "hi")
	g.Expect(rec.all()[0].Header.Get("X-Sentry-Auth")).To(HaveSuffix("sentry_key=foo"))
}

func TestSettings(t *testing.T) {
	host, _ := os.Hostname()
	for _, tt := range []struct {
		name                         string
		env                          map[string]string
		opts                         []raven.Option
		release, environment, server any
	}{
		{name: "defaults", environment: "production", server: host},
		{
			name:    "environment over defaults",
			env:     map[string]string{"SENTRY_RELEASE": "r1", "SENTRY_ENVIRONMENT": "staging", "SENTRY_NAME": "box"},
			release: "r1", environment: "staging", server: "box",
		},
		{
			name:    "options over environment",
			env:     map[string]string{"SENTRY_RELEASE": "r1", "SENTRY_ENVIRONMENT": "staging", "SENTRY_NAME": "box"},
			opts:    []raven.Option{raven.WithRelease("r2"), raven.WithEnvironment("dev"), nil, raven.WithServerName("me")},
			release: "r2", environment: "dev", server: "me",
		},
		{
			name: "options can say nothing",
			env:  map[string]string{"SENTRY_RELEASE": "r1"},
			opts: []raven.Option{raven.WithRelease(""), raven.WithEnvironment(""), raven.WithServerName("")},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			for _, name := range []string{"SENTRY_RELEASE", "SENTRY_ENVIRONMENT", "SENTRY_NAME"} {
				t.Setenv(name, tt.env[name])
			}
			c, rec := newRecorded(t, testDSN, tt.opts...)
			c.CaptureMessage(t.Context(), "hi")
			ev := only(t, rec)
			if tt.name != "defaults" {
				g.Expect(ev["release"]).To(equalOrNil(tt.release))
			}
			g.Expect(ev["environment"]).To(equalOrNil(tt.environment))
			g.Expect(ev["server_name"]).To(equalOrNil(tt.server))

			c.Capture(t.Context(), &raven.Event{Message: "x", Release: "own", Environment: "e", ServerName: "s"})
			ev = eventOf(t, rec.all()[1])
			g.Expect([]any{ev["release"], ev["environment"], ev["server_name"]}).To(Equal([]any{"own", "e", "s"}))
		})
	}
}

func equalOrNil(v any) OmegaMatcher {
	if v == nil {
		return BeNil()
	}
	return Equal(v)
}

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
	rec := new(recorder)
	made, err := raven.New(" ", raven.WithTransport(rec))
	g.Expect(err).NotTo(HaveOccurred())
	for _, c := range []*raven.Client{made, nil} {
		ctx := t.Context()
		g.Expect(c.Enabled()).To(BeFalse())
		g.Expect(c.CaptureMessage(ctx, "hi")).To(BeEmpty())
		g.Expect(c.CaptureException(ctx, errors.New("x"))).To(BeEmpty())
		g.Expect(c.Capture(ctx, &raven.Event{})).To(BeEmpty())
		g.Expect(c.Deliver(ctx, &raven.Event{})).To(BeEmpty())
		g.Expect(c.Send(ctx, &raven.Event{})).To(Succeed())
		c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "x"})
		func() {
			defer c.Recover(ctx)
			panic("stopped all the same")
		}()
		g.Expect(c.Flush(ctx)).To(Succeed())
		g.Expect(c.LastEventID()).To(BeEmpty())
		g.Expect(c.PublicDSN("")).To(BeEmpty())
		g.Expect(c.Close(ctx)).To(Succeed())
	}
	g.Expect(rec.all()).To(BeEmpty())
	g.Expect(rec.closed).To(Equal(1), "the client owns its transport")
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

func TestExplicitTransport(t *testing.T) {
	g := NewWithT(t)
	rec := new(recorder)
	_, err := raven.New("https://public@h/1?timeot=3", raven.WithTransport(rec))
	var option *transport.OptionError
	g.Expect(errors.As(err, &option)).To(BeTrue(), "a misspelt option: %v", err)
	g.Expect(rec.closed).To(BeZero(), "still the caller's")

	_, err = raven.New("https://public@h/1?protocol=smoke", raven.WithTransport(rec))
	g.Expect(errors.As(err, &option)).To(BeTrue(), "a bad protocol: %v", err)

	c := newOver(t, rec, "nosuch+https://public@h/1?anything=1")
	c.CaptureMessage(t.Context(), "hi")
	g.Expect(rec.all()[0].URL).To(Equal("https://h/api/1/envelope/"))
	g.Expect(c.Close(t.Context())).To(Succeed())
	g.Expect(rec.closed).To(Equal(1))
}

func TestDriverAndRegistry(t *testing.T) {
	g := NewWithT(t)
	rec := new(recorder)
	var opened *transport.DSN
	var got transport.Env
	log := slog.New(slog.DiscardHandler)
	driver := transport.Driver{Name: "mine", Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
		opened, got = dsn, env
		return rec, nil
	}}
	c, err := raven.New("https://public@h/1?protocol=store", raven.WithDriver(driver), raven.WithLogger(log))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(got.Logger).To(BeIdenticalTo(log))
	g.Expect(opened.Option("protocol")).To(BeEmpty(), "protocol is the client's")
	c.CaptureMessage(t.Context(), "hi")
	g.Expect(rec.all()[0].URL).To(HaveSuffix("/api/1/store/"))

	driver.Schemes = []string{"mine+https"}
	registry := transport.NewRegistry()
	g.Expect(registry.Register(driver)).To(Succeed())
	_, err = raven.New("mine+https://public@h/2", raven.WithRegistry(registry), raven.WithEnv(transport.Env{Stderr: new(bytes.Buffer)}))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(opened.ProjectID).To(Equal("2"))
	g.Expect(got.Stderr).NotTo(BeNil())

	refusal := errors.New("no")
	driver.Open = func(*transport.DSN, transport.Env) (transport.Transport, error) { return nil, refusal }
	_, err = raven.New(testDSN, raven.WithDriver(driver))
	g.Expect(err).To(MatchError(refusal))
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

func TestADriverThatOpensOtherDSNs(t *testing.T) {
	g := NewWithT(t)
	var tee transport.Driver
	for _, d := range transport.DefaultRegistry().Drivers() {
		if d.Name == "tee" {
			tee = d
		}
	}
	first, second := sentrytest.NewServer(t), sentrytest.NewServer(t)
	for _, scheme := range []string{"", "tee"} {
		dsn := first.DSN(sentrytest.DSNScheme(scheme), sentrytest.DSNParam("to", second.DSN()))
		c, err := raven.New(dsn, raven.WithDriver(tee))
		g.Expect(err).NotTo(HaveOccurred())
		_, err = c.Deliver(t.Context(), &raven.Event{Message: "twice"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(c.Close(t.Context())).To(Succeed())
	}
	g.Expect(first.Events()).To(HaveLen(2))
	g.Expect(second.Events()).To(HaveLen(2))
}
