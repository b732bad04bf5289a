package transport

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// compressionNames are the values of the option; the first is the default.
var compressionNames = []string{"gzip", "deflate", "none"}

// compressor is what gzip.Writer and zlib.Writer have in common.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compression encodes bodies. Its writers are pooled with a buffer each: they
// are large, and events come in bursts.
type compression struct {
	name    string // as Content-Encoding; "" for none
	writers sync.Pool
}

type pooledWriter struct {
	compressor
	buf bytes.Buffer
}

func newCompression(name string) *compression {
	c := &compression{name: name}
	switch name {
	case "gzip":
		// The higher levels save a twentieth of the bytes of an event, for a
		// third more time.
		c.writers.New = func() any {
			w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for levels that do not exist
			return &pooledWriter{compressor: w}
		}
	case "deflate":
		c.writers.New = func() any { return &pooledWriter{compressor: zlib.NewWriter(nil)} }
	default:
		c.name = ""
	}
	return c
}

// encode returns the body as it goes over the wire.
func (c *compression) encode(body []byte) []byte {
	if c.name == "" {
		return body
	}
	w := c.writers.Get().(*pooledWriter)
	defer c.writers.Put(w)
	w.buf.Reset()
	w.Reset(&w.buf)
	// Neither call can fail: a bytes.Buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	// An engine may read a body after its Post has returned, so it gets one
	// that nobody else will write to.
	return slices.Clone(w.buf.Bytes())
}
