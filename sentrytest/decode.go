package sentrytest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// firstPass is how much of a body is decompressed in one go. Only a body that is longer and that has been
// measured to keep the limit gets a buffer of its full size, so a decompression bomb never occupies more.
const firstPass = 512 << 10

// zstdWindow bounds the memory that a zstd frame can ask for before it has produced anything. It is what
// RFC 8878 asks every decoder to support.
const zstdWindow = 8 << 20

var errTooLong = errors.New("too long")

// errLeftOver is a body that goes on after the end of its compressed data.
var errLeftOver = errors.New("data after the end of the compressed stream")

// encodingOf returns the Content-Encoding in the form in which it is compared.
func encodingOf(header http.Header) string {
	return strings.ToLower(strings.TrimSpace(strings.Join(header.Values("Content-Encoding"), ",")))
}

// opener starts the decompression of a body.
type opener func(body []byte) (io.ReadCloser, error)

// The ways to read what has only one, made once.
var (
	gzipOpeners   = []opener{openGzip}
	brotliOpeners = []opener{openBrotli}
	zstdOpeners   = []opener{openZstd}
)

// openersFor returns the ways to read an encoding, to be tried in turn (protocol section 2.2). deflate means
// zlib to Relay and most others but raw deflate to some, and clients of both kinds exist.
func openersFor(encoding string, form DeflateForm) ([]opener, *refusal) {
	switch encoding {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return gzipOpeners, nil
	case "deflate":
		return deflateOpeners[form], nil
	case "br":
		return brotliOpeners, nil
	case "zstd":
		return zstdOpeners, nil
	}
	return nil, refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("unsupported content encoding %q", encoding))
}

// decodeBody undoes the Content-Encoding of a body. The result has at most limit bytes.
func (c *config) decodeBody(body []byte, encoding string, limit int64) ([]byte, *refusal) {
	openers, r := openersFor(encoding, c.rules.Deflate)
	if r != nil {
		return nil, r
	}
	if len(openers) == 0 {
		if int64(len(body)) > limit {
			return nil, tooLong("the body", limit)
		}
		return body, nil
	}
	var first error
	for _, open := range openers {
		out, err := inflate(body, open, limit)
		if err == nil {
			return out, nil
		}
		if errors.Is(err, errTooLong) {
			return nil, tooLong("the decompressed body", limit)
		}
		if first == nil {
			first = err
		}
	}
	return nil, badRequest("invalid request body", fmt.Sprintf("content encoding %s: %v", encoding, first))
}

// inflate decompresses in two passes if one is not enough: see firstPass.
func inflate(body []byte, open opener, limit int64) ([]byte, error) {
	buf := borrow()
	n, err := readPass(body, open, min(firstPass, limit), limit, buf)
	if err == nil && int64(buf.Len()) == n {
		return settleUp(buf), nil
	}
	giveBack(buf)
	if err != nil {
		return nil, err
	}
	whole := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
	if _, err := readPass(body, open, n, n, whole); err != nil {
		return nil, err
	}
	return whole.Bytes(), nil
}

// readPass decompresses body, keeps the first keep bytes in buf, counts the rest, and returns how many there
// are in all.
func readPass(body []byte, open opener, keep, limit int64, buf *bytes.Buffer) (int64, error) {
	r, err := open(body)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	kept, err := io.Copy(buf, io.LimitReader(r, keep))
	if err != nil {
		return 0, err
	}
	if kept < keep {
		return kept, nil
	}
	// One byte more than the limit is enough to know.
	rest, err := io.Copy(io.Discard, io.LimitReader(r, limit-kept+1))
	if err != nil {
		return 0, err
	}
	if kept+rest > limit {
		return 0, errTooLong
	}
	return kept + rest, nil
}

// The decoders of gzip and zlib hold no channels, so one pool may serve servers inside and outside of
// testing/synctest bubbles. Those of zstd do, and are made anew.
var gzipReaders sync.Pool

type pooledGzip struct{ *gzip.Reader }

func (p pooledGzip) Close() error {
	gzipReaders.Put(p.Reader)
	return nil
}

func openGzip(body []byte) (io.ReadCloser, error) {
	if r, ok := gzipReaders.Get().(*gzip.Reader); ok {
		if err := r.Reset(bytes.NewReader(body)); err != nil {
			gzipReaders.Put(r)
			return nil, err
		}
		return pooledGzip{r}, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return pooledGzip{r}, nil
}

func openZlib(body []byte) (io.ReadCloser, error) {
	return zlib.NewReader(bytes.NewReader(body))
}

// openFlate reads raw deflate, which has neither header nor checksum. That the stream has to end where the
// body ends is what tells it from bytes that only look like deflate.
func openFlate(body []byte) (io.ReadCloser, error) {
	src := bytes.NewReader(body)
	return &exact{flate.NewReader(src), src}, nil
}

type exact struct {
	io.ReadCloser
	src *bytes.Reader
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && e.src.Len() > 0 {
		return n, errLeftOver
	}
	return n, err
}

func openBrotli(body []byte) (io.ReadCloser, error) {
	return io.NopCloser(brotli.NewReader(bytes.NewReader(body))), nil
}

func openZstd(body []byte) (io.ReadCloser, error) {
	d, err := zstd.NewReader(bytes.NewReader(body),
		zstd.WithDecoderConcurrency(1), // one means no goroutines
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
