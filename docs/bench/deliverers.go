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

// opening is what a deliverer is made of.
type opening struct {
	srv      *server
	project  int
	conns    int
	requests []recording
}

func (o *opening) endpoint() string { return o.srv.endpoint(o.project) }

type (
	deliverFunc = func(ctx context.Context, n int) error
	openFunc    = func(ctx context.Context, o *opening) (deliver deliverFunc, closeAll func(), err error)
)

// deliverers are the contenders, grouped by the number of connections.
// sentry-go delivers over one connection, which can't be changed.
func deliverers(ctx context.Context, srv *server) ([]deliverer, error) {
	requests, err := record(ctx, 256)
	if err != nil {
		return nil, err
	}
	var all []deliverer
	for _, conns := range []int{someWorkers, 1} {
		for _, c := range []struct {
			name, bare string
			open       openFunc
			single     bool // it has one connection only
		}{
			{name: bareName, bare: bareName, open: openBare(false)},
			{name: transportName, bare: bareName, open: openTransport},
			{name: bareEncodeName, bare: bareName, open: openBare(true)},
			{name: oursName, bare: bareName, open: openOurs},
			{name: bareFastName, bare: bareFastName, open: openBareFast},
			{name: fastTransportName, bare: bareFastName, open: openFastTransport},
			{name: peerName, bare: bareName, open: openPeer, single: true},
		} {
			if c.single && conns > 1 {
				continue
			}
			o := &opening{srv: srv, project: srv.newProject(), conns: conns, requests: requests}
			deliver, closeAll, err := c.open(ctx, o)
			if err != nil {
				return nil, err
			}
			all = append(all, deliverer{name: c.name, bare: c.bare, conns: conns, project: o.project, deliver: deliver, close: closeAll})
		}
	}
	return all, nil
}

func openBare(encode bool) openFunc {
	return func(_ context.Context, o *opening) (deliverFunc, func(), error) {
		b, err := newBare(o.endpoint(), o.requests, o.conns, encode)
		if err != nil {
			return nil, nil, err
		}
		return b.deliver, b.close, nil
	}
}

// openBareFast is the base for fasthttp+, as openBare is for the default
// transport.
func openBareFast(_ context.Context, o *opening) (deliverFunc, func(), error) {
	b := newBareFast(o.endpoint(), o.requests, o.conns)
	return b.deliver, b.close, nil
}

// openTransport delivers the recorded bodies with our default transport.
func openTransport(_ context.Context, o *opening) (deliverFunc, func(), error) {
	next, err := transport.NewHTTP(transport.HTTPConfig{Compression: "none"})
	if err != nil {
		return nil, nil, err
	}
	return o.through(transport.NewThreaded(next, transport.ThreadedConfig{Workers: o.conns, Overflow: transport.Block}))
}

// openFastTransport delivers them with fasthttp+.
func openFastTransport(_ context.Context, o *opening) (deliverFunc, func(), error) {
	return o.through(fasthttptransport.New(fasthttptransport.Config{
		HTTPConfig: transport.HTTPConfig{Compression: "none"}, Workers: o.conns, Overflow: transport.Block,
	}))
}

// through sends the recorded requests through a transport from one goroutine.
// The bodies are compressed already, so the transport must send them unchanged.
// The difference to a bare client is the cost of the queue, the workers and
// reading the answers.
func (o *opening) through(t *transport.Threaded, err error) (deliverFunc, func(), error) {
	if err != nil {
		return nil, nil, err
	}
	packets := make([]transport.Packet, len(o.requests))
	for i, r := range o.requests {
		packets[i] = transport.Packet{URL: o.endpoint(), Header: r.header, Body: r.body, Category: "error"}
	}
	deliver := func(ctx context.Context, n int) error {
		for i := range n {
			t.SendAsync(ctx, &packets[i%len(packets)], nil)
		}
		return t.Flush(ctx)
	}
	return deliver, func() { _ = t.Close(context.Background()) }, nil
}

// openOurs uses the default configuration, but captures wait while the queue is
// full.
func openOurs(ctx context.Context, o *opening) (deliverFunc, func(), error) {
	c, err := newOurs(ctx, o.srv.dsn(o.project, fmt.Sprintf("?overflow=block&workers=%d", o.conns)))
	if err != nil {
		return nil, nil, err
	}
	return capturing(c, atOnce), c.close, nil
}

// openPeer captures no faster than sentry-go delivers, because it would drop
// events otherwise.
func openPeer(_ context.Context, o *opening) (deliverFunc, func(), error) {
	w := newWindow()
	c, err := newPeer(o.srv.dsn(o.project, ""), w)
	if err != nil {
		return nil, nil, err
	}
	return capturing(c, w.enter), c.close, nil
}

func atOnce() error { return nil }

// capturing captures errors, each after enter, and flushes.
func capturing(c contender, enter func() error) deliverFunc {
	return func(ctx context.Context, n int) (err error) {
		atDepth(func() {
			for range n {
				if err = enter(); err != nil {
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
}
