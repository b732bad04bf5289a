package main

import (
	"context"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// recording is a request that a client sent, to be sent again.
type recording struct {
	header http.Header
	body   []byte
}

// record captures n events with our client and returns the requests: the
// encoded bodies and the headers.
func record(ctx context.Context, n int) ([]recording, error) {
	srv, err := sentrytest.Start()
	if err != nil {
		return nil, err
	}
	defer srv.Close()
	if err := captureSome(ctx, "http://public@"+srv.Addr()+"/1", n); err != nil {
		return nil, err
	}
	var all []recording
	for _, r := range srv.Requests() {
		all = append(all, recording{header: r.Header, body: []byte(r.Body)})
	}
	return all, nil
}

func captureSome(ctx context.Context, dsn string, n int) error {
	c, err := newOurs(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.close()
	return capturing(c, atOnce)(ctx, n)
}
