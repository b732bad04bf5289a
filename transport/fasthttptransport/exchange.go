package fasthttptransport

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/ravenkit/ravenkit/transport"
)

// exchange sends a request on a connection of the origin and reads the answer.
// again is true if a kept connection was dead before any answer.
func (e *engine) exchange(ctx context.Context, to *target, r *transport.Request) (reply *transport.Reply, again bool, err error) {
	// The pool starts a cleaner goroutine, which can't be ended, if connections
	// are to be kept. So the pool is told to keep none; it keeps released
	// connections all the same, and the engine closes them after idleTime.
	o := to.origin
	held, err := o.pool.AcquireConn(0, true)
	if err != nil {
		return nil, false, err
	}
	l := held.Conn().(*link)
	keep := false
	defer func() {
		if keep {
			o.pool.ReleaseConn(held)
		} else {
			o.pool.CloseConn(held)
		}
	}()
	kept := l.isOpen()
	if !kept {
		if err := l.open(ctx, e, o.route); err != nil {
			return nil, false, err
		}
	}
	l.begin(ctx)
	reply, keep, err = e.roundTrip(to, l, r)
	if !l.end() {
		keep = false // the deadline may still be set by the watch
	}
	if err != nil {
		again = kept && l.unanswered() && ctx.Err() == nil
		return nil, again, l.explain(ctx, err)
	}
	l.done(keep)
	return reply, false, nil
}

// roundTrip owns a pooled request, response, writer and reader while it runs.
func (e *engine) roundTrip(to *target, l *link, r *transport.Request) (reply *transport.Reply, keep bool, err error) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	e.fill(request, to, r)

	o := to.origin
	w := o.pool.AcquireWriter(l)
	written := request.Write(w)
	if written == nil {
		written = w.Flush()
	}
	o.pool.ReleaseWriter(w)

	// A server that refuses a large body may answer and close before it has
	// read all of it. The answer is more useful than the broken pipe.
	in := o.pool.AcquireReader(l)
	defer o.pool.ReleaseReader(in)
	body, whole, err := read(response, in)
	if err != nil {
		return nil, false, errors.Join(written, err)
	}
	keep = e.keepAlive && whole && written == nil && in.Buffered() == 0 &&
		!request.ConnectionClose() && !response.ConnectionClose()
	return replyOf(response, body), keep, nil
}

// fill writes the same request as net/http: the packet's header without
// changes, except for the framing.
func (e *engine) fill(request *fasthttp.Request, to *target, r *transport.Request) {
	h := &request.Header
	h.DisableNormalizing()
	h.SetNoDefaultContentType(true)
	h.SetMethod(http.MethodPost)
	h.SetHost(to.host)
	h.SetRequestURI(to.uri)
	for name, values := range r.Header {
		switch http.CanonicalHeaderKey(name) {
		case "Host", "Content-Length", "Transfer-Encoding", "Trailer":
			continue
		}
		for _, value := range values {
			h.Add(oneLine.Replace(name), oneLine.Replace(value))
		}
	}
	if r.Encoding != "" {
		h.Set("Content-Encoding", r.Encoding)
	}
	if auth := to.origin.proxyAuth; auth != "" {
		h.Set("Proxy-Authorization", auth)
	}
	if !e.keepAlive {
		request.SetConnectionClose()
	}
	request.SetBodyRaw(r.Body)
}

// read reads an answer and returns the start of its body. It stops at maxBody.
// fasthttp would refuse a larger body when its size is announced, so that an
// answer cut off after its header would look complete.
func read(response *fasthttp.Response, in *bufio.Reader) (body []byte, whole bool, err error) {
	response.SkipBody = true
	if err := response.Read(in); err != nil {
		return nil, false, err
	}
	if status := response.StatusCode(); status == http.StatusNoContent || status == http.StatusNotModified {
		return nil, true, nil
	}
	switch size := response.Header.ContentLength(); {
	case size >= 0:
		body = make([]byte, min(size, transport.MaxReply))
		if _, err = io.ReadFull(in, body); err == nil {
			_, err = in.Discard(min(size, maxBody) - len(body))
		}
		return body, size <= maxBody, err
	case size == chunked:
		body, whole, err = readSome(httputil.NewChunkedReader(in))
		if whole {
			err = response.Header.ReadTrailer(in)
		}
		return body, whole, err
	}
	body, _, err = readSome(in) // the body ends with the connection
	return body, false, err
}

// chunked is fasthttp's content length of a chunked body.
const chunked = -1

// readSome reads a body of unknown length, up to maxBody.
func readSome(r io.Reader) (body []byte, whole bool, err error) {
	body, err = io.ReadAll(io.LimitReader(r, transport.MaxReply))
	if err != nil {
		return nil, false, err
	}
	rest, err := io.Copy(io.Discard, io.LimitReader(r, maxBody-transport.MaxReply))
	return body, err == nil && len(body)+int(rest) < maxBody, err
}

// oneLine replaces line breaks, which would begin another header. Only some
// versions of fasthttp do so themselves.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

func replyOf(response *fasthttp.Response, body []byte) *transport.Reply {
	var header http.Header // nil for nearly every answer
	response.Header.VisitAll(func(name, value []byte) {
		switch string(name) {
		case "Connection", "Content-Length", "Content-Type", "Date", "Server":
			return // irrelevant for events, and in every answer
		}
		if header == nil {
			header = make(http.Header)
		}
		header.Add(string(name), string(value))
	})
	return &transport.Reply{Status: response.StatusCode(), Header: header, Body: body, Proto: "HTTP/1.1"}
}
