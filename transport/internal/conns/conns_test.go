package conns_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

// pipes is a dialer. The test holds the other ends.
type pipes struct{ servers []net.Conn }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p.servers = append(p.servers, server)
	return client, nil
}

func TestCloseAllClosesWhatIsOpen(t *testing.T) {
	g := NewWithT(t)
	life, end := context.WithCancel(t.Context())
	var p pipes
	set := conns.New(p.dial, time.Second, life)
	gone, err := set.Dial(t.Context(), "", "")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = set.Dial(t.Context(), "", "")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(gone.Close()).To(Succeed())
	end()
	set.CloseAll()
	for _, server := range p.servers {
		_, err := server.Read(make([]byte, 1))
		g.Expect(err).To(HaveOccurred(), "its other end is closed")
	}
	_, err = set.Dial(t.Context(), "", "")
	g.Expect(err).To(MatchError(net.ErrClosed), "no connection is opened after the end of life")
}

func TestADialIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		life, end := context.WithCancel(t.Context())
		defer end()
		hang := func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		start := time.Now()
		_, err := conns.New(hang, time.Second, life).Dial(t.Context(), "", "")
		g.Expect(err).To(MatchError(context.DeadlineExceeded))
		g.Expect(time.Since(start)).To(Equal(time.Second))

		go end()
		_, err = conns.New(hang, time.Hour, life).Dial(t.Context(), "", "")
		g.Expect(err).To(MatchError(context.Canceled))
	})
}
