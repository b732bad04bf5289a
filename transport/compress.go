package transport

import (
	"bytes"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// compressionNames are the values of the option compression; the first is the
// default.
var compressionNames = []string{"gzip", "deflate", "none"}

// compressor is the common interface of gzip.Writer and zlib.Writer.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compression encodes bodies. It pools its writers, each with a buffer: they
// are large, and events come in bursts.
type compression struct {
	name    string // the value of Content-Encoding; "" for none
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
		// Higher levels make an event a twentieth smaller and take a third more
		// time.
		c.writers.New = func() any {
			// Fails only for levels that do not exist.
			w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed)
			return &pooledWriter{compressor: w}
		}
	case "deflate":
		c.writers.New = func() any { return &pooledWriter{compressor: zlib.NewWriter(nil)} }
	default:
		c.name = ""
	}
	return c
}

// encode returns the body in its encoding for the wire.
func (c *compression) encode(body []byte) []byte {
	if c.name == "" {
		return body
	}
	w := c.writers.Get().(*pooledWriter)
	defer c.writers.Put(w)
	w.buf.Reset()
	w.Reset(&w.buf)
	// Neither call can fail: writing to a bytes.Buffer never does.
	_, _ = w.Write(body)
	_ = w.Close()
	// An engine may read the body after its Post has returned, so the body must
	// not share the pooled buffer.
	return slices.Clone(w.buf.Bytes())
}
