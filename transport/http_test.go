package transport_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// serve starts a server and returns a DSN of sync+http for it.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	return "sync+http://k@" + srv.Listener.Addr().String() + "/1"
}

// until blocks until the client has closed the connection or the test has
// ended.
func until(t *testing.T) func(*http.Request) {
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	return func(r *http.Request) {
		// The server notices a closed connection only after the body.
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}
}

func TestATimeoutBoundsTheWholeAnswer(t *testing.T) {
	for name, handler := range map[string]func(hang func(*http.Request)) http.HandlerFunc{
		"no answer": func(hang func(*http.Request)) http.HandlerFunc {
			return func(_ http.ResponseWriter, r *http.Request) { hang(r) }
		},
		"a body that stalls": func(hang func(*http.Request)) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "100")
				_, _ = io.WriteString(w, `{"id":`)
				_ = http.NewResponseController(w).Flush()
				hang(r)
			}
		},
	} {
		for _, scheme := range []string{"sync+http", "http"} {
			t.Run(name+" over "+scheme, func(t *testing.T) {
				g := NewWithT(t)
				dsn := strings.Replace(serve(t, handler(until(t))), "sync+http", scheme, 1)
				tr := open(t, dsn+"?timeout=0.05", transport.Env{})
				_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
				g.Expect(err).To(MatchError(context.DeadlineExceeded))
				var n net.Error
				g.Expect(errors.As(err, &n)).To(BeTrue())
				g.Expect(n.Timeout()).To(BeTrue())
				g.Expect(transport.Retryable(err)).To(BeTrue())
				g.Expect(err.Error()).To(ContainSubstring("event " + eventID + ": no complete answer from 127.0.0.1:"))
			})
		}
	}
}

func TestTheCallersContextEndsASend(t *testing.T) {
	g := NewWithT(t)
	hang := until(t)
	ctx, cancel := context.WithCancel(t.Context())
	dsn := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		hang(r)
	})
	_, err := open(t, dsn, transport.Env{}).Send(ctx, packet(t, dsn, eventID))
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(transport.Retryable(err)).To(BeFalse())
}

func TestARefusedConnectionIsANetworkError(t *testing.T) {
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
	dsn := "sync+http://k:SECRET@" + l.Addr().String() + "/1"
	_, err = open(t, dsn, transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
	var network *transport.NetworkError
	g.Expect(errors.As(err, &network)).To(BeTrue())
	g.Expect(network.Host).To(Equal(l.Addr().String()))
	var op *net.OpError
	g.Expect(errors.As(err, &op)).To(BeTrue())
	g.Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
}

func TestConnectionsAreReused(t *testing.T) {
	for name, answer := range map[string]string{
		"after a short answer": `{"id":"x"}`,
		"after a long answer":  strings.Repeat("x", 100<<10),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var conns atomic.Int32
			srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, answer)
			}))
			srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
				if s == http.StateNew {
					conns.Add(1)
				}
			}
			srv.Start()
			t.Cleanup(srv.Close)
			dsn := "sync+http://k@" + srv.Listener.Addr().String() + "/1"
			tr := open(t, dsn, transport.Env{})
			for range 5 {
				_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(conns.Load()).To(Equal(int32(1)))

			fresh := open(t, dsn+"?keepalive=0", transport.Env{})
			for range 3 {
				_, err := fresh.Send(t.Context(), packet(t, dsn, eventID))
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(conns.Load()).To(Equal(int32(4)))
		})
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	dsn := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	})
	_, err := open(t, dsn, transport.Env{}).Send(t.Context(), packet(t, dsn, eventID))
	var api *transport.APIError
	g.Expect(errors.As(err, &api)).To(BeTrue())
	g.Expect(api.Status).To(Equal(http.StatusFound))
	g.Expect(requests.Load()).To(Equal(int32(1)))
}

// An event must not be lost because the server closed a kept connection.
func TestAStaleConnectionIsReplacedOnce(t *testing.T) {
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	var requests atomic.Int32
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerOnce(c, &requests)
		}
	}()
	dsn := "sync+http://k@" + l.Addr().String() + "/1"
	tr := open(t, dsn, transport.Env{})
	for range 3 {
		_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(requests.Load()).To(Equal(int32(5)), "three answered, two died on a kept connection")
	g.Expect(tr.Close(t.Context())).To(Succeed())
	g.Expect(l.Close()).To(Succeed())
	<-ended
}

// answerOnce answers the first request of a connection and closes it on the
// second.
func answerOnce(c net.Conn, requests *atomic.Int32) {
	defer c.Close()
	in := bufio.NewReader(c)
	for i := range 2 {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		requests.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		if i == 0 {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		}
	}
}

func TestCloseOfHTTP(t *testing.T) {
	t.Run("waits for running sends", func(t *testing.T) {
		g := NewWithT(t)
		arrived, answer := make(chan struct{}), make(chan struct{})
		dsn := serve(t, func(http.ResponseWriter, *http.Request) {
			close(arrived)
			<-answer
		})
		tr := open(t, dsn, transport.Env{})
		sent := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), packet(t, dsn, eventID))
			sent <- err
		}()
		<-arrived
		closed := make(chan error, 1)
		go func() { closed <- tr.Close(context.Background()) }()
		g.Consistently(closed, "20ms").ShouldNot(Receive())
		close(answer)
		g.Expect(<-sent).To(Succeed())
		g.Expect(<-closed).To(Succeed())
	})
	t.Run("cancels running sends when its context ends", func(t *testing.T) {
		g := NewWithT(t)
		hang := until(t)
		arrived := make(chan struct{})
		dsn := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			close(arrived)
			hang(r)
		})
		tr := open(t, dsn, transport.Env{})
		sent := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), packet(t, dsn, eventID))
			sent <- err
		}()
		<-arrived
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := tr.Close(ctx)
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(err, &undelivered)).To(BeTrue(), "%v", err)
		g.Expect(undelivered.Abandoned).To(Equal(1))
		g.Expect(<-sent).To(MatchError(transport.ErrClosed))
	})
	t.Run("is final and may be repeated", func(t *testing.T) {
		g := NewWithT(t)
		tr := open(t, "sync+http://k@localhost/1", transport.Env{})
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(tr.Close(t.Context())).To(Succeed())
		_, err := tr.Send(t.Context(), packet(t, "http://k@localhost/1", eventID))
		g.Expect(err).To(MatchError(transport.ErrClosed))
	})
	t.Run("ends a dial that hangs", func(t *testing.T) {
		g := NewWithT(t)
		dialling, ended := make(chan struct{}), make(chan error, 1)
		tr := open(t, "sync+http://k@sentry.test/1?timeout=60", transport.Env{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				close(dialling)
				<-ctx.Done()
				ended <- ctx.Err()
				return nil, ctx.Err()
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-dialling
			cancel()
		}()
		_, err := tr.Send(ctx, packet(t, "http://k@sentry.test/1", eventID))
		g.Expect(err).To(MatchError(context.Canceled))
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(<-ended).To(HaveOccurred())
	})
}

func TestMaxConnsBoundsOpenConnections(t *testing.T) {
	g := NewWithT(t)
	var now, most atomic.Int32
	dsn := serve(t, func(http.ResponseWriter, *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
	})
	tr := open(t, dsn+"?max_conns=2", transport.Env{})
	errs := make(chan error, 20)
	for i := range 20 {
		go func() {
			_, err := tr.Send(context.Background(), packet(t, dsn, fmt.Sprintf("%032d", i)))
			errs <- err
		}()
	}
	for range 20 {
		g.Expect(<-errs).To(Succeed())
	}
	g.Expect(most.Load()).To(BeNumerically("<=", 2))
}

func TestNoProxyBeatsAnExplicitProxy(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("NO_PROXY", "sentry.test")
	dialled := ""
	tr := open(t, "sync+http://k@sentry.test/1?proxy=http://proxy.test:3128", transport.Env{
		DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
			dialled = addr
			return nil, errors.New("no network here")
		},
	})
	_, err := tr.Send(t.Context(), packet(t, "http://k@sentry.test/1", eventID))
	g.Expect(err).To(MatchError(ContainSubstring("no network here")))
	g.Expect(dialled).To(Equal("sentry.test:80"))
}

func TestAnInvalidEndpoint(t *testing.T) {
	g := NewWithT(t)
	tr := open(t, "sync+http://k@h/1", transport.Env{})
	_, err := tr.Send(t.Context(), &transport.Packet{URL: "http://[", EventID: eventID})
	var network *transport.NetworkError
	g.Expect(errors.As(err, &network)).To(BeTrue(), "%v", err)
}
