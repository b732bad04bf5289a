package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// bare posts recorded requests with net/http only: the maximum for any client
// on net/http with as many connections.
type bare struct {
	url      string
	requests []recording
	conns    int
	encode   bool // compress plain bodies for every request
	client   *http.Client
}

func newBare(url string, requests []recording, conns int, encode bool) (*bare, error) {
	if encode {
		var err error
		if requests, err = decoded(requests); err != nil {
			return nil, err
		}
	}
	t := &http.Transport{MaxConnsPerHost: conns, MaxIdleConnsPerHost: conns, DisableCompression: true}
	return &bare{url: url, requests: requests, conns: conns, encode: encode, client: &http.Client{Transport: t}}, nil
}

// decoded returns the requests with uncompressed bodies.
func decoded(requests []recording) ([]recording, error) {
	plain := make([]recording, len(requests))
	for i, r := range requests {
		z, err := gzip.NewReader(bytes.NewReader(r.body))
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		plain[i] = recording{header: r.header, body: body}
	}
	return plain, nil
}

func (b *bare) deliver(ctx context.Context, n int) error {
	return fromEach(b.conns, n, func() func(int) error {
		var z encoding
		return func(i int) error {
			r := &b.requests[i%len(b.requests)]
			body := r.body
			if b.encode {
				body = z.encode(body)
			}
			return b.post(ctx, r.header, body)
		}
	})
}

// fromEach posts the requests 0 to n-1 from one goroutine per connection, each
// with a function of its own. It stops at the first error.
func fromEach(conns, n int, open func() (post func(i int) error)) error {
	var (
		next   atomic.Int64
		failed atomic.Pointer[error]
		wg     sync.WaitGroup
	)
	for range conns {
		wg.Go(func() {
			post := open()
			for i := next.Add(1); i <= int64(n) && failed.Load() == nil; i = next.Add(1) {
				if err := post(int(i - 1)); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (b *bare) post(ctx context.Context, header http.Header, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header = header
	answer, err := b.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("posting a recorded event: %s", answer.Status)
	}
	return nil
}

func (b *bare) close() { b.client.CloseIdleConnections() }

// encoding compresses bodies one after the other, in the same memory, with the
// package and the level of our transport.
type encoding struct {
	writer *gzip.Writer
	buffer bytes.Buffer
}

// encode returns a body that is valid until the next call.
func (e *encoding) encode(body []byte) []byte {
	e.buffer.Reset()
	if e.writer == nil {
		// Fails only for levels that do not exist.
		e.writer, _ = gzip.NewWriterLevel(&e.buffer, gzip.BestSpeed)
	} else {
		e.writer.Reset(&e.buffer)
	}
	// Neither call can fail: writing to a bytes.Buffer never does.
	_, _ = e.writer.Write(body)
	_ = e.writer.Close()
	return e.buffer.Bytes()
}
