package sentrytest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestInMemoryDial(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.InMemory())
	ctx, cancel := context.WithCancel(t.Context())
	c, err := srv.DialContext(ctx, "tcp", "example.com:443")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.RemoteAddr().Network()).To(Equal("memory"))
	cancel()
	g.Expect(c.Close()).To(Succeed())
	_, err = c.Write([]byte("x"))
	g.Expect(err).To(MatchError(net.ErrClosed))
	_, err = c.Read(make([]byte, 1))
	g.Expect(err).To(MatchError(net.ErrClosed))
	g.Expect(srv.Close()).To(Succeed())
	_, err = srv.DialContext(t.Context(), "", "")
	g.Expect(err).To(MatchError(syscall.ECONNREFUSED))
}

func TestInMemoryDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewServer(t, sentrytest.InMemory())
		c, err := srv.DialContext(t.Context(), "", "")
		g.Expect(err).NotTo(HaveOccurred())
		defer c.Close()
		start := time.Now()
		g.Expect(c.SetDeadline(start.Add(time.Hour))).To(Succeed())
		g.Expect(c.SetReadDeadline(start.Add(time.Minute))).To(Succeed())
		_, err = c.Read(make([]byte, 1))
		g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
		var timeout net.Error
		g.Expect(errors.As(err, &timeout) && timeout.Timeout()).To(BeTrue())
		g.Expect(time.Since(start)).To(Equal(time.Minute))

		// A writer waits when nobody reads: here the server, which does not
		// read on before it has answered.
		srv.Script(sentrytest.Hang())
		head := "POST /api/1/store/ HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
		_, err = io.WriteString(c, head+strings.Repeat("x", 1<<20))
		g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
		g.Expect(time.Since(start)).To(Equal(time.Hour))

		g.Expect(c.SetDeadline(time.Time{})).To(Succeed())
		g.Expect(c.SetReadDeadline(time.Now().Add(-time.Second))).To(Succeed())
		_, err = c.Read(make([]byte, 1))
		g.Expect(err).To(MatchError(os.ErrDeadlineExceeded))
	})
}

// A body far larger than the window passes in both directions.
func TestInMemoryLargeBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		srv := sentrytest.NewTLSServer(t, sentrytest.InMemory())
		big := strings.Repeat("x", 3<<20)
		srv.Script(sentrytest.OK().Body(big))
		r := envelope(t, srv, "{}\n"+`{"type":"attachment"}`+"\n"+big)
		g.Expect(r.Body).To(Equal(big))
		g.Expect(srv.Envelopes()[0].Items[0].Payload).To(HaveLen(len(big)))
	})
}

// With sockets the clock of a bubble would stand still, and the test hang.
func TestServerWithSocketsInABubble(t *testing.T) {
	t.Parallel()
	const want = "sentrytest: a server with sockets stops the clock of a testing/synctest bubble: use the option sentrytest.InMemory()"
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		failures, _ := run(t, func(tb *fakeTB) { sentrytest.NewServer(tb) })
		g.Expect(failures).To(Equal(want))
		_, err := sentrytest.Start(sentrytest.Trusted())
		g.Expect(err).To(MatchError(want))
		sentrytest.NewServer(t, sentrytest.InMemory())
	})
	// A name like it is no bubble.
	t.Run("goroutine 1 [running, synctest bubble 1]:", func(t *testing.T) { sentrytest.NewServer(t) })
}
