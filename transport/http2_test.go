package transport_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// secure is a server over TLS that counts its connections.
type secure struct {
	*httptest.Server
	mu     sync.Mutex
	open   map[net.Conn]bool
	opened int // all connections
	mostly int // the most concurrent requests
	now    int
	protos map[string]int
}

func serveTLS(t *testing.T, http2 bool, handler http.HandlerFunc) *secure {
	t.Helper()
	s := &secure{open: make(map[net.Conn]bool), protos: make(map[string]int)}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.protos[r.Proto]++
		s.now++
		s.mostly = max(s.mostly, s.now)
		s.mu.Unlock()
		defer func() {
			s.mu.Lock()
			s.now--
			s.mu.Unlock()
		}()
		_, _ = io.Copy(io.Discard, r.Body)
		if handler != nil {
			handler(w, r)
		}
	}))
	s.EnableHTTP2 = http2
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Config.ConnState = func(c net.Conn, state http.ConnState) {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch state {
		case http.StateNew:
			s.open[c] = true
			s.opened++
		case http.StateClosed, http.StateHijacked:
			delete(s.open, c)
		default:
		}
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// dsn returns a DSN of sync+https for the server, with options.
func (s *secure) dsn(options string) string {
	return "sync+https://k@" + s.Listener.Addr().String() + "/1?verify_ssl=0&" + options
}

// counts returns how many connections were opened, and the most concurrent
// requests.
func (s *secure) counts() (opened, mostly int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened, s.mostly
}

// hangUp closes all connections.
func (s *secure) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		_ = c.(*tls.Conn).NetConn().Close()
	}
}

// sendAll sends n packets, at most 64 at a time, and counts the answers by
// protocol.
func sendAll(t *testing.T, tr transport.Transport, dsn string, n int) map[string]int {
	t.Helper()
	var mu sync.Mutex
	protos := make(map[string]int)
	var failed sync.Once
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			r, err := tr.Send(t.Context(), packet(t, dsn, fmt.Sprintf("%032d", i)))
			if err != nil {
				failed.Do(func() { t.Errorf("packet %d: %v", i, err) })
				return
			}
			mu.Lock()
			protos[r.Proto]++
			mu.Unlock()
		})
	}
	wg.Wait()
	return protos
}

func TestTheHTTPVersionInUse(t *testing.T) {
	for _, c := range []struct {
		what    string
		offered bool
		options string
		spoken  string
	}{
		{"the server offers HTTP/2", true, "", "HTTP/2.0"},
		{"the server offers none", false, "", "HTTP/1.1"},
		{"http2=0", true, "http2=0", "HTTP/1.1"},
		{"http2=1", true, "http2=1", "HTTP/2.0"},
		{"a connection for each request", true, "keepalive=0", "HTTP/1.1"},
	} {
		t.Run(c.what, func(t *testing.T) {
			g := NewWithT(t)
			srv := serveTLS(t, c.offered, nil)
			dsn := srv.dsn(c.options)
			g.Expect(sendAll(t, open(t, dsn, transport.Env{}), dsn, 100)).To(Equal(map[string]int{c.spoken: 100}))
			g.Expect(srv.protos).To(Equal(map[string]int{c.spoken: 100}))
		})
	}
	t.Run("without TLS", func(t *testing.T) {
		dsn := serve(t, func(http.ResponseWriter, *http.Request) {})
		NewWithT(t).Expect(sendAll(t, open(t, dsn, transport.Env{}), dsn, 10)).To(Equal(map[string]int{"HTTP/1.1": 10}))
	})
	t.Run("a client of the program keeps its protocol", func(t *testing.T) {
		g := NewWithT(t)
		srv := serveTLS(t, true, nil)
		own := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // the case is about the protocol, not the certificate
		defer own.CloseIdleConnections()
		dsn := "sync+https://k@" + srv.Listener.Addr().String() + "/1"
		g.Expect(sendAll(t, open(t, dsn, transport.Env{HTTPClient: own}), dsn, 10)).To(Equal(map[string]int{"HTTP/1.1": 10}))
		d, err := transport.ParseDSN(dsn + "?http2=0")
		g.Expect(err).NotTo(HaveOccurred())
		_, err = transport.DefaultRegistry().Open(d, transport.Env{HTTPClient: own})
		g.Expect(err).To(MatchError(And(ContainSubstring("http2"), ContainSubstring("Env.HTTPClient"))))
	})
}

// HTTP/2 uses two connections at most. HTTP/1.1 uses max_conns at most, and
// later requests reuse connections.
func TestConnectionsOfEachProtocol(t *testing.T) {
	for _, c := range []struct {
		http2   bool
		options string
		// The number of requests that must be in flight before any is answered.
		requests int
		conns    int
	}{
		{true, "", 64, 2},
		{true, "max_conns=1", 64, 1},
		{false, "", 32, 32},
		{false, "max_conns=5", 5, 5},
		{false, "max_conns=2", 2, 2},
		{false, "max_conns=1", 1, 1},
	} {
		t.Run(fmt.Sprintf("HTTP/2 %v, %q", c.http2, c.options), func(t *testing.T) {
			g := NewWithT(t)
			var arrived atomic.Int32
			all := make(chan struct{})
			srv := serveTLS(t, c.http2, func(_ http.ResponseWriter, r *http.Request) {
				if n := int(arrived.Add(1)); n < 3 {
					return
				} else if n == c.requests+2 {
					close(all)
				}
				<-all
			})
			dsn := srv.dsn("timeout=60&" + c.options)
			tr := open(t, dsn, transport.Env{})
			for range 2 {
				_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
				g.Expect(err).NotTo(HaveOccurred())
			}
			opened, _ := srv.counts()
			g.Expect(opened).To(Equal(1), "the second request uses the connection of the first")
			sendAll(t, tr, dsn, 200)
			opened, mostly := srv.counts()
			g.Expect(opened).To(BeNumerically("<=", c.conns))
			g.Expect(mostly).To(BeNumerically(">=", c.requests))
		})
	}
}

// A burst that begins without a connection opens no more than two either.
func TestABurstOpensTwoConnectionsOfHTTP2(t *testing.T) {
	g := NewWithT(t)
	srv := serveTLS(t, true, nil)
	dsn := srv.dsn("timeout=60")
	sendAll(t, open(t, dsn, transport.Env{}), dsn, 200)
	opened, _ := srv.counts()
	g.Expect(opened).To(BeNumerically("<=", 2))
}

// A server may offer another protocol later, for example after it was replaced.
func TestAServerThatChangesItsProtocol(t *testing.T) {
	g := NewWithT(t)
	var http2 atomic.Bool
	srv := serveTLS(t, true, nil)
	srv.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		c := srv.TLS.Clone()
		c.GetConfigForClient = nil
		if !http2.Load() {
			c.NextProtos = []string{"http/1.1"}
		}
		return c, nil
	}
	dsn := srv.dsn("")
	tr := open(t, dsn, transport.Env{})
	for _, c := range []struct {
		http2 bool
		proto string
	}{{false, "HTTP/1.1"}, {true, "HTTP/2.0"}, {false, "HTTP/1.1"}} {
		http2.Store(c.http2)
		srv.hangUp()
		_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
		g.Expect(err).NotTo(HaveOccurred())
		r, err := tr.Send(t.Context(), packet(t, dsn, eventID))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(r.Proto).To(Equal(c.proto))
	}
}

// A repeated event is safe, because the server recognizes its id. An event that
// is not repeated is lost.
func TestADeadConnectionOfHTTP2IsReplacedOnce(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	var srv *secure
	srv = serveTLS(t, true, func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == 2 {
			srv.hangUp()
		}
	})
	dsn := srv.dsn("")
	tr := open(t, dsn, transport.Env{})
	for range 3 {
		_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(requests.Load()).To(Equal(int32(4)), "the second was sent twice")

	t.Run("a fresh connection is not replaced", func(t *testing.T) {
		g := NewWithT(t)
		requests.Store(1)
		fresh := open(t, dsn, transport.Env{})
		_, err := fresh.Send(t.Context(), packet(t, dsn, eventID))
		var network *transport.NetworkError
		g.Expect(errors.As(err, &network)).To(BeTrue(), "%v", err)
		g.Expect(requests.Load()).To(Equal(int32(2)))
	})
}

// If the server ends a stream, the connection may be fine, and the server may
// have the event.
func TestAnAbortedStreamIsNotRepeated(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	srv := serveTLS(t, true, func(http.ResponseWriter, *http.Request) {
		if requests.Add(1) == 2 {
			panic(http.ErrAbortHandler)
		}
	})
	dsn := srv.dsn("")
	tr := open(t, dsn, transport.Env{})
	for i := range 3 {
		_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
		var network *transport.NetworkError
		g.Expect(errors.As(err, &network)).To(Equal(i == 1), "%v", err)
	}
	g.Expect(requests.Load()).To(Equal(int32(3)))
	opened, _ := srv.counts()
	g.Expect(opened).To(Equal(1))
}

// A server that closes its connections in order returns many requests at once;
// they must not get a connection each.
func TestGoAwayLosesNothing(t *testing.T) {
	g := NewWithT(t)
	var requests atomic.Int32
	srv := serveTLS(t, true, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1)%20 == 0 {
			w.Header().Set("Connection", "close") // sends GOAWAY over HTTP/2
		}
	})
	dsn := srv.dsn("timeout=60")
	g.Expect(sendAll(t, open(t, dsn, transport.Env{}), dsn, 500)).To(Equal(map[string]int{"HTTP/2.0": 500}))
	g.Expect(requests.Load()).To(Equal(int32(500)))
	opened, _ := srv.counts()
	g.Expect(opened).To(BeNumerically(">", 10))
	g.Expect(opened).To(BeNumerically("<", 200))
}

// proxyTo opens tunnels to one server for every request. It can't do that over
// HTTP/2, which is usual.
func proxyTo(addr string, methods chan<- string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		methods <- r.Method + " " + r.Proto
		here, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		there, err := net.Dial("tcp", addr)
		if err != nil {
			_ = here.Close()
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go pipe(there, in.Reader, here)
		go pipe(here, bufio.NewReader(there), there)
	}
}

func pipe(to net.Conn, from *bufio.Reader, source net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = source.Close()
}

func TestHTTP2ThroughProxies(t *testing.T) {
	for proxyScheme, spoken := range map[string]string{"http": "HTTP/2.0", "https": "HTTP/1.1"} {
		t.Run(proxyScheme, func(t *testing.T) {
			g := NewWithT(t)
			srv := serveTLS(t, true, nil)
			methods := make(chan string, 100)
			proxy := httptest.NewUnstartedServer(proxyTo(srv.Listener.Addr().String(), methods))
			proxy.EnableHTTP2 = true // by TLS only
			proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
			if proxyScheme == "https" {
				proxy.StartTLS()
			} else {
				proxy.Start()
			}
			t.Cleanup(proxy.Close)
			// Hosts on loopback are never requested through a proxy.
			const dsn = "sync+https://k@sentry.test/1"
			tr := open(t, dsn+"?verify_ssl=0&proxy="+url.QueryEscape(proxy.URL), transport.Env{})
			g.Expect(sendAll(t, tr, dsn, 50)).To(Equal(map[string]int{spoken: 50}))
			g.Expect(srv.protos).To(Equal(map[string]int{spoken: 50}))
			for first := true; first || len(methods) > 0; first = false {
				g.Expect(methods).To(Receive(Equal("CONNECT HTTP/1.1")))
			}
		})
	}
}

// A connection that has become a black hole is replaced within one timeout, and
// its packet arrives over another one.
func TestABlackHoleConnectionIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory(), sentrytest.HTTP2())
		srv.Script(sentrytest.OK(), sentrytest.BlackHole())
		dsn := srv.DSN(sentrytest.DSNScheme("sync"), sentrytest.DSNParam("timeout", "4"), sentrytest.DSNParam("ca_certs", srv.CACertFile()))
		tr := open(t, dsn, transport.Env{DialContext: srv.DialContext})
		begun := time.Now()
		for range 3 {
			r, err := tr.Send(t.Context(), packet(t, dsn, eventID))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(r.Proto).To(Equal("HTTP/2.0"))
		}
		g.Expect(time.Since(begun)).To(Equal(3*time.Second), "a second until the ping, two until it is given up")
		g.Expect(srv.Connections()).To(Equal(2))
	})
}

// A slow server answers pings, so its connection is kept.
func TestASlowAnswerKeepsItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory(), sentrytest.HTTP2())
		srv.Script(sentrytest.OK().After(3900 * time.Millisecond).Times(3))
		dsn := srv.DSN(sentrytest.DSNScheme("sync"), sentrytest.DSNParam("timeout", "4"), sentrytest.DSNParam("ca_certs", srv.CACertFile()))
		tr := open(t, dsn, transport.Env{DialContext: srv.DialContext})
		for range 3 {
			_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
			g.Expect(err).NotTo(HaveOccurred())
		}
		g.Expect(srv.Connections()).To(Equal(1))
	})
}
