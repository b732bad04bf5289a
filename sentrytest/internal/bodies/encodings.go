// Package bodies undoes what a body was wrapped in: content encodings, forms,
// and JSON with NaN in it. A hostile body costs no more memory than the
// caller's limit.
//
// It must know nothing of requests, answers or envelopes.
package bodies

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// firstPass is how much of a body is decompressed at once. A longer body is
// measured before it gets a buffer of its full size, so that a decompression
// bomb never occupies more.
const firstPass = 512 << 10

// zstdWindow limits the memory of a zstd frame before it has output. RFC 8878
// asks every decoder to support this size.
const zstdWindow = 8 << 20

// ErrTooLong is the error of a body that is longer than its limit.
var ErrTooLong = errors.New("too long")

// errLeftOver is the error of a body with bytes after its compressed data.
var errLeftOver = errors.New("data after the end of the compressed stream")

// Opener starts the decompression of a body.
type Opener func(body []byte) (io.ReadCloser, error)

// Plain reports whether the encoding leaves a body as it is.
func Plain(encoding string) bool { return encoding == "" || encoding == "identity" }

// Known reports whether bodies of the encoding can be decoded.
func Known(encoding string) bool {
	return Plain(encoding) || encoding == "deflate" || openersOf[encoding] != nil
}

// openersOf are the ways to read an encoding, to be tried in turn. deflate is
// missing: it means zlib to Relay and most other servers but raw deflate to
// some, and clients of both kinds exist.
var openersOf = map[string][]Opener{"gzip": {openGzip}, "x-gzip": {openGzip}, "br": {openBrotli}, "zstd": {openZstd}}

// Decode undoes the encoding of a body. The encoding is in lower case; deflate
// are the ways to read that encoding. The error is ErrTooLong if the result
// would have more than limit bytes, and else the error of the first way. Unless
// scratch is nil, the result may be in that empty buffer.
func Decode(body []byte, encoding string, deflate []Opener, limit int64, scratch *bytes.Buffer) ([]byte, error) {
	if Plain(encoding) {
		if int64(len(body)) > limit {
			return nil, ErrTooLong
		}
		return body, nil
	}
	openers := openersOf[encoding]
	if encoding == "deflate" {
		openers = deflate
	}
	var first error
	for _, open := range openers {
		out, err := inflate(body, open, limit, scratch)
		if err == nil || errors.Is(err, ErrTooLong) {
			return out, err
		}
		if first == nil {
			first = err
		}
	}
	if first == nil {
		first = errors.New("unknown")
	}
	return nil, fmt.Errorf("content encoding %s: %w", encoding, first)
}

// Inflate decompresses in two passes if one is not enough: see firstPass.
func Inflate(body []byte, open Opener, limit int64) ([]byte, error) {
	return inflate(body, open, limit, nil)
}

func inflate(body []byte, open Opener, limit int64, scratch *bytes.Buffer) ([]byte, error) {
	buf := scratch
	if buf == nil {
		buf = Borrow()
	}
	buf.Reset()
	n, err := readPass(body, open, min(firstPass, limit), limit, buf)
	complete := err == nil && int64(buf.Len()) == n
	switch {
	case complete && scratch != nil:
		return buf.Bytes(), nil
	case complete:
		return SettleUp(buf), nil
	case scratch == nil:
		GiveBack(buf)
	}
	if err != nil {
		return nil, err
	}
	whole := bytes.NewBuffer(make([]byte, 0, n+bytes.MinRead))
	if _, err := readPass(body, open, n, n, whole); err != nil {
		return nil, err
	}
	return whole.Bytes(), nil
}

// readPass decompresses body, stores the first keep bytes in buf, and returns
// the number of all bytes.
func readPass(body []byte, open Opener, keep, limit int64, buf *bytes.Buffer) (int64, error) {
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
	// One byte more than the limit shows that it is exceeded.
	rest, err := io.Copy(io.Discard, io.LimitReader(r, limit-kept+1))
	if err != nil {
		return 0, err
	}
	if kept+rest > limit {
		return 0, ErrTooLong
	}
	return kept + rest, nil
}

// gzipReaders may serve servers inside and outside of testing/synctest bubbles,
// since decoders of gzip hold no channels. Those of zstd do, and are made anew.
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

// OpenZlib reads deflate with the header and checksum of zlib (RFC 1950).
func OpenZlib(body []byte) (io.ReadCloser, error) {
	return zlib.NewReader(bytes.NewReader(body))
}

// OpenFlate reads raw deflate, which has neither header nor checksum. The
// stream has to end where the body ends, which excludes bytes that only look
// like deflate.
func OpenFlate(body []byte) (io.ReadCloser, error) {
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

// containers are compressions, by the bytes that they begin with.
var containers = []struct {
	magic string
	open  Opener
}{{"\x1f\x8b", openGzip}, {"\x28\xb5\x2f\xfd", openZstd}, {"BZh", openBzip2}}

// Unpack undoes gzip, zstd or bzip2 where the data begin as these do. The
// result has at most limit bytes, else the error is ErrTooLong.
func Unpack(data []byte, limit int64) ([]byte, error) {
	for _, c := range containers {
		if bytes.HasPrefix(data, []byte(c.magic)) {
			return Inflate(data, c.open, limit)
		}
	}
	return data, nil
}

func openBzip2(body []byte) (io.ReadCloser, error) {
	return io.NopCloser(bzip2.NewReader(bytes.NewReader(body))), nil
}
