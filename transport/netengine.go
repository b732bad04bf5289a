package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

// netEngine is the Engine on net/http.
type netEngine struct {
	client *http.Client
	close  func()
}

func newNetEngine(c HTTPConfig) (*netEngine, error) {
	if c.Client != nil {
		client := *c.Client
		client.CheckRedirect = refuseRedirect
		return &netEngine{client: &client, close: func() {}}, nil
	}
	client, closeClient, err := c.NewClient()
	if err != nil {
		return nil, err
	}
	return &netEngine{client: client, close: closeClient}, nil
}

// NewClient returns an http.Client that is set up as the configuration says,
// but for Timeout and Compression, and follows no redirects. It is for engines
// on top of net/http; their Close calls the function that comes with it, which
// closes every connection. The error is an *[OptionError].
func (c HTTPConfig) NewClient() (client *http.Client, closeClient func(), err error) {
	c = c.withDefaults()
	tlsConfig, err := c.TLSConfig()
	if err != nil {
		return nil, nil, err
	}
	life, end := context.WithCancel(context.Background())
	opened := conns.New(c.DialContext, c.Timeout, life)
	t := &http.Transport{
		Proxy:               c.proxyFunc(),
		DialContext:         opened.Dial,
		TLSClientConfig:     tlsConfig,
		TLSHandshakeTimeout: c.Timeout,
		DisableKeepAlives:   c.DisableKeepAlive,
		DisableCompression:  true,
		MaxConnsPerHost:     c.MaxConns,
		MaxIdleConnsPerHost: c.MaxConns,
		IdleConnTimeout:     90 * time.Second,
	}
	closeClient = func() {
		end()
		t.CloseIdleConnections()
		opened.CloseAll()
	}
	return &http.Client{Transport: t, CheckRedirect: refuseRedirect}, closeClient, nil
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (e *netEngine) Post(ctx context.Context, r *Request) (*Reply, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	request.Header = Replayable(r.Header)
	answer, err := e.client.Do(request)
	if err != nil {
		return nil, unwrapURL(err)
	}
	defer answer.Body.Close()
	body, err := ReadReply(answer.Body)
	if err != nil {
		return nil, err
	}
	return &Reply{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

func (e *netEngine) Close() { e.close() }

// Replayable returns a copy of a header that tells net/http that the request
// may be repeated on a fresh connection when a kept one turns out to be dead
// before any answer: the server knows an event that came twice by its id. The
// entry it adds, an empty list, is not sent.
func Replayable(header http.Header) http.Header {
	c := make(http.Header, len(header)+1)
	for name, values := range header {
		c[name] = values
	}
	c["Idempotency-Key"] = nil
	return c
}

// ReadReply reads the start of an answer's body, [MaxReply] bytes at most, and
// the rest for the sake of the connection, which can be used again only when
// nothing is left in it. After a quarter of a mebibyte it leaves the rest.
func ReadReply(body io.Reader) ([]byte, error) {
	const drained = 256 << 10
	text, err := io.ReadAll(io.LimitReader(body, MaxReply))
	if err == nil && len(text) == MaxReply {
		_, err = io.CopyN(io.Discard, body, drained)
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return text, err
}

// unwrapURL drops what http.Client puts around an error: the method and the
// URL, which [NetworkError] names already.
func unwrapURL(err error) error {
	var wrapper *url.Error
	if errors.As(err, &wrapper) {
		return wrapper.Err
	}
	return err
}
