package transport_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// large is a packet whose body gets much smaller by compression.
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

// A mebibyte holds some three hundred of these packets, and several times as
// many when they are compressed.
func TestWhatWaitsIsCompressed(t *testing.T) {
	for _, compression := range []string{"gzip", "deflate", "none"} {
		t.Run(compression, func(t *testing.T) {
			backlog(t, compression, "", func(t *testing.T, g *WithT, tr *transport.Threaded, engine *slowEngine, release func()) {
				const n = 1500
				var refused, told atomic.Int32
				for i := range n {
					tr.SendAsync(t.Context(), large(i), func(_ *transport.Response, err error) {
						told.Add(1)
						if errors.Is(err, transport.ErrQueueFull) {
							refused.Add(1)
						} else if err != nil {
							t.Error(err)
						}
					})
				}
				synctest.Wait()
				plain := n - (1<<20)/(len(large(1000).Body)+256)
				if compression == "none" {
					g.Expect(int(refused.Load())).To(BeNumerically("~", plain, 50))
				} else {
					g.Expect(refused.Load()).To(BeZero())
				}
				release()
				g.Expect(tr.Flush(t.Context())).To(Succeed())
				g.Expect(told.Load()).To(Equal(int32(n)))
				arrived := make(map[string]bool)
				for _, body := range engine.taken {
					text, err := inflate(compression, body)
					g.Expect(err).NotTo(HaveOccurred())
					arrived[string(text)] = true
				}
				g.Expect(arrived).To(HaveLen(n - int(refused.Load())))
				g.Expect(arrived).To(HaveKey(string(large(0).Body)))
				if compression != "none" {
					g.Expect(arrived).To(HaveKey(string(large(n - 1).Body)))
				}
			})
		})
	}
}

// The room that compression makes is room for a caller that waits.
func TestCompressionMakesRoomForCallers(t *testing.T) {
	backlog(t, "gzip", transport.Block, func(t *testing.T, g *WithT, tr *transport.Threaded, _ *slowEngine, release func()) {
		for i := range 1500 {
			tr.SendAsync(t.Context(), large(i), nil)
		}
		release()
	})
}

// A packet that was compressed long before it is sent says all the same when it
// is sent.
func TestACompressedPacketThatIsLate(t *testing.T) {
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
				g.Expect(late).To(Equal(n-4), "all but those that were under way")
			})
		})
	}
}
