package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/valyala/fasthttp"
)

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
		return func(i int) error { return b.post(&b.requests[i%len(b.requests)]) }
	})
}

// post makes a request from a recording, as a program does for each event.
func (b *bareFast) post(r *recording) error {
	request, answer := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(answer)
	request.SetRequestURI(b.url)
	request.Header.SetMethod(http.MethodPost)
	for name, values := range r.header {
		request.Header.Set(name, values[0])
	}
	request.SetBodyRaw(r.body)
	if err := b.client.Do(request, answer); err != nil {
		return err
	}
	if status := answer.StatusCode(); status != http.StatusOK {
		return fmt.Errorf("posting a recorded event: %d", status)
	}
	return nil
}

func (b *bareFast) close() { b.client.CloseIdleConnections() }
