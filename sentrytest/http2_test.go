package sentrytest_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// http2Servers offer HTTP/2 in all the ways in which they can be reached.
var http2Servers = map[string][]sentrytest.Option{
	"sockets":       {sentrytest.HTTP2()},
	"in memory":     {sentrytest.HTTP2(), sentrytest.InMemory()},
	"TLS 1.2":       {sentrytest.HTTP2(), sentrytest.TLS12Only()},
	"two listeners": {sentrytest.HTTP2(), sentrytest.ListenTLS("")},
}

// chosen is the protocol that a client gets which offers the given ones, best
// first.
func chosen(t *testing.T, srv *sentrytest.Server, offers ...string) string {
	t.Helper()
	raw, err := srv.DialContext(t.Context(), "tcp", strings.TrimPrefix(srv.TLSURL(), "https://"))
	if err != nil {
		t.Fatal(err)
	}
	c := tls.Client(raw, &tls.Config{RootCAs: srv.CertPool(), ServerName: "localhost", NextProtos: offers})
	defer c.Close()
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.ConnectionState().NegotiatedProtocol
}

func TestHTTP2IsOffered(t *testing.T) {
	t.Parallel()
	for name, opts := range http2Servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			g.Expect(chosen(t, srv, "h2", "http/1.1")).To(Equal("h2"))
			g.Expect(chosen(t, srv, "http/1.1", "h2")).To(Equal("h2"), "the server's order counts")
			g.Expect(chosen(t, srv, "http/1.1")).To(Equal("http/1.1"))
			g.Expect(chosen(t, srv)).To(BeEmpty())
		})
	}
}

// A server without the option offers HTTP/1.1 alone, whatever else it is.
func TestHTTP2IsNotOfferedUnasked(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{
		"sockets":       {sentrytest.Trusted()},
		"in memory":     {sentrytest.Trusted(), sentrytest.InMemory()},
		"two listeners": {sentrytest.ListenTLS("")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			g.Expect(chosen(t, srv, "h2", "http/1.1")).To(Equal("http/1.1"))
		})
	}
}

// Every request says how it came.
func TestProtoIsRecorded(t *testing.T) {
	t.Parallel()
	for name, opts := range http2Servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			old := &http.Client{Transport: &http.Transport{
				DialContext: srv.DialContext, TLSClientConfig: &tls.Config{RootCAs: srv.CertPool()},
			}}
			defer old.CloseIdleConnections()
			for _, client := range []*http.Client{srv.Client(), old} {
				resp, err := client.Post(srv.TLSURL()+storePath+"?sentry_key=a", "", strings.NewReader(vectorJSON))
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(resp.Body.Close()).To(Succeed())
			}
			requests := srv.Requests()
			g.Expect(requests).To(HaveLen(2))
			g.Expect(requests[0].Proto).To(Equal("HTTP/2.0"))
			g.Expect(requests[0].String()).To(Equal("POST /api/1/store/ over HTTP/2.0, 62 bytes -> 200"))
			g.Expect(requests[1].Proto).To(Equal("HTTP/1.1"))
			g.Expect(requests[1].String()).To(Equal("POST /api/1/store/, 62 bytes -> 200"))
			g.Expect(requests[0].TLS && requests[1].TLS).To(BeTrue())
			g.Expect(srv.Connections()).To(Equal(2))
		})
	}
}

func TestHTTP2Contradictions(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := sentrytest.Start(sentrytest.HTTP2(), sentrytest.PlainHTTP())
	g.Expect(err).To(MatchError(ContainSubstring("PlainHTTP and HTTP2 exclude each other")))
	_, err = sentrytest.Start(sentrytest.HTTP2(), sentrytest.TLS10Only())
	g.Expect(err).To(MatchError(ContainSubstring("TLS10Only and HTTP2 exclude each other")))
}

// inHTTP2Bubble runs the test in a bubble, with a server that offers HTTP/2 and
// on which one connection is open.
func inHTTP2Bubble(t *testing.T, test func(t *testing.T, g *WithT, srv *sentrytest.Server)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		srv := sentrytest.NewServer(t, sentrytest.HTTP2(), sentrytest.InMemory())
		if err := post(t.Context(), srv); err != nil {
			t.Fatal(err)
		}
		test(t, NewWithT(t), srv)
	})
}

// under starts a request, and returns when the server has it, or has answered
// it.
func under(ctx context.Context, srv *sentrytest.Server) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- post(ctx, srv) }()
	synctest.Wait()
	return ended
}

// Requests on one connection do not wait for each other.
func TestHTTP2SideBySide(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		srv.Script(sentrytest.OK().After(time.Minute).Times(100))
		start := time.Now()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { g.Expect(post(t.Context(), srv)).To(Succeed()) })
		}
		all.Wait()
		g.Expect(time.Since(start)).To(Equal(time.Minute))
		g.Expect(srv.Events()).To(HaveLen(101))
		g.Expect(srv.Connections()).To(Equal(1))
		g.Expect(srv.Requests()[100].Connection).To(Equal(1))
	})
}

// Steps that take their time take the same over HTTP/2.
func TestHTTP2Paces(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		for _, c := range []struct {
			step sentrytest.Step
			want time.Duration
		}{
			{sentrytest.SlowRead(10, time.Second), 7 * time.Second},
			{sentrytest.OK().After(time.Second).BodyAfter(time.Minute), 61 * time.Second},
			{sentrytest.SlowBody(time.Second).Body("12345"), 5 * time.Second},
			{sentrytest.WrongLength(2).Body("12").BodyAfter(time.Hour), time.Hour},
			{sentrytest.OK().Informational(103).BodyAfter(time.Hour), time.Hour},
			{sentrytest.OK().BodyAfter(time.Hour).ThenClose(), time.Hour},
		} {
			srv.Script(c.step)
			start := time.Now()
			g.Expect(post(t.Context(), srv)).To(Succeed(), c.step.String())
			g.Expect(time.Since(start)).To(Equal(c.want), c.step.String())
		}
	})
}

// Steps that end one request leave the others on its connection alone.
func TestHTTP2StreamFaults(t *testing.T) {
	for name, c := range map[string]struct {
		step sentrytest.Step
		err  string
	}{
		"ResetStream": {sentrytest.ResetStream(), "stream error: stream ID 5; INTERNAL_ERROR; received from peer"},
		"Truncate":    {sentrytest.Truncate(3), "stream error: stream ID 5; INTERNAL_ERROR; received from peer"},
		"WrongLength": {sentrytest.WrongLength(1000), "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
				srv.Script(sentrytest.OK().After(time.Minute), c.step)
				slow := under(t.Context(), srv)
				g.Expect(<-under(t.Context(), srv)).To(MatchError(ContainSubstring(c.err)))
				g.Expect(<-slow).To(Succeed())
				g.Expect(post(t.Context(), srv)).To(Succeed())
				g.Expect(srv.Connections()).To(Equal(1))
			})
		})
	}
}

// Steps that end the connection end everything on it.
func TestHTTP2ConnectionFaults(t *testing.T) {
	for name, step := range map[string]sentrytest.Step{
		"Reset":           sentrytest.Reset(),
		"CloseConn":       sentrytest.CloseConn(),
		"ResetAfterRead":  sentrytest.ResetAfterRead(3),
		"ResetAfterWrite": sentrytest.ResetAfterWrite(3),
		"NotHTTP":         sentrytest.NotHTTP(),
		"BadChunking":     sentrytest.BadChunking(),
	} {
		t.Run(name, func(t *testing.T) {
			inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
				srv.Script(sentrytest.OK().After(time.Minute), step)
				slow := under(t.Context(), srv)
				start := time.Now()
				g.Expect(<-under(t.Context(), srv)).NotTo(Succeed())
				g.Expect(<-slow).NotTo(Succeed())
				g.Expect(time.Since(start)).To(BeZero())
				g.Expect(post(t.Context(), srv)).To(Succeed())
				g.Expect(srv.Connections()).To(Equal(2))
			})
		})
	}
}

// A connection whose server says goodbye takes no new requests, and answers
// those that it has.
func TestGoAway(t *testing.T) {
	for name, step := range map[string]sentrytest.Step{
		"step":   sentrytest.GoAway(),
		"header": sentrytest.Status(200).Header("Connection", "close"),
	} {
		t.Run(name, func(t *testing.T) {
			inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
				srv.Script(sentrytest.OK().After(time.Minute), step)
				slow := under(t.Context(), srv)
				g.Expect(<-under(t.Context(), srv)).To(Succeed())
				g.Expect(post(t.Context(), srv)).To(Succeed())
				g.Expect(<-slow).To(Succeed())
				var on []int
				for _, r := range srv.Requests() {
					on = append(on, r.Connection)
				}
				g.Expect(on).To(Equal([]int{1, 1, 1, 2}))
			})
		})
	}
}

// Over HTTP/1.1 a server says goodbye in a header.
func TestGoAwayOverHTTP1(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.GoAway())
	resp, err := srv.Client().Post(srv.URL()+storePath+"?sentry_key=a", "", strings.NewReader(vectorJSON))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	g.Expect(resp.Close).To(BeTrue())
	store(t, srv, vectorJSON)
	g.Expect(srv.Connections()).To(Equal(2))
	g.Expect(srv.Events()).To(HaveLen(2))
}

// A connection closes unannounced when everything on it has been answered.
func TestHTTP2ThenClose(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		srv.Script(sentrytest.OK().After(time.Minute), sentrytest.OK().ThenClose())
		slow := under(t.Context(), srv)
		g.Expect(<-under(t.Context(), srv)).To(Succeed())
		g.Expect(post(t.Context(), srv)).To(Succeed())
		g.Expect(srv.Connections()).To(Equal(1), "one answer is missing")
		g.Expect(<-slow).To(Succeed())
		synctest.Wait()
		// The last frame of this one would fill the server's buffer, and leave
		// nothing for the next write.
		srv.Script(sentrytest.OK().Body(strings.Repeat("x", 4090)).ThenClose())
		g.Expect(post(t.Context(), srv)).To(Succeed())
		g.Expect(srv.Connections()).To(Equal(2))
		synctest.Wait()
		g.Expect(post(t.Context(), srv)).To(Succeed())
		g.Expect(srv.Connections()).To(Equal(3))
	})
}

// What was sent before a reset arrives, in memory at least.
func TestHTTP2ResetAfterWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.HTTP2(), sentrytest.InMemory())
		// The answer over HTTP/1.1 ends after less than a kilobyte.
		srv.Script(sentrytest.ResetAfterWrite(2000).Body(strings.Repeat("x", 4000)))
		r, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
		g.Expect(err).To(HaveOccurred())
		g.Expect(r.Status).To(Equal(200))
		g.Expect(len(r.Body)).To(And(BeNumerically(">", 1000), BeNumerically("<", 2000)))
	})
}

func TestHTTP2WrongLengthThatIsTooShort(t *testing.T) {
	inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
		srv.Script(sentrytest.WrongLength(5))
		r, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
		g.Expect(err).To(MatchError(ContainSubstring("more than declared Content-Length")))
		g.Expect(r.Header.Get("Content-Length")).To(Equal("5"))
		g.Expect(r.Body).To(Equal(`{"id"`))
	})
}

// Close and Down end what hangs, and nothing of a stream outlasts them.
func TestHTTP2Ends(t *testing.T) {
	for name, end := range map[string]func(*sentrytest.Server){
		"Close": func(s *sentrytest.Server) { _ = s.Close() },
		"Down":  (*sentrytest.Server).Down,
	} {
		t.Run(name, func(t *testing.T) {
			inHTTP2Bubble(t, func(t *testing.T, g *WithT, srv *sentrytest.Server) {
				srv.Script(
					sentrytest.Hang(), sentrytest.OK().After(time.Hour), sentrytest.StallBody(), sentrytest.SlowBody(time.Hour),
					sentrytest.OK().BodyAfter(time.Hour).ThenClose(), sentrytest.BlackHole(),
				)
				var ends []<-chan error
				for range 6 {
					ends = append(ends, under(t.Context(), srv))
				}
				start := time.Now()
				end(srv)
				for _, ended := range ends {
					g.Expect(<-ended).NotTo(Succeed())
				}
				g.Expect(time.Since(start)).To(BeZero())
				g.Expect(srv.WaitIdle(t.Context())).To(Succeed())
			})
		})
	}
}
