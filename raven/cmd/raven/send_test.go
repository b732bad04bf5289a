package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

const anID = `[0-9a-f]{32}`

func TestSend(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := runRaven(t, "send", dsnOf(srv))
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage(testMessage), sentrytest.HasLevel(raven.LevelError))
	g.Expect(r).To(Equal(result{0, e.EventID + "\n", ""}), "only the id")
	g.Expect(e.Received.Header.Get("X-Sentry-Auth")).To(ContainSubstring(secret), "it is used, but not shown")
}

func TestSendEverything(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := runRaven(t, "send", "--message", "50% done; a=b, {c}", "--level=warning",
		"--tag", "host=web-1", "--tag", "query=a=b;c", "--extra", "n=12345678901234567", "--extra", "on=true",
		"--extra", `list=[1,"two"]`, "--extra", "text=not json", "--extra", "quoted=\"4\"", "--extra", "empty=", "--extra", "half={",
		"--exception", "std::io_error: disk: full", dsnOf(srv))
	g.Expect(r.code).To(BeZero())
	e := sentrytest.RequireEvent(t, srv,
		sentrytest.HasMessage("50% done; a=b, {c}"), sentrytest.HasLevel(raven.LevelWarning),
		sentrytest.HasTag("host", "web-1"), sentrytest.HasTag("query", "a=b;c"),
		sentrytest.HasExtra("on", true), sentrytest.HasExtra("list", []any{1, "two"}), sentrytest.HasExtra("text", "not json"),
		sentrytest.HasExtra("quoted", "4"), sentrytest.HasExtra("empty", ""), sentrytest.HasExtra("half", "{"),
		sentrytest.HasException("std::io_error", "disk: full"),
	)
	g.Expect(e.Extra["n"]).To(Equal(json.Number("12345678901234567")))
}

func TestSendExceptionAlone(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	g.Expect(runRaven(t, "send", "--exception=IOError:", dsnOf(srv)).code).To(BeZero())
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasException("IOError", ""))
	g.Expect(e.Message).To(BeEmpty())
}

func TestSendMany(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := runRaven(t, "send", "--count=50", "--concurrency=8", dsnOf(srv))
	g.Expect(r.code).To(BeZero())
	g.Expect(r.errs).To(MatchRegexp(`^raven: 50 events delivered in \S+, \d+ a second\n$`))
	var arrived []string
	for _, e := range srv.Events() {
		arrived = append(arrived, e.EventID)
	}
	g.Expect(strings.Fields(r.out)).To(ConsistOf(arrived))
	g.Expect(arrived).To(HaveLen(50))
}

func TestSendThroughEveryScheme(t *testing.T) {
	plain, encrypted := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	for _, d := range transport.DefaultRegistry().Drivers() {
		for _, scheme := range d.Schemes {
			t.Run(scheme, func(t *testing.T) {
				g := NewWithT(t)
				prefix, base := "", scheme
				if i := strings.LastIndexByte(scheme, '+'); i >= 0 {
					prefix, base = scheme[:i], scheme[i+1:]
				}
				srv, opts := plain, []sentrytest.DSNOption{sentrytest.DSNScheme(prefix), sentrytest.DSNSecret(secret)}
				if base == "https" {
					srv, opts = encrypted, append(opts, sentrytest.DSNParam("ca_certs", encrypted.CACertFile()))
				}
				switch d.Sink {
				case "server":
					// Long enough for a busy machine.
					opts = append(opts, sentrytest.DSNParam("timeout", "60"))
				case "file":
					opts = append(opts, sentrytest.DSNParam("path", filepath.Join(t.TempDir(), "events")))
				}
				for _, command := range [][]string{{"send", "--tag=scheme=" + scheme}, {"test"}, {"doctor"}} {
					srv.Clear()
					r := runRaven(t, append(command, srv.DSN(opts...))...)
					g.Expect(r.code).To(BeZero())
					if d.Sink != "server" {
						g.Expect(srv.Events()).To(BeEmpty())
						g.Expect(r.out).NotTo(ContainSubstring("works"))
						continue
					}
					e := sentrytest.RequireEvent(t, srv)
					g.Expect(r.out).To(ContainSubstring(e.EventID))
				}
				if base == "http" || d.Sink != "server" {
					return
				}
				// ca_certs, verify_ssl and timeout have the same meaning for
				// all transports.
				r := runRaven(t, "send", srv.DSN(append(opts[:2:2], sentrytest.DSNParam("ca_certs", srv.OtherCACertFile()))...))
				g.Expect(r.code).To(Equal(1))
				g.Expect(r.errs).To(ContainSubstring("x509: certificate signed by unknown authority"))
				r = runRaven(t, "send", srv.DSN(append(opts[:2:2], sentrytest.DSNParam("verify_ssl", "0"))...))
				g.Expect(r.code).To(BeZero())
				// This server is separate, because the timeout may end before
				// it gets the request, and its script would be left for the
				// next one.
				mute := sentrytest.NewTLSServer(t)
				mute.Script(sentrytest.Hang().Optional())
				r = runRaven(t, "send", mute.DSN(append(opts[:2:2], sentrytest.DSNParam("ca_certs", mute.CACertFile()), sentrytest.DSNParam("timeout", "0.2"))...))
				g.Expect(r.code).To(Equal(1))
				g.Expect(r.errs).To(And(ContainSubstring("context deadline exceeded"), ContainSubstring("more than 200ms")))
			})
		}
	}
}

func TestSendFailures(t *testing.T) {
	for name, tc := range map[string]struct {
		script []sentrytest.Step
		args   []string
		ids    int
		says   []string
	}{
		"refused": {
			script: []sentrytest.Step{sentrytest.Status(403).Header("X-Sentry-Error", "bad key")},
			says:   []string{"the event was not delivered: server refused event " + anID + " with status 403: bad key\n", "fix: compare the DSN"},
		},
		"refused now and then": {
			script: []sentrytest.Step{sentrytest.Status(503), sentrytest.OK(), sentrytest.Status(503), sentrytest.Status(500), sentrytest.OK()},
			args:   []string{"--count=5"}, ids: 2,
			says: []string{"3 of 5 events were not delivered\n", "  2 times: server refused event " + anID + " with status 503", "  server refused event " + anID + " with status 500", "fix: the server failed"},
		},
		"rate limited": {
			script: []sentrytest.Step{sentrytest.OK(), sentrytest.Status(429).RetryAfter("30")},
			args:   []string{"--count=4"}, ids: 1,
			says: []string{"3 of 4", `\n  server is rate limiting \(event ` + anID + `, retry after 30s\)`, "2 times: event " + anID + ` was not sent: .*30s|29.\d+s`, "fix: wait"},
		},
		"reset": {
			script: []sentrytest.Step{sentrytest.Reset().Times(3)},
			args:   []string{"--count=3"},
			says:   []string{"3 of 3", "3 times: event " + anID + " did not reach .*connection reset", "fix: the connection was closed without an answer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			srv.Script(tc.script...)
			r := runRaven(t, append(append([]string{"send"}, tc.args...), dsnOf(srv))...)
			g.Expect(r.code).To(Equal(1))
			g.Expect(strings.Fields(r.out)).To(HaveLen(tc.ids), "ids of delivered events only")
			for _, text := range tc.says {
				g.Expect(r.errs).To(MatchRegexp(text))
			}
		})
	}
}

func TestSendToAClosedPort(t *testing.T) {
	g := NewWithT(t)
	addr := nobody(t)
	r := runRaven(t, "send", "--count=3", "http://key:"+secret+"@"+addr+"/1")
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.out).To(BeEmpty())
	g.Expect(r.errs).To(And(ContainSubstring("3 of 3"), ContainSubstring("connection refused"), ContainSubstring("fix: nothing listens on "+addr)))
}

// slow is a registry whose transport takes some time for every packet.
func slow(t *testing.T, each time.Duration) *transport.Registry {
	t.Helper()
	registry := transport.NewRegistry()
	err := registry.RegisterFunc("slow+http", func(*transport.DSN, transport.Env) (transport.Transport, error) {
		return slowTransport(each), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

type slowTransport time.Duration

func (s slowTransport) Send(ctx context.Context, _ *transport.Packet) (*transport.Response, error) {
	select {
	case <-time.After(time.Duration(s)):
		return &transport.Response{Status: 200}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (slowTransport) Close(context.Context) error { return nil }

func TestLongRunsShowProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		r := runWith(t, slow(t, 700*time.Millisecond), "send", "--count=20", "--concurrency=2", "slow+http://key@h/1")
		g.Expect(r.code).To(BeZero())
		g.Expect(r.errs).To(Equal("raven: 4 of 20 delivered, 0 failed, 2s\n" +
			"raven: 10 of 20 delivered, 0 failed, 4s\n" +
			"raven: 16 of 20 delivered, 0 failed, 6s\n" +
			"raven: 20 events delivered in 7s, 3 a second\n"))
	})
}

func TestInterruptedRunCountsUntriedEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		var out, errs bytes.Buffer
		code := run(ctx, []string{"send", "--count=10", "slow+http://key@h/1"}, slow(t, time.Second), &out, &errs)
		g.Expect(code).To(Equal(1))
		g.Expect(strings.Fields(out.String())).To(HaveLen(2))
		g.Expect(errs.String()).To(And(ContainSubstring("8 of 10 events were not delivered"), ContainSubstring("7 were not tried: interrupted")))
	})
}

// full is a writer without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestIDsThatCannotBePrintedAreAnError(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	var errs bytes.Buffer
	g.Expect(run(t.Context(), []string{"send", dsnOf(srv)}, transport.DefaultRegistry(), full{}, &errs)).To(Equal(1))
	g.Expect(errs.String()).To(ContainSubstring("no space left"))
}
