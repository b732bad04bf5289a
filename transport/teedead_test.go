package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// logged collects log output.
type logged struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *logged) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

// lines returns the lines logged since the last call.
func (l *logged) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.out.String())
	l.out.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

// place is a server without sockets, with a host name.
type place struct {
	*sentrytest.Server
	host string
}

func newPlace(t testing.TB, host string) place {
	return place{sentrytest.NewServer(t, sentrytest.InMemory()), host}
}

func (p place) dsn(options ...sentrytest.DSNOption) string {
	dsn := p.DSN(append(options, sentrytest.DSNParam("proxy", "none"))...)
	return strings.Replace(dsn, p.Addr(), p.host, 1)
}

// dialling returns a dialer that connects each host to its place.
func dialling(places ...place) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		for _, p := range places {
			if p.host+":80" == addr {
				return p.DialContext(ctx, network, addr)
			}
		}
		return nil, fmt.Errorf("no server is called %s", addr)
	}
}

func every(step sentrytest.Step) func(*sentrytest.Server) {
	return func(srv *sentrytest.Server) { srv.Rule(sentrytest.When().Do(step).Optional()) }
}

// With a dead server beside a healthy one, in either order, the healthy one
// gets everything at once.
func TestADeadTargetDoesNotAffectTheHealthyOne(t *testing.T) {
	for name, fault := range map[string]struct {
		begin func(*sentrytest.Server)
		held  bool // nothing is lost
	}{
		"refused":    {(*sentrytest.Server).Down, true},
		"black hole": {every(sentrytest.Hang()), true},
		"503":        {every(sentrytest.Status(503)), true},
		"403":        {every(sentrytest.Status(403)), false},
		"429":        {every(sentrytest.Status(429).RetryAfter("60")), false},
	} {
		for _, order := range []string{"the main target is dead", "the other is dead"} {
			t.Run(name+": "+order, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					healthy, dead := newPlace(t, "healthy.test"), newPlace(t, "dead.test")
					fault.begin(dead.Server)
					servers := []place{dead, healthy}
					if order == "the other is dead" {
						slices.Reverse(servers)
					}
					own, other := servers[0], servers[1]
					logs := new(logged)
					dsn := own.dsn(sentrytest.DSNScheme("tee"), sentrytest.DSNParam("to", other.dsn(sentrytest.DSNSecret("OTHERSECRET"))))
					tr := open(t, dsn, transport.Env{DialContext: dialling(servers...), Logger: logs.logger()}).(*transport.Tee)

					o := new(outcomes)
					begun := time.Now()
					for i := range 10 {
						id := fmt.Sprintf("%032x", i)
						tr.SendAsync(t.Context(), packet(t, dsn, id), o.done(id))
					}
					synctest.Wait()
					g.Expect(healthy.Events()).To(HaveLen(10))
					g.Expect(time.Since(begun)).To(BeZero())
					time.Sleep(6 * time.Second) // past the time-out
					synctest.Wait()

					stats := tr.Stats()
					g.Expect([]string{stats[0].Host, stats[1].Host}).To(Equal([]string{own.host, other.host}))
					i := slices.Index(servers, healthy)
					g.Expect(stats[i]).To(Equal(transport.TargetStats{Host: healthy.host, Delivered: 10}))
					g.Expect(stats[1-i].Delivered).To(BeZero())
					g.Expect(stats[1-i].Waiting + int(stats[1-i].Failed)).To(Equal(10))
					g.Expect(stats[1-i].Failed == 0).To(Equal(fault.held))

					if own == dead {
						g.Expect(o.len()).To(Equal(int(stats[0].Failed)), "the outcome is the main target's")
						g.Expect(tr.HoldState().Paused).To(BeTrue())
						g.Expect(logs.lines()).To(BeEmpty(), "the sender receives the error")
						return
					}
					g.Expect(o.len()).To(Equal(10))
					for i := range 10 {
						g.Expect(o.get(fmt.Sprintf("%032x", i))).To(Equal([]error{nil}))
					}
					g.Expect(tr.HoldState()).To(BeZero())
					lines := logs.lines()
					g.Expect(lines).To(HaveLen(1))
					g.Expect(lines[0]).To(And(
						HavePrefix(`level=ERROR msg="transport: tee: events don't reach the target" host=`+dead.host+" error="),
						Not(ContainSubstring("OTHERSECRET"))))
					g.Expect(stats[1].Err).To(HaveOccurred())

					g.Expect(tr.Close(t.Context())).To(Succeed(), "the main target has lost nothing")
					g.Expect(tr.Stats()[1].Failed).To(Equal(uint64(10)))
					lines = logs.lines()
					g.Expect(lines).To(HaveLen(1))
					g.Expect(lines[0]).To(And(
						HavePrefix(`level=WARN msg="transport: tee: closed; some events did not reach the target" host=`+dead.host+" lost=10 "),
						Not(ContainSubstring("OTHERSECRET"))))
				})
			})
		}
	}
}

func TestATargetThatComesBackGetsWhatItMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		own, other := newPlace(t, "own.test"), newPlace(t, "other.test")
		logs := new(logged)
		dsn := own.dsn(sentrytest.DSNScheme("tee"), sentrytest.DSNParam("to", other.dsn()))
		tr := open(t, dsn, transport.Env{DialContext: dialling(own, other), Logger: logs.logger()}).(*transport.Tee)
		other.Down()
		for i := range 10 {
			tr.SendAsync(t.Context(), packet(t, dsn, fmt.Sprintf("%032x", i)), nil)
		}
		time.Sleep(10 * time.Second)
		g.Expect(other.Up()).To(Succeed())
		time.Sleep(20 * time.Second)
		synctest.Wait()
		g.Expect(other.Events()).To(HaveLen(10))
		g.Expect(tr.Stats()[1]).To(And(HaveField("Delivered", uint64(10)), HaveField("Failed", uint64(0)), HaveField("Waiting", 0)))
		lines := logs.lines()
		g.Expect(lines).To(HaveLen(2))
		g.Expect(lines[1]).To(MatchRegexp(`^level=WARN msg="transport: tee: events are delivered to the target again" host=%s lost=0 for=1[0-9.]+s$`, other.host))
	})
}

// A limit or a refusal affects only its own target.
func TestALimitAppliesToItsTargetOnly(t *testing.T) {
	for name, step := range map[string]sentrytest.Step{
		"429":                  sentrytest.Status(429).RetryAfter("60"),
		"a limit beside a 200": sentrytest.OK().RateLimits("60:error:organization"),
		"403":                  sentrytest.Status(403),
	} {
		for _, limited := range []int{0, 1} {
			t.Run(fmt.Sprint(name, " of target ", limited), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := NewWithT(t)
					servers := []place{newPlace(t, "own.test"), newPlace(t, "other.test")}
					servers[limited].Script(step)
					dsn := servers[0].dsn(sentrytest.DSNScheme("tee"), sentrytest.DSNParam("to", servers[1].dsn()))
					tr := open(t, dsn, transport.Env{DialContext: dialling(servers...), Logger: quiet}).(*transport.Tee)
					for i := range 5 {
						tr.SendAsync(t.Context(), packet(t, dsn, fmt.Sprintf("%032x", i)), nil)
						synctest.Wait()
					}
					g.Expect(servers[1-limited].Events()).To(HaveLen(5))
					g.Expect(len(servers[limited].Requests())).To(Equal(1), "one attempt")
				})
			})
		}
	}
}

func TestTheLogHasNoSecrets(t *testing.T) {
	g := NewWithT(t)
	logs := new(logged)
	own := sentrytest.NewServer(t)
	to := "sync+http://key:OTHERSECRET@127.0.0.1:1/1?proxy=" + url.QueryEscape("http://user:PASSWORD@127.0.0.1:1")
	dsn := own.DSN(sentrytest.DSNScheme("tee"), sentrytest.DSNSecret("OWNSECRET"), sentrytest.DSNParam("to", to))
	tr := open(t, dsn, transport.Env{Logger: logs.logger()}).(*transport.Tee)
	tr.SendAsync(t.Context(), packet(t, dsn, eventID), nil)
	g.Expect(tr.Close(t.Context())).To(Succeed())
	lines := logs.lines()
	g.Expect(lines).To(HaveLen(2))
	for _, line := range lines {
		g.Expect(line).To(And(ContainSubstring("host=127.0.0.1:1"), Not(ContainSubstring("SECRET")), Not(ContainSubstring("PASSWORD"))))
	}
}
