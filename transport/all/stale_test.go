package all_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// restarting is a server behind a proxy whose backends restart: each of its
// first connections answers one request, when all of them have one, and closes
// on the second.
type restarting struct {
	first    int
	held     sync.WaitGroup // first requests that are missing
	requests atomic.Int32
	conns    atomic.Int32
}

func (s *restarting) serve(c net.Conn) {
	defer c.Close()
	kept := int(s.conns.Add(1)) <= s.first
	in := bufio.NewReader(c)
	for i := 0; ; i++ {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		s.requests.Add(1)
		switch {
		case kept && i == 0:
			s.held.Done()
			s.held.Wait()
		case kept:
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	}
}

// A request that died on a kept connection is sent once more, on a fresh one,
// however many connections were kept. net/http alone would try all of them.
func TestAStaleConnectionCostsOneRepetition(t *testing.T) {
	const kept = 3
	for _, scheme := range []string{"sync", "threaded", "resty", "reactor", "fasthttp", "pool"} {
		t.Run(scheme, func(t *testing.T) {
			g := NewWithT(t)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			g.Expect(err).NotTo(HaveOccurred())
			s := &restarting{first: kept}
			s.held.Add(kept)
			var serving sync.WaitGroup
			serving.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					serving.Go(func() { s.serve(c) })
				}
			})
			d, err := transport.ParseDSN(scheme + "+http://k@" + l.Addr().String() + "/1")
			g.Expect(err).NotTo(HaveOccurred())
			tr, err := transport.DefaultRegistry().Open(d, transport.Env{})
			g.Expect(err).NotTo(HaveOccurred())
			send := func() error {
				_, err := tr.Send(context.Background(), &transport.Packet{URL: d.EnvelopeURL(), Header: http.Header{}, Body: []byte("{}"), EventID: "x"})
				return err
			}
			errs := make(chan error, kept)
			for range kept {
				go func() { errs <- send() }()
			}
			for range kept {
				g.Expect(<-errs).To(Succeed())
			}
			g.Expect(send()).To(Succeed())
			g.Expect(s.requests.Load()).To(BeEquivalentTo(kept+2), "one dies, one is answered")
			g.Expect(send()).To(Succeed())
			g.Expect(s.requests.Load()).To(BeEquivalentTo(kept + 3))
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(l.Close()).To(Succeed())
			serving.Wait()
		})
	}
}
