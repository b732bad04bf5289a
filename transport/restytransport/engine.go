package restytransport

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/go-resty/resty/v2"

	"github.com/ravenkit/ravenkit/transport"
)

// maxAnswer bounds how much of an answer is read: what counts of it, and the
// rest for the sake of the connection.
const maxAnswer = transport.MaxReply + 256<<10

// engine is the transport.Engine on resty.
type engine struct {
	client *resty.Client
	close  func()
}

var _ transport.Engine = (*engine)(nil)

func newEngine(cfg Config) (*engine, error) {
	if cfg.Client != nil {
		keepRedirectsFrom(cfg.Client)
		return &engine{client: forEvents(cfg.Client), close: func() {}}, nil
	}
	client, closeClient, err := httpClient(cfg.HTTPConfig)
	if err != nil {
		return nil, err
	}
	own := resty.NewWithClient(client).SetLogger(logger{cfg.Logger})
	return &engine{client: own, close: closeClient}, nil
}

// httpClient returns what a client of the transport's own sends with.
func httpClient(cfg transport.HTTPConfig) (client *http.Client, closeClient func(), err error) {
	if cfg.Client == nil {
		return cfg.NewClient()
	}
	c := *cfg.Client
	c.CheckRedirect = refuseRedirect
	if c.Transport == nil {
		c.Transport = http.DefaultTransport // resty would make one, and leave it behind
	}
	return &c, func() {}, nil
}

// forEvents returns the program's client without what is not for events. The
// program's own is not changed by it.
func forEvents(client *resty.Client) *resty.Client {
	c := client.Clone()
	c.RetryCount = 0
	c.FormData = nil
	return c.SetDoNotParseResponse(false)
}

// Post sends a request through the client and its middleware.
func (e *engine) Post(ctx context.Context, r *transport.Request) (*transport.Reply, error) {
	request := e.client.R().
		SetContext(markEvent(ctx)).
		SetBody(bytes.NewReader(r.Body)). // a reader is not copied, nor shown in a debug log
		SetResponseBodyLimit(maxAnswer)
	request.Header = transport.Replayable(r)
	response, err := request.Post(r.URL)
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		err = nil // so large an answer says nothing that counts but its status
	}
	if err != nil {
		return nil, unwrapURL(err)
	}
	raw := response.RawResponse
	if raw.Request != nil && raw.Request.Response != nil {
		// A policy that was set after the client was handed over has let the
		// redirect pass. What followed it was no POST of the event.
		raw = raw.Request.Response
		return &transport.Reply{Status: raw.StatusCode, Header: raw.Header}, nil
	}
	body := response.Body()
	return &transport.Reply{
		Status: raw.StatusCode,
		Header: raw.Header,
		Body:   body[:min(len(body), transport.MaxReply)],
		Proto:  raw.Proto,
	}, nil
}

// Close closes the connections, unless they are the program's.
func (e *engine) Close() { e.close() }

// unwrapURL drops what http.Client puts around an error: the method and the
// URL.
func unwrapURL(err error) error {
	var wrapper *url.Error
	if errors.As(err, &wrapper) {
		return wrapper.Err
	}
	return err
}
