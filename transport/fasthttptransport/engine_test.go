package fasthttptransport_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/fasthttptransport"
)

// In a bubble the timeout is exact, also over TLS and in the body, although
// fasthttp has no contexts.
func TestTheTimeoutIsExact(t *testing.T) {
	for _, start := range []func(sentrytest.TB, ...sentrytest.Option) *sentrytest.Server{sentrytest.NewServer, sentrytest.NewTLSServer} {
		for _, step := range []sentrytest.Step{sentrytest.Hang(), sentrytest.StallBody(), sentrytest.SlowBody(50 * time.Millisecond)} {
			synctest.Test(t, func(t *testing.T) {
				g := NewWithT(t)
				srv := start(t, sentrytest.InMemory())
				srv.Script(step)
				dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"), sentrytest.DSNParam("timeout", "0.2"), sentrytest.DSNParam("verify_ssl", "0"))
				tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
				began := time.Now()
				_, err := tr.Send(t.Context(), packetFor(t, dsn))
				g.Expect(time.Since(began)).To(Equal(200 * time.Millisecond))
				g.Expect(err).To(MatchError(context.DeadlineExceeded))
			})
		}
	}
}

// Each exchange has its full time, whatever happened to the previous one on the
// same connection, and no more.
func TestEachExchangeHasATimeoutOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.OK(), sentrytest.OK().After(150*time.Millisecond), sentrytest.Hang(), sentrytest.OK(), sentrytest.Hang())
		dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"), sentrytest.DSNParam("timeout", "0.2"))
		tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
		send := func() (took time.Duration, err error) {
			p := packetFor(t, dsn)
			// Such packets are tried once.
			p.Category = transport.CategoryInternal
			began := time.Now()
			tr.SendAsync(t.Context(), p, func(_ *transport.Response, failed error) {
				took, err = time.Since(began), failed
			})
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			return took, err
		}
		_, err := send()
		g.Expect(err).NotTo(HaveOccurred())
		time.Sleep(100 * time.Millisecond)
		took, err := send()
		g.Expect(took).To(Equal(150*time.Millisecond), "past the deadline of the first exchange")
		g.Expect(err).NotTo(HaveOccurred())
		took, err = send()
		g.Expect(took).To(Equal(200 * time.Millisecond))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(srv.Connections()).To(Equal(1))
		_, err = send()
		g.Expect(err).NotTo(HaveOccurred())
		time.Sleep(100 * time.Millisecond)
		took, err = send()
		g.Expect(took).To(Equal(200*time.Millisecond), "past the deadline of the first exchange, too")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
	})
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"))
		tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
		send := func() {
			_, err := tr.Send(t.Context(), packetFor(t, dsn))
			g.Expect(err).NotTo(HaveOccurred())
		}
		for range 5 {
			send()
			time.Sleep(89 * time.Second)
		}
		g.Expect(srv.Connections()).To(Equal(1))
		time.Sleep(time.Second + time.Millisecond)
		send()
		g.Expect(srv.Connections()).To(Equal(2))
	})
}

// If all connections are busy and its context ends, a caller stops waiting for
// one.
func TestTheContextEndsTheWaitForAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		srv.Script(sentrytest.Hang())
		dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"), sentrytest.DSNParam("max_conns", "1"))
		tr := mustOpen(t, dsn, transport.Env{DialContext: srv.DialContext})
		tr.SendAsync(t.Context(), packetFor(t, dsn), nil)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := tr.Send(ctx, packetFor(t, dsn))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(time.Since(began)).To(Equal(time.Second))
		// The request that hangs releases its connection when its time is over.
		_, err = tr.Send(t.Context(), packetFor(t, dsn))
		g.Expect(err).NotTo(HaveOccurred())
	})
}

// fasthttp would report a reset before the first byte as an end of file.
func TestErrorsAreThoseOfTheStandardLibrary(t *testing.T) {
	for name, c := range map[string]struct {
		step  sentrytest.Step
		cause func(error) bool
	}{
		"reset":     {sentrytest.Reset(), func(err error) bool { return errors.As(err, new(*net.OpError)) }},
		"closed":    {sentrytest.CloseConn(), func(err error) bool { return errors.Is(err, io.EOF) }},
		"truncated": {sentrytest.Truncate(10), func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			srv.Script(c.step)
			dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"))
			_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
			g.Expect(c.cause(err)).To(BeTrue(), "%v", err)
			g.Expect(err.Error()).NotTo(ContainSubstring("fasthttp"))
		})
	}
}

// Only the start of a large answer is read.
func TestALargeAnswerIsNotRead(t *testing.T) {
	for name, framing := range map[string]string{
		"of a known length": fmt.Sprintf("Content-Length: %d\r\n\r\n", 1<<30),
		"in chunks":         "Transfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n", 1<<30),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			addr := listen(t, func(c net.Conn, in *bufio.Reader) {
				_, _ = http.ReadRequest(in)
				_, _ = io.WriteString(c, "HTTP/1.1 500 Oh\r\nX-Sentry-Error: too bad\r\n"+framing)
				for {
					if _, err := c.Write(make([]byte, 64<<10)); err != nil {
						return
					}
				}
			})
			dsn := "fasthttp+http://k@" + addr + "/1"
			_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
			var api *transport.APIError
			g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
			g.Expect(api.Message).To(Equal("too bad"))
		})
	}
}

// An answer that is cut off is an error.
func TestACutAnswerIsAnError(t *testing.T) {
	for name, answer := range map[string]string{
		"of a large length":    fmt.Sprintf("Content-Length: %d\r\n\r\n{}", 1<<30),
		"in a large chunk":     fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n{}", 1<<30),
		"between two chunks":   "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
		"after the last chunk": "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			addr := listen(t, func(c net.Conn, in *bufio.Reader) {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, r.Body)
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n"+answer)
			})
			dsn := "fasthttp+http://k@" + addr + "/1"
			_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), packetFor(t, dsn))
			g.Expect(err).To(MatchError(io.ErrUnexpectedEOF))
		})
	}
}

// A server that refuses a body because of its size does not read it to the end.
func TestAnAnswerBeforeTheEndOfTheBodyCounts(t *testing.T) {
	g := NewWithT(t)
	addr := listen(t, func(c net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	dsn := "fasthttp+http://k@" + addr + "/1?compression=none"
	p := packetFor(t, dsn)
	p.Body = make([]byte, 32<<20)
	_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), p)
	var api *transport.APIError
	g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
	g.Expect(api.Status).To(Equal(413))
}

// The transport sets the headers for the framing; the packet's are ignored.
func TestFramingHeadersOfThePacketAreIgnored(t *testing.T) {
	g := NewWithT(t)
	got := make(chan *http.Request, 1)
	addr := listen(t, func(c net.Conn, in *bufio.Reader) {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	})
	dsn := "fasthttp+http://k@" + addr + "/a//b/%7Ec/1"
	p := packetFor(t, dsn)
	for name, value := range map[string]string{"Host": "evil", "content-length": "3", "Transfer-Encoding": "chunked", "Trailer": "x", "x-lower": "kept\r\nX-Injected: 1"} {
		p.Header[name] = []string{value}
	}
	_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), p)
	g.Expect(err).NotTo(HaveOccurred())
	r := <-got
	g.Expect(r.Host).To(Equal(addr))
	g.Expect(r.TransferEncoding).To(BeEmpty())
	g.Expect(r.Trailer).To(BeEmpty())
	g.Expect(r.RequestURI).To(Equal(strings.TrimPrefix(p.URL, "http://"+addr)))
	g.Expect(r.Header).To(HaveKey("X-Lower"))
	g.Expect(r.Header).NotTo(Or(HaveKey("X-Injected"), HaveKey("User-Agent"), HaveKey("Content-Type")))
}

func TestAConfigurationWithAnotherEngineIsRefused(t *testing.T) {
	_, err := fasthttptransport.New(fasthttptransport.Config{HTTPConfig: transport.HTTPConfig{Client: http.DefaultClient}})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("Config.Client and Config.Engine must be nil")))
}

func TestEveryFaultOfAConfigurationIsAnOptionError(t *testing.T) {
	for name, cfg := range map[string]fasthttptransport.Config{
		"queue_size": {QueueSize: -1},
		"overflow":   {Overflow: "explode"},
		"max_conns":  {HTTPConfig: transport.HTTPConfig{MaxConns: -1}},
		"ca_certs":   {HTTPConfig: transport.HTTPConfig{CACerts: "absent.pem"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := fasthttptransport.New(cfg)
			var option *transport.OptionError
			g := NewWithT(t)
			g.Expect(errors.As(err, &option)).To(BeTrue(), "%v", err)
			g.Expect(option.Option).To(Equal(name))
		})
	}
}

func TestABodyIsSentAsItIs(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	dsn := srv.DSN(sentrytest.DSNScheme("fasthttp"), sentrytest.DSNParam("compression", "none"))
	p := packetFor(t, dsn)
	noise := make([]byte, 300<<10)
	_, _ = rand.Read(noise)
	p.Body = append(p.Body, fmt.Sprintf(`{"type":"attachment","length":%d}`+"\n", len(noise))...)
	p.Body = append(append(p.Body, noise...), '\n')
	before := bytes.Clone(p.Body)
	_, err := mustOpen(t, dsn, transport.Env{}).Send(t.Context(), p)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(p.Body).To(Equal(before))
	g.Expect(bytes.Equal([]byte(srv.Requests()[0].Body), before)).To(BeTrue())
}
