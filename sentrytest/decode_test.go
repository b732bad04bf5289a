package sentrytest_test

import (
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// The encodings of vectorJSON, base64 of each.
const (
	vectorZlib   = "eJyrVkotS80ric9MUbJSSks2S7FINkg2MU5LNjEzNkhMsTA1SE01NbRIM0yyTDFQ0lHKTS0uTkxPBSrOyFSqBQBdHhLL"
	vectorRaw    = "q1ZKLUvNK4nPTFGyUkpLNkuxSDZINjFOSzYxMzZITLEwNUhNNTW0SDNMskwxUNJRyk0tLk5MTwUqzshUqgUA"
	vectorGzip   = "H4sIAAAAAAAAA6tWSi1LzSuJz0xRslJKSzZLsUg2SDYxTks2MTM2SEyxMDVITTU1tEgzTLJMMVDSUcpNLS5OTE8FKs7IVKoFAEIyZ6A+AAAA"
	vectorBase64 = "eyJldmVudF9pZCI6ImZjNmQ4YzBjNDNmYzQ2MzBhZDg1MGVlNTE4ZjFiOWQwIiwibWVzc2FnZSI6ImhpIn0="
	vectorBrotli = "Gz0AoI3EOBbyLhU/pc5en7mNUr9s2PiYLYnuAbuQSTQpSY1uBvCdX4BJr0hKlUl1oVth1G0cw28XYcHTe+9j"
	vectorStored = "0AMQeyJldmVudF9pZCI6ImZjNmQ4YzBjNDNmYzQ2MzBhZDg1MGVlNTE4ZjFiOWQwIiwibWVzc2FnZSI6ImhpIn0D"
	vectorZstd   = "KLUv/SQ+8QEAeyJldmVudF9pZCI6ImZjNmQ4YzBjNDNmYzQ2MzBhZDg1MGVlNTE4ZjFiOWQwIiwibWVzc2FnZSI6ImhpIn0FOyvL"
)

func TestContentEncodings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		encoding string // header line, "" for none
		body     string // base64
	}{
		{"absent", "", vectorBase64},
		{"identity", "Content-Encoding: identity", vectorBase64},
		{"empty", "Content-Encoding: ", vectorBase64},
		{"gzip", "Content-Encoding: gzip", vectorGzip},
		{"gzip in capitals with spaces", "Content-Encoding:   GZip ", vectorGzip},
		{"x-gzip", "Content-Encoding: x-gzip", vectorGzip},
		{"deflate as zlib", "Content-Encoding: deflate", vectorZlib},
		{"deflate as raw deflate", "Content-Encoding: deflate", vectorRaw},
		{"brotli", "Content-Encoding: br", vectorBrotli},
		{"brotli, stored", "Content-Encoding: br", vectorStored},
		{"zstd", "Content-Encoding: zstd", vectorZstd},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			var headers []string
			if c.encoding != "" {
				headers = append(headers, c.encoding)
			}
			r := store(t, srv, unbase64(t, c.body), headers...)
			g.Expect(r.Status).To(Equal(http.StatusOK))
			g.Expect(r.Body).To(Equal(`{"id":"` + vectorID + `"}`))
			e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("hi"), sentrytest.HasEventID(vectorID))
			g.Expect(string(e.Raw)).To(Equal(vectorJSON))
			g.Expect(e.Received.Body).To(Equal(unbase64(t, c.body)))
			g.Expect(e.Received.Decoded).To(Equal(vectorJSON))
		})
	}
}

func TestLegacyStoreBodies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, body   string
		status       int
		detail       string
		causeContain string
	}{
		{name: "base64 of JSON", body: vectorBase64, status: 200},
		{name: "base64 of zlib", body: vectorZlib, status: 200},
		{name: "empty", body: "", status: 400, detail: "empty request body"},
		{name: "not base64", body: "hello!", status: 400, detail: "invalid request body", causeContain: "illegal base64"},
		{name: "base64 without padding", body: strings.TrimRight(vectorBase64, "="), status: 400, detail: "invalid request body", causeContain: "illegal base64"},
		{name: "base64 with a line end", body: vectorBase64[:40] + "\n" + vectorBase64[40:], status: 400, detail: "invalid request body", causeContain: "line end"},
		{name: "base64 of raw deflate", body: vectorRaw, status: 400, detail: "invalid request body", causeContain: "zlib"},
		{name: "base64 of nothing useful", body: "AAAA", status: 400, detail: "invalid request body", causeContain: "zlib"},
		{name: "truncated zlib", body: "eJyrVkotS80r", status: 400, detail: "invalid request body", causeContain: "unexpected EOF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			r := store(t, srv, c.body)
			g.Expect(r.Status).To(Equal(c.status))
			if c.status == 200 {
				g.Expect(srv.Events()).To(HaveLen(1))
				return
			}
			detail, causes := r.detail(t)
			g.Expect(detail).To(Equal(c.detail))
			g.Expect(strings.Join(causes, "; ")).To(ContainSubstring(c.causeContain))
			g.Expect(r.Header.Get("X-Sentry-Error")).To(Equal(c.detail))
		})
	}
}

func TestUndecodableBodies(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, encoding, body string
		status               int
	}{
		{"unknown encoding", "lzma", vectorJSON, http.StatusUnsupportedMediaType},
		{"chained encodings", "gzip, br", vectorJSON, http.StatusUnsupportedMediaType},
		{"plain JSON called gzip", "gzip", vectorJSON, 400},
		{"plain JSON called deflate", "deflate", vectorJSON, 400},
		{"plain JSON called brotli", "br", vectorJSON, 400},
		{"plain JSON called zstd", "zstd", vectorJSON, 400},
		{"half a gzip", "gzip", unbase64(t, vectorGzip)[:40], 400},
		{"half a zlib", "deflate", unbase64(t, vectorZlib)[:40], 400},
		{"half a raw deflate", "deflate", unbase64(t, vectorRaw)[:40], 400},
		{"half a brotli", "br", unbase64(t, vectorBrotli)[:40], 400},
		{"half a zstd", "zstd", unbase64(t, vectorZstd)[:40], 400},
		{"gzip with a wrong checksum", "gzip", strings.Replace(unbase64(t, vectorGzip), "\x42\x32\x67", "\x42\x32\x68", 1), 400},
		{"raw deflate with something behind", "deflate", unbase64(t, vectorRaw) + "x", 400},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			for _, path := range []string{storePath, envelopePath} {
				r := send(t, srv, http.MethodPost, path, c.body, authLine, "Content-Encoding: "+c.encoding)
				g.Expect(r.Status).To(Equal(c.status), path)
			}
			g.Expect(srv.Events()).To(BeEmpty())
			g.Expect(srv.Rejected()).To(HaveLen(2))
			store(t, srv, vectorJSON)
			g.Expect(srv.Events()).To(HaveLen(1), "the server carries on")
		})
	}
}

// compressors make the body of each encoding.
var compressors = map[string]func(io.Writer) io.WriteCloser{
	"gzip":    func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
	"deflate": func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
	"br":      func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, 3) },
	"zstd": func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		return z
	},
}

// A decompression bomb is cut off at the limit, and is never held in memory up
// to it. The test is not parallel because it measures what the process
// allocates.
func TestDecompressionBombs(t *testing.T) {
	const limit = 16 << 20
	zeros := make([]byte, limit+1)
	for encoding, newWriter := range compressors {
		t.Run(encoding, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.MaxBodySize(limit))
			bomb := compress(t, zeros, newWriter)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := envelope(t, srv, bomb, "Content-Encoding: "+encoding)
			runtime.ReadMemStats(&after)
			g.Expect(r.Status).To(Equal(http.StatusRequestEntityTooLarge))
			detail, causes := r.detail(t)
			g.Expect(detail).To(Equal("request body exceeded size limits"))
			g.Expect(causes).To(ConsistOf("the decompressed body is longer than 16777216 bytes"))
			allowed := uint64(limit / 2)
			if encoding == "br" || encoding == "zstd" {
				allowed = limit * 3 / 2 // the windows of these are as large as the bomb
			}
			g.Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", allowed), "bytes allocated; a buffer that grew to the limit would take twice the limit")

			r = store(t, srv, bomb, "Content-Encoding: "+encoding)
			g.Expect(r.Status).To(Equal(http.StatusRequestEntityTooLarge))
			g.Expect(srv.Rejected()).To(HaveLen(2))
		})
	}
}

func TestBodyJustWithinTheLimit(t *testing.T) {
	t.Parallel()
	const limit = 3 << 20 // more than is decompressed in one go
	head := "{}\n" + `{"type":"attachment"}` + "\n"
	for encoding, newWriter := range compressors {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t, sentrytest.MaxBodySize(limit))
			for _, n := range []int{limit, limit + 1} {
				body := head + strings.Repeat("x", n-len(head))
				r := envelope(t, srv, compress(t, []byte(body), newWriter), "Content-Encoding: "+encoding)
				g.Expect(r.Status == http.StatusOK).To(Equal(n <= limit), "%d bytes: %d", n, r.Status)
			}
			g.Expect(srv.Envelopes()[0].Items[0].Payload).To(HaveLen(limit - len(head)))
		})
	}
}

func TestBodyTooLongOnTheWire(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t, sentrytest.MaxWireSize(1000))
	r := envelope(t, srv, strings.Repeat("x", 3000))
	g.Expect(r.Status).To(Equal(http.StatusRequestEntityTooLarge))
	g.Expect(srv.Requests()[0].Body).To(HaveLen(1000))
	g.Expect(srv.Rejected()[0].Causes).To(ConsistOf("the request body is longer than 1000 bytes"))
}

// A body of unknown length comes in chunks, in whatever encoding, and the
// envelope endpoint minds no media type.
func TestChunkedBodiesInEveryEncoding(t *testing.T) {
	t.Parallel()
	bodies := map[string]string{storePath: vectorJSON, envelopePath: "{}\n" + `{"type":"event"}` + "\n" + vectorJSON}
	for encoding, newWriter := range compressors {
		for path, body := range bodies {
			for _, contentType := range []string{"", "text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"} {
				g := NewWithT(t)
				srv := sentrytest.NewServer(t)
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL()+path, io.MultiReader(strings.NewReader(compress(t, []byte(body), newWriter))))
				g.Expect(err).NotTo(HaveOccurred())
				req.Header.Set("Content-Encoding", encoding)
				req.Header.Set("X-Sentry-Auth", "Sentry sentry_key=a")
				if contentType != "" {
					req.Header.Set("Content-Type", contentType)
				}
				resp, err := srv.Client().Do(req)
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(resp.Body.Close()).To(Succeed())
				g.Expect(resp.StatusCode).To(Equal(200))
				g.Expect(resp.Header.Get("Access-Control-Allow-Origin")).To(Equal("*"))
				g.Expect(srv.Requests()[0].Header).NotTo(HaveKey("Content-Length"))
				g.Expect(srv.Events()[0].Message).To(Equal("hi"))
			}
		}
	}
}
