package memnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
)

// pair returns both ends of a connection of a new listener.
func pair(t *testing.T) (client, server *memnet.Conn) {
	t.Helper()
	g := NewWithT(t)
	l := memnet.NewListener()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		accepted <- c
	}()
	c, err := l.Dial(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
	return c.(*memnet.Conn), (<-accepted).(*memnet.Conn)
}

func TestCloseAndReset(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		end         func(*memnet.Conn) error
		read, write error
	}{
		"close": {(*memnet.Conn).Close, io.EOF, errno.BrokenPipe},
		"reset": {(*memnet.Conn).Reset, errno.ConnReset, errno.ConnReset},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			client, server := pair(t)
			_, err := server.Write([]byte("last"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(c.end(server)).To(Succeed())
			// What was on its way arrives before the end does.
			got := make([]byte, 10)
			n, err := client.Read(got)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(string(got[:n])).To(Equal("last"))
			_, err = client.Read(got)
			g.Expect(err).To(MatchError(c.read))
			_, err = client.Write(got)
			g.Expect(err).To(MatchError(c.write))
			_, err = server.Read(got)
			g.Expect(err).To(MatchError(net.ErrClosed))
		})
	}
}

func TestUnread(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, server := pair(t)
	var reads int
	server.OnRead(func() { reads++ })
	_, err := client.Write([]byte("four"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(server.Unread()).To(Equal(4))
	_, err = server.Read(make([]byte, 3))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(server.Unread()).To(Equal(1))
	g.Expect(reads).To(Equal(1))
}

// A writer waits while the window is full; a deadline ends the wait, and says
// how much was written.
func TestWindowAndDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		client, server := pair(t)
		start := time.Now()
		g.Expect(client.SetWriteDeadline(start.Add(time.Hour))).To(Succeed())
		n, err := client.Write(make([]byte, 1<<20))
		g.Expect(errors.Is(err, os.ErrDeadlineExceeded)).To(BeTrue())
		g.Expect(time.Since(start)).To(Equal(time.Hour))
		g.Expect(n).To(Equal(server.Unread()))
		g.Expect(n).To(BeNumerically("<", 1<<20))
		g.Expect(client.SetDeadline(time.Time{})).To(Succeed())
		_, err = server.Read(make([]byte, 1))
		g.Expect(err).NotTo(HaveOccurred())
		_, err = client.Write([]byte("x"))
		g.Expect(err).NotTo(HaveOccurred())
	})
}

func TestDialWithoutListener(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	l := memnet.NewListener()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.Dial(ctx) // nobody accepts
	g.Expect(err).To(MatchError(context.Canceled))
	g.Expect(l.Close()).To(Succeed())
	_, err = l.Dial(t.Context())
	g.Expect(err).To(MatchError(errno.ConnRefused))
	_, err = l.Accept()
	g.Expect(err).To(MatchError(net.ErrClosed))
}
