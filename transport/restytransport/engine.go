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

// maxAnswer limits how much of an answer is read. More than MaxReply is read
// because a connection can be used again only after the whole answer is read.
const maxAnswer = transport.MaxReply + 256<<10

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

// httpClient returns the http.Client for a client of the transport's own.
func httpClient(cfg transport.HTTPConfig) (client *http.Client, closeClient func(), err error) {
	if cfg.Client == nil {
		return cfg.NewClient()
	}
	c := *cfg.Client
	c.CheckRedirect = refuseRedirect
	if c.Transport == nil {
		// resty would make a transport that is never closed.
		c.Transport = http.DefaultTransport
	}
	return &c, func() {}, nil
}

// forEvents returns a copy of the program's client without the settings that do
// not apply to events.
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
		// A reader is neither copied nor shown in a debug log.
		SetBody(bytes.NewReader(r.Body)).
		SetResponseBodyLimit(maxAnswer)
	request.Header = transport.Replayable(r)
	response, err := request.Post(r.URL)
	if errors.Is(err, resty.ErrResponseBodyTooLarge) {
		// Of so large an answer, only the status counts.
		err = nil
	}
	if err != nil {
		return nil, unwrapURL(err)
	}
	raw := response.RawResponse
	if raw.Request != nil && raw.Request.Response != nil {
		// A policy that was set later let the redirect pass. The requests after
		// it were not POSTs of the event.
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

// Close closes the connections, unless they belong to the program's client.
func (e *engine) Close() { e.close() }

// unwrapURL removes http.Client's wrapper with the method and the URL from an
// error.
func unwrapURL(err error) error {
	if wrapper, ok := errors.AsType[*url.Error](err); ok {
		return wrapper.Err
	}
	return err
}
