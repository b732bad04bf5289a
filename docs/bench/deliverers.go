package main

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/transport"
)

// deliverer delivers n events to its project and returns when all have been
// answered.
type deliverer struct {
	name    string
	conns   int
	project int
	deliver func(ctx context.Context, n int) error
	close   func()
}

// defaultWorkers is how many connections our client delivers from by default.
const defaultWorkers = 4

// deliverers are the contenders, those with as many connections next to each
// other. sentry-go delivers from one connection and can't be told otherwise.
func deliverers(ctx context.Context, srv *server) ([]deliverer, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	var all []deliverer
	for _, conns := range []int{defaultWorkers, 1} {
		for _, open := range []func() (deliverer, error){
			func() (deliverer, error) { return bareDeliverer(srv, requests, conns, false) },
			func() (deliverer, error) { return transportDeliverer(srv, requests, conns) },
			func() (deliverer, error) { return bareDeliverer(srv, requests, conns, true) },
			func() (deliverer, error) { return ourDeliverer(ctx, srv, conns) },
		} {
			d, err := open()
			if err != nil {
				return nil, err
			}
			d.conns = conns
			all = append(all, d)
		}
	}
	d, err := peerDeliverer(srv)
	return append(all, d), err
}

func bareDeliverer(srv *server, requests []recording, conns int, encode bool) (deliverer, error) {
	d := deliverer{name: bareName, project: srv.newProject()}
	if encode {
		d.name = bareEncodeName
	}
	b, err := newBare(srv.endpoint(d.project), requests, conns, encode)
	if err != nil {
		return d, err
	}
	d.deliver, d.close = b.deliver, b.close
	return d, nil
}

// transportDeliverer hands the recorded bodies, encoded as they are, to our
// default transport from one goroutine. Beside bareDeliverer it shows what
// queue, workers and the reading of answers cost.
func transportDeliverer(srv *server, requests []recording, conns int) (deliverer, error) {
	d := deliverer{name: transportName, project: srv.newProject()}
	next, err := transport.NewHTTP(transport.HTTPConfig{Compression: "none"})
	if err != nil {
		return d, err
	}
	t, err := transport.NewThreaded(next, transport.ThreadedConfig{Workers: conns, Overflow: transport.Block})
	if err != nil {
		return d, err
	}
	packets := make([]transport.Packet, len(requests))
	for i, r := range requests {
		packets[i] = transport.Packet{URL: srv.endpoint(d.project), Header: r.header, Body: r.body, Category: "error"}
	}
	d.deliver = func(ctx context.Context, n int) error {
		for i := range n {
			t.SendAsync(ctx, &packets[i%len(packets)], nil)
		}
		return t.Flush(ctx)
	}
	d.close = func() { _ = t.Close(context.Background()) }
	return d, nil
}

// ourDeliverer makes captures wait while the queue is full, and is the
// default otherwise.
func ourDeliverer(ctx context.Context, srv *server, conns int) (deliverer, error) {
	d := deliverer{name: oursName, project: srv.newProject()}
	options := "?overflow=block"
	if conns != defaultWorkers {
		options += fmt.Sprintf("&workers=%d", conns)
	}
	c, err := newOurs(ctx, srv.dsn(d.project, options))
	if err != nil {
		return d, err
	}
	d.close = c.close
	d.deliver = func(ctx context.Context, n int) error {
		atDepth(func() {
			for range n {
				c.exception(newError())
			}
		})
		return c.flush(ctx)
	}
	return d, nil
}

// peerDeliverer captures no faster than sentry-go delivers, for otherwise it
// drops events.
func peerDeliverer(srv *server) (deliverer, error) {
	d := deliverer{name: peerName, conns: 1, project: srv.newProject()}
	w := newWindow()
	c, err := newPeer(srv.dsn(d.project, ""), w)
	if err != nil {
		return d, err
	}
	d.close = c.close
	d.deliver = func(ctx context.Context, n int) error {
		var err error
		atDepth(func() {
			for range n {
				if err = w.enter(); err != nil {
					return
				}
				c.exception(newError())
			}
		})
		if err != nil {
			return err
		}
		return c.flush(ctx)
	}
	return d, nil
}
