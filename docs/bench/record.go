package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
)

// recording is a request that a client sent, to be sent again.
type recording struct {
	header http.Header
	body   []byte
}

// record captures n events with our client and returns the requests: the
// encoded bodies and the headers.
func record(ctx context.Context, n int) ([]recording, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	var (
		mu   sync.Mutex
		all  []recording
		errs []error
	)
	receiver := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
		all = append(all, recording{header: r.Header.Clone(), body: body})
		_, _ = io.WriteString(w, answer)
	})}
	go func() { _ = receiver.Serve(l) }()
	defer receiver.Close()
	if err := captureSome(ctx, "http://public@"+l.Addr().String()+"/1", n); err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	return all, errors.Join(errs...)
}

func captureSome(ctx context.Context, dsn string, n int) error {
	c, err := newOurs(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.close()
	atDepth(func() {
		for range n {
			c.exception(newError())
		}
	})
	return c.flush(ctx)
}
