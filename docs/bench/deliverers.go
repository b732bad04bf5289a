package main

import (
	"context"
	"fmt"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/fasthttptransport"
)

// deliverer delivers n events to its project and returns when all were
// answered.
type deliverer struct {
	name    string
	bare    string // the line to compare with
	conns   int
	project int
	deliver func(ctx context.Context, n int) error
	close   func()
}

// someWorkers is the number of connections of contenders that can have several.
const someWorkers = 4

// deliverers are the contenders, grouped by the number of connections.
// sentry-go delivers over one connection, which can't be changed.
func deliverers(ctx context.Context, srv *server) ([]deliverer, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	var all []deliverer
	for _, conns := range []int{someWorkers, 1} {
		for _, open := range []func() (deliverer, error){
			func() (deliverer, error) { return bareDeliverer(srv, requests, conns, false) },
			func() (deliverer, error) { return transportDeliverer(srv, requests, conns) },
			func() (deliverer, error) { return bareDeliverer(srv, requests, conns, true) },
			func() (deliverer, error) { return ourDeliverer(ctx, srv, conns) },
			func() (deliverer, error) { return bareFastDeliverer(srv, requests, conns) },
			func() (deliverer, error) { return fastTransportDeliverer(srv, requests, conns) },
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
	d := deliverer{name: bareName, bare: bareName, project: srv.newProject()}
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

// bareFastDeliverer is the base for fasthttp+, as bareDeliverer is for the
// default transport.
func bareFastDeliverer(srv *server, requests []recording, conns int) (deliverer, error) {
	d := deliverer{name: bareFastName, bare: bareFastName, project: srv.newProject()}
	b := newBareFast(srv.endpoint(d.project), requests, conns)
	d.deliver, d.close = b.deliver, b.close
	return d, nil
}

// transportDeliverer delivers the recorded bodies with our default transport.
func transportDeliverer(srv *server, requests []recording, conns int) (deliverer, error) {
	d := deliverer{name: transportName, bare: bareName, project: srv.newProject()}
	next, err := transport.NewHTTP(transport.HTTPConfig{Compression: "none"})
	if err != nil {
		return d, err
	}
	t, err := transport.NewThreaded(next, transport.ThreadedConfig{Workers: conns, Overflow: transport.Block})
	if err != nil {
		return d, err
	}
	d.through(t, packets(srv.endpoint(d.project), requests))
	return d, nil
}

// fastTransportDeliverer delivers them with fasthttp+.
func fastTransportDeliverer(srv *server, requests []recording, conns int) (deliverer, error) {
	d := deliverer{name: fastTransportName, bare: bareFastName, project: srv.newProject()}
	t, err := fasthttptransport.New(fasthttptransport.Config{
		HTTPConfig: transport.HTTPConfig{Compression: "none"}, Workers: conns, Overflow: transport.Block,
	})
	if err != nil {
		return d, err
	}
	d.through(t, packets(srv.endpoint(d.project), requests))
	return d, nil
}

// packets returns the recorded requests as packets. The bodies are compressed
// already, so the transport must send them unchanged.
func packets(url string, requests []recording) []transport.Packet {
	all := make([]transport.Packet, len(requests))
	for i, r := range requests {
		all[i] = transport.Packet{URL: url, Header: r.header, Body: r.body, Category: "error"}
	}
	return all
}

// through sends packets through a transport from one goroutine. The difference
// to a bare client is the cost of the queue, the workers and reading the
// answers.
func (d *deliverer) through(t transport.AsyncTransport, packets []transport.Packet) {
	d.deliver = func(ctx context.Context, n int) error {
		for i := range n {
			t.SendAsync(ctx, &packets[i%len(packets)], nil)
		}
		return t.Flush(ctx)
	}
	d.close = func() { _ = t.Close(context.Background()) }
}

// ourDeliverer uses the default configuration, but captures wait while the
// queue is full.
func ourDeliverer(ctx context.Context, srv *server, conns int) (deliverer, error) {
	d := deliverer{name: oursName, bare: bareName, project: srv.newProject()}
	c, err := newOurs(ctx, srv.dsn(d.project, fmt.Sprintf("?overflow=block&workers=%d", conns)))
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

// peerDeliverer captures no faster than sentry-go delivers, because it would
// drop events otherwise.
func peerDeliverer(srv *server) (deliverer, error) {
	d := deliverer{name: peerName, conns: 1, bare: bareName, project: srv.newProject()}
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
