package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/valyala/fasthttp"
)

// bareFast posts recorded requests with nothing but fasthttp.
type bareFast struct {
	url      string
	requests []recording
	conns    int
	client   *fasthttp.Client
}

func newBareFast(url string, requests []recording, conns int) *bareFast {
	return &bareFast{url: url, requests: requests, conns: conns, client: &fasthttp.Client{MaxConnsPerHost: conns}}
}

// deliver posts n requests. fasthttp has no contexts.
func (b *bareFast) deliver(_ context.Context, n int) error {
	return fromEach(b.conns, n, func() func(int) error {
		requests := b.prepared()
		var answer fasthttp.Response
		return func(i int) error {
			if err := b.client.Do(&requests[i%len(requests)], &answer); err != nil {
				return err
			}
			if status := answer.StatusCode(); status != http.StatusOK {
				return fmt.Errorf("posting a recorded event: %d", status)
			}
			return nil
		}
	})
}

// prepared are the requests in fasthttp's form. One goroutine may use them.
func (b *bareFast) prepared() []fasthttp.Request {
	all := make([]fasthttp.Request, len(b.requests))
	for i, r := range b.requests {
		request := &all[i]
		request.SetRequestURI(b.url)
		request.Header.SetMethod(http.MethodPost)
		for name, values := range r.header {
			request.Header.Set(name, values[0])
		}
		request.SetBodyRaw(r.body)
	}
	return all
}

func (b *bareFast) close() { b.client.CloseIdleConnections() }
