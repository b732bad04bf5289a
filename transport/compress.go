package transport

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

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

// compression encodes bodies. Its writers and buffers are pooled: they are
// large, and events come in bursts.
type compression struct {
	encoding string // as Content-Encoding; "" for none
	writers  sync.Pool
	buffers  sync.Pool
}

func newCompression(name string) *compression {
	c := &compression{encoding: name}
	c.buffers.New = func() any { return new(encodedBody) }
	switch name {
	case "gzip":
		c.writers.New = func() any { return gzip.NewWriter(nil) }
	case "deflate":
		c.writers.New = func() any { return zlib.NewWriter(nil) }
	default:
		c.encoding = ""
	}
	return c
}

// encode returns the body as it goes over the wire. The caller releases it
// when the request has ended.
func (c *compression) encode(body []byte) *encodedBody {
	if c.encoding == "" {
		e := &encodedBody{plain: body}
		e.refs.Store(1)
		return e
	}
	e := c.buffers.Get().(*encodedBody)
	e.pool, e.plain = &c.buffers, nil
	e.refs.Store(1)
	e.buf.Reset()
	w := c.writers.Get().(compressor)
	defer c.writers.Put(w)
	w.Reset(&e.buf)
	// Neither call can fail: a bytes.Buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	return e
}

// encodedBody is a body that readers share. net/http may still read one after
// the request has returned, so the buffer goes back to its pool only when the
// last reader is closed.
type encodedBody struct {
	plain []byte // set where nothing is encoded
	buf   bytes.Buffer
	pool  *sync.Pool
	refs  atomic.Int32
}

func (e *encodedBody) bytes() []byte {
	if e.plain != nil {
		return e.plain
	}
	return e.buf.Bytes()
}

func (e *encodedBody) open() (io.ReadCloser, error) {
	e.refs.Add(1)
	r := &bodyReader{body: e}
	r.Reset(e.bytes())
	return r, nil
}

func (e *encodedBody) release() {
	if e.refs.Add(-1) == 0 && e.pool != nil {
		e.pool.Put(e)
	}
}

type bodyReader struct {
	bytes.Reader
	body   *encodedBody
	closed atomic.Bool
}

func (r *bodyReader) Close() error {
	if !r.closed.Swap(true) {
		r.body.release()
	}
	return nil
}

// attach makes the body the request's, replayable for a connection that turns
// out to be dead.
func (e *encodedBody) attach(r *http.Request) {
	r.ContentLength = int64(len(e.bytes()))
	r.GetBody = e.open
	r.Body, _ = e.open()
}
