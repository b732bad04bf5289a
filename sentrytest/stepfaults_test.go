package sentrytest_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// over chooses between what a client says over HTTP/1.1 and over HTTP/2.
func over(name, http1, http2 string) string {
	if speaksHTTP2(name) {
		return http2
	}
	return http1
}

// Steps that damage the exchange, over every kind of connection.
func TestWireFaults(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			for _, c := range []struct {
				step     sentrytest.Step
				err      any // what trySend ends with: text, error or matcher
				accepted bool
			}{
				{sentrytest.NotHTTP(), over(name, "malformed HTTP", "http2: frame too large"), false},
				{sentrytest.BadChunking(), over(name, "invalid byte in chunk length", "http2: frame too large"), true},
				{sentrytest.WrongLength(1000), io.ErrUnexpectedEOF, true},
				{sentrytest.ResetAfterRead(0), resetOver(name), false},
				{sentrytest.ResetAfterRead(10), resetOver(name), false},
				{sentrytest.ResetAfterRead(1 << 20), resetOver(name), false},
				{sentrytest.ResetAfterWrite(0), resetOver(name), true},
				// net/http looks past what it has read, and may use the error
				// up with that.
				{sentrytest.ResetAfterWrite(12), Or(MatchError(syscall.ECONNRESET), MatchError(io.ErrUnexpectedEOF)), true},
			} {
				srv.Client().CloseIdleConnections()
				srv.Clear()
				srv.Script(c.step)
				_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
				switch want := c.err.(type) {
				case string:
					g.Expect(err).To(MatchError(ContainSubstring(want)), c.step.String())
				case error:
					g.Expect(err).To(MatchError(want), c.step.String())
				default:
					g.Expect(err).To(want.(OmegaMatcher), c.step.String())
				}
				g.Expect(srv.Requests()).To(HaveLen(1), c.step.String())
				g.Expect(srv.Requests()[0].Answer.Step).To(Equal(c.step.String()))
				g.Expect(len(srv.Events()) == 1).To(Equal(c.accepted), c.step.String())
			}
			g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
		})
	}
}

// The bytes of the answer that do arrive are the first n.
func TestResetAfterWriteSendsTheFirstBytes(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"http": nil, "in memory": {sentrytest.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			srv.Script(sentrytest.ResetAfterWrite(12))
			c, err := srv.DialContext(t.Context(), "", "")
			g.Expect(err).NotTo(HaveOccurred())
			defer c.Close()
			_, err = io.WriteString(c, "POST /api/1/store/?sentry_key=a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}")
			g.Expect(err).NotTo(HaveOccurred())
			text, err := io.ReadAll(c)
			g.Expect(err).To(MatchError(syscall.ECONNRESET))
			g.Expect(string(text)).To(Equal("HTTP/1.1 200"))
		})
	}
}

func TestResetAfterReadReadsNoMore(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.InMemory())
	srv.Script(sentrytest.ResetAfterRead(10))
	_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
	g.Expect(err).To(HaveOccurred())
	g.Expect(srv.Requests()[0].Body).To(Equal(vectorJSON[:10]))
	g.Expect(srv.Rejected()).To(BeEmpty(), "the client is not to blame")
	g.Expect(srv.Requests()[0].String()).To(HaveSuffix("10 bytes -> no answer by script step ResetAfterRead(10)"))
}

func TestWrongLengthThatIsTooShort(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.WrongLength(3))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Post(srv.URL()+storePath+"?sentry_key=a", "", strings.NewReader(vectorJSON))
	g.Expect(err).NotTo(HaveOccurred())
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(Equal(`{"i`))
}

func TestInformational(t *testing.T) {
	t.Parallel()
	for _, step := range []sentrytest.Step{sentrytest.OK(), sentrytest.OK().ThenClose()} {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t)
		srv.Script(step.Informational(100, 103).Informational(102))
		var got []int
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
			Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
				got = append(got, code)
				return nil
			},
		})
		g.Expect(post(ctx, srv)).To(Succeed())
		g.Expect(got).To(Equal([]int{100, 103, 102}))
		g.Expect(srv.Events()).To(HaveLen(1))
	}
}

// A connection that waits to be accepted is one that a client has, but nobody
// answers on.
func TestSlowAccept(t *testing.T) {
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
				srv.Script(sentrytest.SlowAccept(time.Hour), sentrytest.OK().ThenClose(), sentrytest.SlowAccept(time.Minute))
				for _, want := range []time.Duration{time.Hour, time.Minute, 0} {
					start := time.Now()
					g.Expect(post(t.Context(), srv)).To(Succeed())
					g.Expect(time.Since(start)).To(Equal(want))
					synctest.Wait() // until the client knows of the close
				}
				g.Expect(srv.Connections()).To(Equal(2))
			})
		})
	}
}

func TestPacedExchange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(
			sentrytest.SlowRead(10, time.Second), // 62 bytes in 7 pieces
			sentrytest.OK().After(time.Second).BodyAfter(time.Minute),
			sentrytest.OK().BodyAfter(time.Hour).ThenClose(),
		)
		for _, want := range []time.Duration{7 * time.Second, time.Minute + time.Second, time.Hour} {
			start := time.Now()
			g.Expect(post(t.Context(), srv)).To(Succeed())
			g.Expect(time.Since(start)).To(Equal(want))
		}
		g.Expect(srv.Events()).To(HaveLen(3))
		g.Expect(srv.Events()[0].Received.Body).To(Equal(vectorJSON))
	})
}

// Close does not wait for what steps hold up.
func TestCloseEndsHeldConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.SlowRead(1, time.Hour), sentrytest.SlowAccept(time.Hour))
		ended := make(chan error, 2)
		for range 2 {
			go func() { ended <- post(t.Context(), srv) }()
			synctest.Wait()
		}
		start := time.Now()
		g.Expect(srv.Close()).To(Succeed())
		g.Expect(<-ended).To(HaveOccurred())
		g.Expect(<-ended).To(HaveOccurred())
		g.Expect(time.Since(start)).To(BeZero())
		g.Expect(srv.Rejected()).To(HaveLen(1))
		g.Expect(srv.Rejected()[0].String()).To(HaveSuffix("400 incomplete request body: the server went down while it read slowly"))
	})
}

func TestResetConn(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			srv.Script(sentrytest.ResetConn(), sentrytest.OK().ThenClose())
			c, err := srv.DialContext(t.Context(), "", "")
			if err == nil {
				_, err = c.Read(make([]byte, 1))
				g.Expect(c.Close()).To(Succeed())
			}
			g.Expect(err).To(MatchError(syscall.ECONNRESET), "in connecting or reading, whichever is quicker")
			g.Expect(srv.Requests()).To(BeEmpty())
			g.Expect(srv.Connections()).To(Equal(1))
			g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
		})
	}
}

// A request on an open connection takes neither a step for new ones nor those
// behind it.
func TestStepsForConnectionsWaitForOne(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	store(t, srv, vectorJSON)
	srv.Script(sentrytest.SlowAccept(0), sentrytest.Status(503))
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
	srv.Client().CloseIdleConnections()
	g.Expect(store(t, srv, vectorJSON).Status).To(Equal(503))
}

// A stale connection as clients meet it: the server lets go of it when the
// second request is under way.
func TestStaleKeepAlive(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.OK(), sentrytest.CloseConn())
	store(t, srv, vectorJSON)
	_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
	g.Expect(errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%v", err)
	g.Expect(srv.Requests()[1].Connection).To(Equal(1))
}

func TestStepFaultTexts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for want, step := range map[string]sentrytest.Step{
		`ResetAfterRead(5)`:              sentrytest.ResetAfterRead(5),
		`ResetAfterWrite(0)`:             sentrytest.ResetAfterWrite(-1),
		`NotHTTP()`:                      sentrytest.NotHTTP(),
		`BadChunking()`:                  sentrytest.BadChunking(),
		`WrongLength(7)`:                 sentrytest.WrongLength(7),
		`SlowRead(1024, 1s)`:             sentrytest.SlowRead(1024, time.Second),
		`SlowAccept(1s)`:                 sentrytest.SlowAccept(time.Second),
		`ResetConn().Optional()`:         sentrytest.ResetConn().Optional(),
		`OK().BodyAfter(1s)`:             sentrytest.OK().BodyAfter(time.Second),
		`Status(503).Informational(103)`: sentrytest.Status(503).Informational(103),
	} {
		g.Expect(step.String()).To(Equal(want))
	}
	g.Expect(func() { sentrytest.SlowRead(0, time.Second) }).To(PanicWith(
		"sentrytest: SlowRead(0, 1s) counts too few bytes: want at least 1"))
	g.Expect(func() { sentrytest.OK().Informational(101) }).To(PanicWith(
		"sentrytest: Informational(101) is not a status that precedes an answer: 100 to 199, but for 101"))
	base := sentrytest.OK().Informational(100)
	_, _ = base.Informational(102), base.Informational(103)
	g.Expect(base.String()).To(Equal("OK().Informational(100)"))
}

// What NotHTTP sends is another protocol's greeting, word for word.
func TestNotHTTPIsAGreeting(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.NotHTTP())
	c, err := net.Dial("tcp", srv.Addr())
	g.Expect(err).NotTo(HaveOccurred())
	defer c.Close()
	req, err := http.NewRequest("POST", srv.URL()+storePath, strings.NewReader("{}"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(req.Write(c)).To(Succeed())
	line, err := bufio.NewReader(c).ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(line).To(Equal("220 mail.example.com ESMTP ready\r\n"))
}
