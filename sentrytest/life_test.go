package sentrytest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestDownAndUp(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			url, dsn, ca := srv.URL(), srv.DSN(), srv.CACertFile()
			store(t, srv, message("before"))

			srv.Down()
			srv.Down()
			_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
			g.Expect(err).To(MatchError(syscall.ECONNREFUSED))
			g.Expect(srv.Events()).To(HaveLen(1), "records stay")

			g.Expect(srv.Up()).To(Succeed())
			g.Expect(srv.Up()).To(Succeed())
			store(t, srv, message("after"))
			g.Expect([]string{srv.URL(), srv.DSN(), srv.CACertFile()}).To(Equal([]string{url, dsn, ca}))
			events := srv.Events()
			g.Expect(events).To(HaveLen(2))
			g.Expect(events[1].Received.ID).To(Equal(2), "requests are numbered on")
			g.Expect(events[1].Received.Connection).To(Equal(2))
		})
	}
}

// A server with two listeners loses and regains both.
func TestDownAndUpOfBothListeners(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]sentrytest.Option{"sockets": nil, "in memory": {sentrytest.InMemory()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			wrapped := 0
			srv := sentrytest.NewServer(t, append(opts, sentrytest.ListenTLS(""), sentrytest.Around(func(h http.Handler) http.Handler {
				wrapped++
				return h
			}))...)
			urls := []string{srv.URL(), srv.TLSURL()}
			try := func(url string) error {
				resp, err := srv.Client().Get(url)
				if err == nil {
					err = resp.Body.Close()
				}
				return err
			}
			srv.Down()
			g.Expect(try(urls[0])).To(MatchError(syscall.ECONNREFUSED))
			g.Expect(try(urls[1])).To(MatchError(syscall.ECONNREFUSED))
			g.Expect(srv.Up()).To(Succeed())
			g.Expect(try(urls[0])).To(Succeed())
			g.Expect(try(urls[1])).To(Succeed())
			g.Expect([]string{srv.URL(), srv.TLSURL()}).To(Equal(urls))
			g.Expect(wrapped).To(Equal(1), "Around is asked once")
		})
	}
}

// What depended on the first life must work in the second: steps that hang,
// hijack and wait are where a server that kept its old context would stand
// still or go on for ever.
func TestEverythingWorksAfterRestart(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			for range 3 {
				srv.Script(sentrytest.OK().ThenClose(), sentrytest.Reset(), sentrytest.OK().After(time.Nanosecond), sentrytest.Hang())
				g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
				srv.Client().CloseIdleConnections()
				_, err := trySend(t, srv, "POST", storePath, vectorJSON, authLine)
				g.Expect(err).To(resetOver(name))
				g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
				seen := len(srv.Requests())
				broken := make(chan error, 1)
				go func() { broken <- post(t.Context(), srv) }()
				g.Eventually(srv.Requests).Should(HaveLen(seen + 1))
				g.Expect(srv.Restart()).To(Succeed())
				g.Expect(<-broken).To(HaveOccurred(), "Restart breaks what hangs")
			}
			g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
		})
	}
}

// Idle connections break, and a wait that began before goes on.
func TestDownBreaksOpenConnections(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	idle, err := net.Dial("tcp", srv.Addr())
	g.Expect(err).NotTo(HaveOccurred())
	defer idle.Close()
	store(t, srv, vectorJSON)
	waited := make(chan error, 1)
	go func() {
		_, err := srv.Wait(t.Context(), 2)
		waited <- err
	}()
	srv.Down()
	_, err = idle.Read(make([]byte, 1))
	g.Expect(err == io.EOF || errors.Is(err, syscall.ECONNRESET)).To(BeTrue(), "%v", err)
	g.Expect(srv.Up()).To(Succeed())
	store(t, srv, vectorJSON)
	g.Expect(<-waited).NotTo(HaveOccurred())
}

func TestCloseWhileDown(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, err := sentrytest.Start()
	g.Expect(err).NotTo(HaveOccurred())
	srv.Down()
	g.Expect(srv.Close()).To(Succeed())
	srv.Down()
	g.Expect(srv.Up()).To(MatchError(sentrytest.ErrClosed))
	g.Expect(srv.Restart()).To(MatchError("sentrytest: server closed"))
	l, err := net.Listen("tcp", srv.Addr())
	g.Expect(err).NotTo(HaveOccurred(), "the port is free again")
	g.Expect(l.Close()).To(Succeed())
}

func TestUpOnATakenPort(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) {
		srv := sentrytest.NewServer(tb)
		srv.Down()
		l, err := net.Listen("tcp", srv.Addr())
		g.Expect(err).NotTo(HaveOccurred())
		err = srv.Up()
		g.Expect(err).To(MatchError(syscall.EADDRINUSE))
		var up *sentrytest.UpError
		g.Expect(errors.As(err, &up)).To(BeTrue())
		g.Expect(up.Addr).To(Equal(srv.Addr()))
		g.Expect(l.Close()).To(Succeed())
		g.Expect(srv.Up()).To(Succeed(), "it can be tried again")
		g.Expect(store(t, srv, vectorJSON).Status).To(Equal(200))
	})
	g.Expect(failures).To(MatchRegexp(
		`^sentrytest: the server at 127\.0\.0\.1:\d+ can't come up again: listen tcp .*: bind: address already in use$`))
}

func TestDownAndUpConcurrently(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, opts...)
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 5 {
						// Whether the server is up at that moment is anybody's
						// guess.
						_ = post(t.Context(), srv)
						srv.Down()
						g.Expect(srv.Restart()).To(Succeed())
						g.Expect(srv.Up()).To(Succeed())
					}
				})
			}
			all.Wait()
			g.Expect(srv.Up()).To(Succeed())
			g.Expect(post(t.Context(), srv)).To(Succeed())
		})
	}
}

func TestDownInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewTLSServer(t, sentrytest.InMemory())
		start := time.Now()
		go func() {
			time.Sleep(time.Hour)
			_ = srv.Restart()
		}()
		srv.Script(sentrytest.Hang())
		g.Expect(post(t.Context(), srv)).To(HaveOccurred())
		g.Expect(time.Since(start)).To(Equal(time.Hour))
		synctest.Wait()
		g.Expect(post(t.Context(), srv)).To(Succeed())
	})
}

// While a server is down nobody who asks for any port is given its port.
func TestThePortIsKept(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Down()
	for range 2000 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(l.Addr().String()).NotTo(Equal(srv.Addr()))
		g.Expect(l.Close()).To(Succeed())
	}
	g.Expect(srv.Up()).To(Succeed())
}

func TestRestartKeepsAFixedAddress(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.Listen("[::]:0"))
	g.Expect(srv.Restart()).To(Succeed())
	resp, err := http.Get(srv.URL() + "/")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	http.DefaultClient.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	g.Expect(post(ctx, srv)).To(MatchError(context.Canceled))
}
