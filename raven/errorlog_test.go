package raven_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// logbook holds a client's log records, without the time.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logbook) lines() []string { return strings.Split(strings.TrimSuffix(l.String(), "\n"), "\n") }

func newLog() (*logbook, raven.Option) { return newLogAt(slog.LevelInfo) }

func newLogAt(level slog.Level) (*logbook, raven.Option) {
	logs := new(logbook)
	return logs, raven.WithLogger(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
}

func TestTheLogOfALostEvent(t *testing.T) {
	for _, dsn := range []string{testDSN, storeDSN} {
		for _, tt := range []struct {
			name   string
			report func(*raven.Client) string
			want   string
		}{
			{"an error", func(c *raven.Client) string { return c.CaptureException(t.Context(), gone{"the disk"}) }, `event="raven_test\.gone: the disk is gone" frames="\[\S+/errorlog_test\.go:\d+ in TestTheLogOfALostEvent\.func\d+ .+`},
			{"a message", func(c *raven.Client) string { return c.CaptureMessage(t.Context(), "%d left", raven.Params{3}) }, `event="3 left"`},
			{"an event", func(c *raven.Client) string { return c.Capture(t.Context(), given("work", "lib")) }, `event="T: " frames="\[:0 in lib :0 in work :0 in main\]"`},
		} {
			t.Run(tt.name+" "+dsn, func(t *testing.T) {
				g := NewWithT(t)
				logs, log := newLog()
				c, rec := newRecorded(t, dsn, log)
				rec.answer = answerWith("", &transport.APIError{Status: 403, Message: "project is gone", EventID: "E"})
				id := tt.report(c)
				g.Expect(logs.lines()).To(HaveExactElements(MatchRegexp(
					`^level=ERROR msg="raven: event not delivered" error="transport: server refused event E with status 403: project is gone" outcome=rejected ` +
						`advice="compare the DSN with the project's settings in Sentry \(Client Keys\): is public the key of project 42, and is it enabled\?" ` +
						`host=sentry.example.com event_id=` + id + ` ` + tt.want + `$`)))
				g.Expect(logs.String()).NotTo(ContainSubstring("sesame"))
			})
		}
	}
}

func TestFailuresAreLoggedOnceABurst(t *testing.T) {
	for _, kind := range []string{"blocking", "queued"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				q := new(queue)
				tr, rec := transport.Transport(q), &q.recorder
				if kind == "blocking" {
					rec = new(recorder)
					tr = rec
				}
				logs, log := newLog()
				c := newOver(t, tr, testDSN, log)
				capture := func(err error) int {
					rec.answer = answerWith("", err)
					c.CaptureMessage(t.Context(), "x")
					_ = c.Flush(t.Context()) // another test checks the error
					return strings.Count(logs.String(), "\n")
				}
				g.Expect(capture(nil)).To(Equal(0))
				g.Expect(capture(errDown)).To(Equal(1))
				g.Expect(capture(errDown)).To(Equal(1), "held back")
				time.Sleep(2 * time.Second)
				g.Expect(capture(errDown)).To(Equal(1), "tried again")
				time.Sleep(5 * time.Second)
				g.Expect(capture(nil)).To(Equal(2))
				g.Expect(logs.lines()[1]).To(Equal(`level=WARN msg="raven: events are delivered again" lost=3 for=2s`))
				g.Expect(capture(nil)).To(Equal(2))
				g.Expect(capture(errDown)).To(Equal(3))
				g.Expect(logs.lines()[2]).To(HavePrefix("level=ERROR"))
				g.Expect(c.Close(t.Context())).To(Succeed())
				g.Expect(logs.lines()[3]).To(Equal(`level=WARN msg="raven: closed; events were lost (including those Flush reported)" lost=1`))
			})
		})
	}
}

func TestCloseWithAContextThatHasEnded(t *testing.T) {
	const ended = "the context given to Close had already ended; in a test, t.Context() ends before Cleanup runs"
	g := NewWithT(t)
	tr, err := transport.NewThreaded(patient{new(recorder)}, transport.ThreadedConfig{Workers: 1})
	g.Expect(err).NotTo(HaveOccurred())
	logs, log := newLogAt(slog.LevelDebug)
	c, err := raven.New(testDSN, raven.WithTransport(tr), log)
	g.Expect(err).NotTo(HaveOccurred())
	for range 3 {
		c.CaptureMessage(t.Context(), "x")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(c.Close(ctx)).To(MatchError("raven: events lost since the last Flush: 3 (closed 3); transport: undelivered packets: 3 abandoned: context canceled (" + ended + ")"))
	g.Expect(logs.lines()[:3]).To(HaveEach(And(ContainSubstring("context canceled"), ContainSubstring(ended), Not(ContainSubstring("deadline")))))
	c.CaptureMessage(t.Context(), "too late")
	g.Expect(logs.lines()).To(HaveLen(5))
	g.Expect(logs.lines()[4]).To(ContainSubstring("close the client last"))
}

// patient is a transport whose server never answers.
type patient struct{ *recorder }

func (patient) Send(ctx context.Context, _ *transport.Packet) (*transport.Response, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Losses interleaved with successes are a burst too.
func TestAFullQueueIsLoggedOnceABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		logs, log := newLog()
		c, rec := newRecorded(t, testDSN, log)
		capture := func(err error) {
			rec.answer = answerWith("", err)
			c.CaptureMessage(t.Context(), "x")
		}
		for range 5 {
			capture(transport.ErrQueueFull)
			capture(&transport.APIError{Status: 413})
			time.Sleep(time.Second)
			capture(nil)
		}
		g.Expect(logs.lines()).To(HaveExactElements(ContainSubstring(`outcome=queue_full advice="if these come in bursts, raise the limit named in the error, or let captures wait with overflow=block in the DSN`)))
		time.Sleep(10 * time.Second)
		capture(nil)
		g.Expect(logs.lines()[1:]).To(HaveExactElements(`level=WARN msg="raven: events are delivered again" lost=10 for=4s`))
	})
}

func TestEveryLostEventIsThereForWhoWantsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		logs, log := newLogAt(slog.LevelDebug)
		c, rec := newRecorded(t, testDSN, log)
		rec.answer = answerWith("", errDown)
		for i := range 3 {
			c.CaptureMessage(t.Context(), fmt.Sprint("message ", i))
		}
		g.Expect(logs.lines()).To(HaveExactElements(
			And(HavePrefix("level=ERROR"), ContainSubstring(`outcome=rejected`), HaveSuffix(`event="message 0"`)),
			And(HavePrefix("level=DEBUG"), ContainSubstring(`outcome=backoff`), HaveSuffix(`event="message 1"`)),
			And(HavePrefix("level=DEBUG"), ContainSubstring(`error="nothing is sent until after`), HaveSuffix(`event="message 2"`)),
		))
	})
}

func TestAnInvalidEventIsLogged(t *testing.T) {
	g := NewWithT(t)
	logs, log := newLog()
	c, _ := newRecorded(t, testDSN, log)
	c.CaptureMessage(t.Context(), "x", breaking)
	g.Expect(logs.String()).To(And(HavePrefix(`level=ERROR msg="raven: event not delivered" error="it could not be built: value method`), ContainSubstring("outcome=invalid")))
}

// The log has advice for each failure of a network. The servers are real.
func TestTheLogSaysWhatToDo(t *testing.T) {
	unused, err := net.Listen("tcp", "127.0.0.1:0")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	nobody := unused.Addr().String()
	NewWithT(t).Expect(unused.Close()).To(Succeed())
	tls := func(opts ...sentrytest.Option) func(*testing.T) string {
		return func(t *testing.T) string {
			srv := sentrytest.NewTLSServer(t, opts...)
			return srv.DSN(sentrytest.DSNScheme("sync"), sentrytest.DSNSecret("sesame"), sentrytest.DSNParam("ca_certs", srv.CACertFile()))
		}
	}
	answer := func(step sentrytest.Step, opts ...sentrytest.DSNOption) func(*testing.T) string {
		return func(t *testing.T) string {
			srv := sentrytest.NewServer(t)
			srv.Script(step)
			return srv.DSN(append(opts, sentrytest.DSNScheme("sync"), sentrytest.DSNSecret("sesame"))...)
		}
	}
	at := func(dsn string) func(*testing.T) string { return func(*testing.T) string { return dsn } }
	for _, tt := range []struct {
		name string
		dsn  func(*testing.T) string
		says []string
	}{
		{"unknown authority", tls(sentrytest.UnknownCA()), []string{`certificate="signed by an unknown authority"`, "add the certificate of the CA that signed", "verify_ssl=0"}},
		{"expired", tls(sentrytest.Expired()), []string{"certificate=expired", "the certificate expired on", "must be renewed"}},
		{"not yet valid", tls(sentrytest.NotYetValid()), []string{`certificate="not yet valid"`, "the certificate becomes valid on"}},
		{"another host", tls(sentrytest.WrongHost()), []string{`certificate="for another host name"`, "in the DSN with one of the certificate's names"}},
		{"client certificate", tls(sentrytest.ClientCertRequired()), []string{`certificate="the server requires one from its clients"`, "client_cert=/path/to/cert.pem&client_key=/path/to/key.pem"}},
		{"401", answer(sentrytest.Status(401)), []string{"compare the DSN with the project's settings"}},
		{"413", answer(sentrytest.Status(413)), []string{"outcome=too_large", "send less data in an event"}},
		{"429", answer(sentrytest.Status(429).RetryAfter("7")), []string{"outcome=rate_limited", "retry after 7s", "check the project's quota"}},
		{"503", answer(sentrytest.Status(503)), []string{"the server failed"}},
		{"no answer", answer(sentrytest.Hang().Optional(), sentrytest.DSNParam("timeout", "0.2")), []string{"outcome=network", "the server took more than 200ms", "timeout=SECONDS"}},
		{"nobody listens", at("sync+http://key:sesame@" + nobody + "/1"), []string{"nothing listens on " + nobody, "host=" + nobody}},
		{"no such host", at("sync+http://key:sesame@nonexistent.invalid/1?proxy=none&timeout=2"), []string{"nonexistent.invalid", "advice="}},
		{"a dead proxy", at("sync+http://key:sesame@sentry.example.com/1?proxy=http://user:sesame@" + nobody), []string{"check that the proxy runs", "proxy=none"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			logs, log := newLog()
			c, err := raven.New(tt.dsn(t), log)
			g.Expect(err).NotTo(HaveOccurred())
			c.CaptureMessage(t.Context(), "x")
			g.Expect(logs.lines()).To(HaveLen(1))
			for _, text := range tt.says {
				g.Expect(logs.String()).To(ContainSubstring(text))
			}
			g.Expect(logs.String()).NotTo(ContainSubstring("sesame"))
			var loss *raven.LossError
			g.Expect(errors.As(c.Close(context.Background()), &loss)).To(BeTrue())
		})
	}
}
