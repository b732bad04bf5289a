package transport_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// large returns a packet whose body has much in common with the others.
func large(i int) *transport.Packet {
	return &transport.Packet{
		URL: "http://h/api/1/envelope/", EventID: fmt.Sprintf("%032d", i), Header: http.Header{},
		Body: fmt.Appendf(nil, `{"event_id":"%032d","sent_at":"2000-01-01T00:00:00.000000Z"}`+"\n%s", i, strings.Repeat(fmt.Sprint("frame ", i, " "), 300)),
	}
}

// backlog runs a test with a transport that delivers nothing before release is
// called.
func backlog(t *testing.T, compression, overflow string, fn func(t *testing.T, g *WithT, tr *transport.Threaded, engine *slowEngine, release func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		gate := make(chan struct{})
		engine := &slowEngine{}
		next, err := transport.NewHTTP(transport.HTTPConfig{Engine: gated{engine, gate}, Compression: compression, Timeout: time.Hour})
		g.Expect(err).NotTo(HaveOccurred())
		tr, err := transport.NewThreaded(next, transport.ThreadedConfig{QueueBytes: 1 << 20, Overflow: overflow})
		g.Expect(err).NotTo(HaveOccurred())
		fn(t, g, tr, engine, func() { close(gate) })
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
}

type gated struct {
	transport.Engine
	gate chan struct{}
}

func (e gated) Post(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	<-e.gate
	return e.Engine.Post(ctx, r)
}

func inflate(compression string, body []byte) ([]byte, error) {
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch compression {
	case "gzip":
		r, err = gzip.NewReader(r)
	case "deflate":
		r, err = zlib.NewReader(r)
	}
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// random returns a packet whose body has nothing in common with the others.
func random(i int) *transport.Packet {
	p := large(i)
	text := make([]byte, 3000)
	rng := rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)})
	_, _ = rng.Read(text)
	p.Body = text
	return p
}

// A mebibyte holds about three hundred packets of three kilobytes. It holds all
// of these packets if their common text is stored once.
func TestWaitingPacketsAreFolded(t *testing.T) {
	const n = 1500
	for _, c := range []struct {
		what   string
		packet func(int) *transport.Packet
		fit    int
	}{
		{"packets that have much in common", large, n},
		{"packets of two kinds", func(i int) *transport.Packet {
			if i%2 == 0 {
				return large(i)
			}
			p := large(i)
			p.Body = bytes.ToUpper(p.Body)
			return p
		}, n},
		{"packets that have nothing in common", random, 1<<20/(3000+256) + 4},
	} {
		t.Run(c.what, func(t *testing.T) {
			backlog(t, "none", "", func(t *testing.T, g *WithT, tr *transport.Threaded, engine *slowEngine, release func()) {
				var told atomic.Int32
				var refused [n]atomic.Bool
				fit := n
				for i := range n {
					tr.SendAsync(t.Context(), c.packet(i), func(_ *transport.Response, err error) {
						told.Add(1)
						if errors.Is(err, transport.ErrQueueFull) {
							refused[i].Store(true)
						} else if err != nil {
							t.Error(err)
						}
					})
					if refused[i].Load() {
						fit--
					}
				}
				synctest.Wait()
				g.Expect(fit).To(BeNumerically(">=", c.fit))
				g.Expect(fit).To(BeNumerically("<", c.fit+10), "without the few in the dictionary")
				release()
				g.Expect(tr.Flush(t.Context())).To(Succeed())
				g.Expect(told.Load()).To(Equal(int32(n)))
				arrived := make(map[string]bool)
				for _, body := range engine.taken {
					arrived[string(body)] = true
				}
				g.Expect(arrived).To(HaveLen(fit))
				for i := range n {
					if arrived[string(c.packet(i).Body)] == refused[i].Load() {
						t.Errorf("packet %d: refused and arrived are both %v", i, refused[i].Load())
					}
				}
			})
		})
	}
}

// Folding makes room for a waiting caller, even if nothing is delivered.
func TestFoldingMakesRoomForCallers(t *testing.T) {
	backlog(t, "gzip", transport.Block, func(t *testing.T, g *WithT, tr *transport.Threaded, _ *slowEngine, release func()) {
		for i := range 200 {
			tr.SendAsync(t.Context(), large(i), nil)
		}
		bulky := random(0)
		bulky.Body = bytes.Repeat(bulky.Body, (1<<20)*45/100/len(bulky.Body))
		rng := rand.NewChaCha8([32]byte{1})
		_, _ = rng.Read(bulky.Body)
		tr.SendAsync(t.Context(), bulky, nil)
		synctest.Wait()
		g.Expect(tr.HoldState().Waiting).To(Equal(201 - 4))
		release()
	})
}

// If few but large packets wait, a capture folds its own packet.
func TestACaptureFoldsItsOwnPacket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		gate := make(chan struct{})
		next, err := transport.NewHTTP(transport.HTTPConfig{Engine: gated{&slowEngine{}, gate}, Timeout: time.Hour})
		g.Expect(err).NotTo(HaveOccurred())
		size := len(large(0).Body) + 256
		tr, err := transport.NewThreaded(next, transport.ThreadedConfig{QueueBytes: 20 * size})
		g.Expect(err).NotTo(HaveOccurred())
		for i := range 31 {
			tr.SendAsync(t.Context(), large(i), nil)
		}
		synctest.Wait()
		g.Expect(tr.HoldState()).To(And(HaveField("Waiting", 31-4), HaveField("InFlight", 4)))
		close(gate)
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
}

// A packet that was folded also carries the time at which it is sent.
func TestALateFoldedPacketHasTheTimeOfSending(t *testing.T) {
	for _, compression := range []string{"gzip", "deflate"} {
		t.Run(compression, func(t *testing.T) {
			backlog(t, compression, "", func(t *testing.T, g *WithT, tr *transport.Threaded, engine *slowEngine, release func()) {
				const n = 1000
				for i := range n {
					tr.SendAsync(t.Context(), large(i), nil)
				}
				time.Sleep(10 * time.Minute)
				now := time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")
				release()
				g.Expect(tr.Flush(t.Context())).To(Succeed())
				g.Expect(engine.taken).To(HaveLen(n))
				late := 0
				for _, body := range engine.taken {
					text, err := inflate(compression, body)
					g.Expect(err).NotTo(HaveOccurred())
					if bytes.Contains(text, []byte(now)) {
						late++
					}
				}
				g.Expect(late).To(Equal(n-4), "all except those in flight")
			})
		})
	}
}

// Folding makes no room in a queue that is full by number, so a capture does
// not try.
func TestAQueueThatIsFullByNumberIsNotFolded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		gate := make(chan struct{})
		next, err := transport.NewHTTP(transport.HTTPConfig{Engine: gated{&slowEngine{}, gate}, Timeout: time.Hour})
		g.Expect(err).NotTo(HaveOccurred())
		tr, err := transport.NewThreaded(next, transport.ThreadedConfig{QueueSize: 1000})
		g.Expect(err).NotTo(HaveOccurred())
		for i := range 1004 {
			tr.SendAsync(t.Context(), large(i), nil)
		}
		synctest.Wait()
		p, refused := large(2000), false
		allocs := testing.AllocsPerRun(100, func() {
			tr.SendAsync(t.Context(), p, func(_ *transport.Response, err error) { refused = errors.Is(err, transport.ErrQueueFull) })
		})
		g.Expect(refused).To(BeTrue())
		g.Expect(allocs).To(BeNumerically("<", 8))
		close(gate)
		g.Expect(tr.Close(t.Context())).To(Succeed())
	})
}
