package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/transport/internal/conns"
)

type netEngine struct {
	roundTrip func(*http.Request) (*http.Response, error)
	close     func()
	endpoint  atomic.Pointer[endpoint] // the last one used
}

// endpoint is a parsed address. A client has one, so it is kept.
type endpoint struct {
	text string
	url  *url.URL
}

func newNetEngine(c HTTPConfig) (*netEngine, error) {
	if c.Client != nil {
		client := *c.Client
		client.CheckRedirect = refuseRedirect
		return &netEngine{roundTrip: client.Do, close: func() {}}, nil
	}
	t, closeTransport, err := c.newTransport()
	if err != nil {
		return nil, err
	}
	return &netEngine{roundTrip: t.roundTrip, close: closeTransport}, nil
}

// NewClient returns an http.Client for the configuration, without Timeout and
// Compression. It follows no redirects. It uses HTTP/2 if the server offers it.
// If a kept connection dies before any answer, it sends the request once more,
// provided that the request has a GetBody. It is for engines on top of
// net/http; their Close must call closeClient, which closes every connection.
// The error is an *[OptionError].
func (c HTTPConfig) NewClient() (client *http.Client, closeClient func(), err error) {
	t, closeClient, err := c.newTransport()
	if err != nil {
		return nil, nil, err
	}
	return &http.Client{Transport: t, CheckRedirect: refuseRedirect}, closeClient, nil
}

func (c HTTPConfig) newTransport() (t *netTransport, closeTransport func(), err error) {
	c = c.withDefaults()
	tlsConfig, err := c.TLSConfig()
	if err != nil {
		return nil, nil, err
	}
	life, end := context.WithCancel(context.Background())
	opened := conns.New(c.DialContext, c.Timeout, life)
	t = newNetTransport(c, opened, tlsConfig)
	return t, func() {
		end()
		t.CloseIdleConnections()
		opened.CloseAll()
	}, nil
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (e *netEngine) Post(ctx context.Context, r *Request) (*Reply, error) {
	target, err := e.parse(r.URL)
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
	body, _ := open()
	request := &http.Request{
		Method: http.MethodPost, URL: target, Host: target.Host,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: Replayable(r), ContentLength: int64(len(r.Body)), Body: body, GetBody: open,
	}
	answer, err := e.roundTrip(request.WithContext(ctx))
	if err != nil {
		return nil, unwrapURL(err)
	}
	defer answer.Body.Close()
	text, err := ReadReply(answer)
	if err != nil {
		return nil, err
	}
	return &Reply{Status: answer.StatusCode, Header: answer.Header, Body: text, Proto: answer.Proto}, nil
}

func (e *netEngine) parse(text string) (*url.URL, error) {
	if last := e.endpoint.Load(); last != nil && last.text == text {
		return last.url, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, unwrapURL(err)
	}
	e.endpoint.Store(&endpoint{text, u})
	return u, nil
}

func (e *netEngine) Close() { e.close() }

// Replayable returns a copy of a request's header for net/http, with
// Content-Encoding, and with an entry that allows net/http to repeat the
// request if a kept connection dies before any answer. Repeating is safe: the
// server recognizes the same event by its id. The entry is an empty list, which
// is not sent.
func Replayable(r *Request) http.Header {
	header := make(http.Header, len(r.Header)+2)
	maps.Copy(header, r.Header)
	if r.Encoding != "" {
		header["Content-Encoding"] = []string{r.Encoding}
	}
	header["Idempotency-Key"] = nil
	return header
}

// ReadReply reads the start of an answer's body, up to [MaxReply] bytes. It
// also reads the rest, up to 256 KiB, because a connection can be used again
// only after the whole body is read.
func ReadReply(answer *http.Response) ([]byte, error) {
	const drained = 256 << 10
	if n := answer.ContentLength; n >= 0 && n <= MaxReply {
		text := make([]byte, n)
		_, err := io.ReadFull(answer.Body, text)
		return text, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, MaxReply))
	if err == nil && len(text) == MaxReply {
		_, err = io.CopyN(io.Discard, answer.Body, drained)
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	return text, err
}

// unwrapURL removes http.Client's wrapper with the method and the URL from an
// error; [NetworkError] names the host already.
func unwrapURL(err error) error {
	if wrapper, ok := errors.AsType[*url.Error](err); ok {
		return wrapper.Err
	}
	return err
}
