package transporttest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"

	"github.com/ravenkit/ravenkit/transport"
)

// brokenEngine is an Engine over net/http with optional mistakes.
type brokenEngine struct {
	client *http.Client
	close  func()

	// A stale connection is an error.
	noRepeat bool
	read     func(*http.Response) ([]byte, error) // nil: reads all
	hangsUp  func(*http.Response) bool            // reads the start and closes
	// The context ends with the headers.
	bodyCtx bool
}

func (e *brokenEngine) Close() { e.close() }

func (e *brokenEngine) Post(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	if e.bodyCtx {
		return e.postTwoPhased(ctx, r)
	}
	return e.post(ctx, r)
}

func (e *brokenEngine) post(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	var conn net.Conn
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) { conn = info.Conn }})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header = transport.Replayable(r)
	if e.noRepeat {
		delete(request.Header, "Idempotency-Key")
	}
	answer, err := e.client.Do(request)
	if err != nil {
		return nil, errors.Unwrap(err) // *url.Error
	}
	defer answer.Body.Close()
	read := e.read
	switch {
	case e.hangsUp != nil && e.hangsUp(answer):
		// net/http may read the rest of a closed body.
		defer conn.Close()
		read = func(a *http.Response) ([]byte, error) { return io.ReadAll(io.LimitReader(a.Body, transport.MaxReply)) }
	case read == nil:
		read = func(a *http.Response) ([]byte, error) { return transport.ReadReply(a) }
	}
	body, err := read(answer)
	if err != nil {
		return nil, err
	}
	return &transport.Reply{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// postTwoPhased applies ctx only until the body of the answer.
func (e *brokenEngine) postTwoPhased(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	whole, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { cancel(ctx.Err()) })
	defer stop()
	c := *e
	c.read = func(a *http.Response) ([]byte, error) {
		stop()
		return transport.ReadReply(a)
	}
	return c.post(whole, r)
}

// engines breaks an HTTP with its engine.
func engines(change func(e *brokenEngine)) func(*testing.T) transport.OpenFunc {
	return func(*testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			var cfg transport.HTTPConfig
			if err := transport.DecodeOptions(dsn.Options, &cfg); err != nil {
				return nil, err
			}
			cfg.Apply(env)
			client, closeClient, err := cfg.NewClient()
			if err != nil {
				return nil, err
			}
			e := &brokenEngine{client: client, close: closeClient}
			change(e)
			cfg.Engine = e
			return transport.NewHTTP(cfg)
		}
	}
}

var brokenEngines = []broken{
	{
		what: "follows redirects", cases: "Redirects",
		open: engines(func(e *brokenEngine) { e.client.CheckRedirect = nil }),
	},
	{
		what: "gives up on a stale connection", cases: "StaleConnection",
		open: engines(func(e *brokenEngine) { e.noRepeat = true }),
	},
	{
		what: "reads short answers only", cases: "DrainsAnswers",
		open: engines(func(e *brokenEngine) {
			e.hangsUp = func(a *http.Response) bool { return a.ContentLength < 0 || a.ContentLength > transport.MaxReply }
		}),
	},
	{
		what: "closes the connection after refusals", cases: "KeepAlive",
		open: engines(func(e *brokenEngine) {
			e.hangsUp = func(a *http.Response) bool { return a.StatusCode == 404 }
		}),
	},
	{
		what: "does not read an answer with a large Content-Length", cases: "BrokenConnection",
		open: engines(func(e *brokenEngine) {
			e.read = func(a *http.Response) ([]byte, error) {
				if a.ContentLength > 256<<10 {
					return nil, nil
				}
				return transport.ReadReply(a)
			}
		}),
	},
	{
		what: "treats the announced end of a connection as a failure", cases: "KeepAliveOff Retired",
		open: engines(func(e *brokenEngine) {
			e.read = func(a *http.Response) ([]byte, error) {
				if a.Close {
					return nil, io.ErrUnexpectedEOF
				}
				return transport.ReadReply(a)
			}
		}),
	},
	{
		what: "limits the time for the headers, not for the body", cases: "BodyTimeout",
		open: engines(func(e *brokenEngine) { e.bodyCtx = true }),
	},
}
