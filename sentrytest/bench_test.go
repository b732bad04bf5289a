package sentrytest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// BenchmarkNewServer measures the whole life of a server.
func BenchmarkNewServer(b *testing.B) {
	for name, opts := range map[string][]sentrytest.Option{"http": nil, "https": {sentrytest.Trusted()}, "memory": {sentrytest.InMemory()}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				srv, err := sentrytest.Start(opts...)
				if err != nil {
					b.Fatal(err)
				}
				if err := srv.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAccept compares accepted events with requests to a server that does
// nothing but read them.
func BenchmarkAccept(b *testing.B) {
	item := fmt.Sprintf("{\"event_id\":%q}\n{\"type\":\"event\",\"length\":%d}\n%s", vectorID, len(fullEvent), fullEvent)
	body := []byte(compress(b, []byte(item), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }))
	b.Run("noop", func(b *testing.B) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`)
		}))
		defer srv.Close()
		flood(b, srv.Client(), srv.URL+envelopePath, body)
	})
	b.Run("sentrytest", func(b *testing.B) {
		srv := sentrytest.NewServer(b)
		flood(b, srv.Client(), srv.URL()+envelopePath, body)
		b.StopTimer()
		if n := len(srv.Rejected()); n > 0 {
			b.Fatalf("%d refused", n)
		}
	})
}

func flood(b *testing.B, client *http.Client, url string, body []byte) {
	b.Helper()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 16
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			req.Header.Set("Content-Encoding", "gzip")
			req.Header.Set("X-Sentry-Auth", "Sentry sentry_version=7, sentry_client=raven.go/0.1.0, sentry_key=0123456789abcdef0123456789abcdef")
			resp, err := client.Do(req)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				b.Errorf("status %d", resp.StatusCode)
				return
			}
		}
	})
}
