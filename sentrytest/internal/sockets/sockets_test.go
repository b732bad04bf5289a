package sockets_test

import (
	"errors"
	"net"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
)

func TestListen(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	l, err := sockets.Listen("")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Addr().(*net.TCPAddr).IP.IsLoopback()).To(BeTrue())
	g.Expect(sockets.Reachable(l.Addr())).To(Equal(l.Addr().String()))
	_, err = sockets.Listen(l.Addr().String())
	g.Expect(err).To(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
	g.Expect(sockets.Reachable(&net.TCPAddr{IP: net.IPv4zero, Port: 7})).To(Equal("127.0.0.1:7"))
}

// A reserved port refuses connections, and can be listened on once it is given
// back.
func TestReserve(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	l, err := sockets.Listen("")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(l.Close()).To(Succeed())
	release := sockets.Reserve(l.Addr())
	_, err = net.Dial("tcp", l.Addr().String())
	g.Expect(err).To(HaveOccurred())
	release()
	again, err := net.Listen("tcp", l.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again.Close()).To(Succeed())
	sockets.Reserve(&net.UnixAddr{Name: "no port"})()
}

func TestReset(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "plan9" {
		t.Skip("Plan 9 has an error of its own for a reset connection")
	}
	g := NewWithT(t)
	l, err := sockets.Listen("")
	g.Expect(err).NotTo(HaveOccurred())
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	g.Expect(err).NotTo(HaveOccurred())
	defer client.Close()
	server, err := l.Accept()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(sockets.Reset(wrapped{server})).To(Succeed())
	_, err = client.Read(make([]byte, 1))
	g.Expect(errors.Is(err, errno.ConnReset)).To(BeTrue(), "%v", err)
}

// wrapped is a connection above another, as TLS is.
type wrapped struct{ net.Conn }

func (w wrapped) NetConn() net.Conn { return w.Conn }
