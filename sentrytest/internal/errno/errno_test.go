package errno_test

import (
	"net"
	"runtime"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/errno"
)

// The names are those of the errors that sockets return.
func TestSocketsReturnThem(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "plan9" || runtime.GOOS == "windows" {
		t.Skip("the sockets of this system have numbers of their own")
	}
	g := NewWithT(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = net.Listen("tcp", l.Addr().String())
	g.Expect(err).To(MatchError(errno.AddressInUse))
	g.Expect(l.Close()).To(Succeed())
	_, err = net.Dial("tcp", l.Addr().String())
	g.Expect(err).To(MatchError(errno.ConnRefused))
}
