package raven_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

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
