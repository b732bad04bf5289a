package sentrytest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/sockets"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// answer is the response to a request: the verdict as the script step changes
// it.
type answer struct {
	step     Step
	status   int // 0 for none
	header   http.Header
	own      bool // header is not shared and may be changed
	body     string
	accepted bool
}

// pixel is the 1×1 GIF that answers an event sent by GET, as Relay does.
const pixel = "GIF89a\x01\x00\x01\x00\x00\xff\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00;"

// compose makes the answer and records it in req.
func compose(step *Step, v *verdict, req *Request) answer {
	a := answer{header: jsonAnswer, status: v.status}
	if step != nil {
		a.step = *step
		req.Answer.Step = step.String()
		if step.fault != "" {
			req.Answer.Step = step.fault + ": " + req.Answer.Step
		}
	}
	switch {
	case !a.step.answers():
		a.status = 0
		return a
	case a.step.code() >= 300:
		a.fail(wire.Refuse(a.step.code(), scriptedDetail(a.step.code())))
	case v.status >= 300:
		a.fail(v.refused)
	default:
		a.accepted = true
		a.status = a.step.code()
		a.succeed(v, req)
	}
	if a.step.body != nil && (a.accepted || a.step.overrules()) {
		a.body = *a.step.body
	}
	for key, values := range a.step.header {
		a.set(key, values[0])
	}
	if !bodyAllowed(a.status) {
		a.body = ""
	}
	req.Answer.Status, req.Answer.Body, req.Answer.Header = a.status, a.body, a.header
	return a
}

func (a *answer) fail(r *wire.Refusal) {
	a.status = r.Status
	a.body = r.Body()
	a.set("X-Sentry-Error", texts.OneLine(r.Detail))
}

// jsonAnswer has the headers of nearly every answer. Answers share it.
var jsonAnswer = http.Header{"Content-Type": {"application/json"}}

// set sets a header. It copies shared headers first.
func (a *answer) set(key, value string) {
	if !a.own {
		a.header, a.own = a.header.Clone(), true
	}
	a.header.Set(key, value)
}

func (a *answer) succeed(v *verdict, req *Request) {
	switch {
	case req.Method == http.MethodGet:
		a.set("Content-Type", "image/gif")
		a.body = pixel
	case v.text != nil:
		a.set("Content-Type", "text/plain; charset=utf-8")
		a.body = *v.text
	default:
		a.body = acceptedBody(v.id)
	}
}

// scriptedDetail is the text of a failure that a step makes.
func scriptedDetail(code int) string {
	switch code {
	case http.StatusTooManyRequests:
		return "Sentry dropped data due to a quota or internal rate limit being reached."
	case http.StatusRequestEntityTooLarge:
		return wire.TooLarge("event").Detail
	case http.StatusServiceUnavailable:
		return "failed to queue envelope"
	}
	if text := http.StatusText(code); text != "" {
		return strings.ToLower(text)
	}
	return fmt.Sprintf("status %d", code)
}

func bodyAllowed(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// deliver sends the answer. To end a connection it panics with
// http.ErrAbortHandler, which http.Server understands and does not log.
func (a *answer) deliver(w http.ResponseWriter, r *http.Request) {
	waitOrAbort(r, a.step.delay)
	live := serving.InfoOf(r).Live
	http2 := r.ProtoMajor == 2 && live != nil
	if http2 {
		a.breakHTTP2(w, r)
	}
	switch a.step.kind {
	case stepBlackHole:
		serving.Swallow(r)
		hold(r)
	case stepHang:
		hold(r)
	case stepCloseConn, stepResetStream:
		panic(http.ErrAbortHandler)
	case stepReset, stepResetRead:
		serving.Hijack(w, r, sockets.Reset)
		return
	}
	if a.step.byHand() && !http2 {
		serving.Hijack(w, r, func(c net.Conn) error { return a.write(r.Context(), c) })
		return
	}
	if a.step.thenClose {
		live.ThenClose()
	}
	a.writeHead(w)
	if a.step.bodyDelay > 0 || a.step.byHand() {
		// Headers that are sent before the body keep a wrong length as it is.
		flush(w)
		waitOrAbort(r, a.step.bodyDelay)
	}
	switch a.step.kind {
	case stepStallBody:
		flush(w)
		hold(r)
	case stepTruncate:
		if a.step.bytes < len(a.body) {
			_, _ = io.WriteString(w, a.body[:a.step.bytes])
			flush(w)
			panic(http.ErrAbortHandler)
		}
	case stepSlowBody:
		for i := range len(a.body) {
			flush(w)
			waitOrAbort(r, a.step.pace)
			_, _ = io.WriteString(w, a.body[i:i+1])
		}
		return
	}
	_, _ = io.WriteString(w, a.body)
	if a.step.thenClose {
		// What is left for the end of the handler is an empty frame, which
		// stays in the server's buffer until the next write.
		flush(w)
	}
}

// writeHead writes what precedes the body of the answer.
func (a *answer) writeHead(w http.ResponseWriter) {
	for _, code := range a.step.early {
		w.WriteHeader(code)
	}
	h := w.Header()
	for key, values := range a.header {
		h[key] = values
	}
	switch {
	case a.step.kind == stepWrongLength:
		// net/http checks what stands under the usual spelling. Over HTTP/2 it
		// sends all names in lower case.
		h["content-length"] = []string{strconv.Itoa(a.step.bytes)}
	case bodyAllowed(a.status):
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	if a.step.kind == stepGoAway {
		// Over HTTP/2 net/http sends a GOAWAY frame in its place.
		h.Set("Connection", "close")
	}
	w.WriteHeader(a.status)
}

// waitOrAbort waits d, and ends the request when the server closes or the
// client leaves.
func waitOrAbort(r *http.Request, d time.Duration) {
	if !pause(r.Context(), d) {
		panic(http.ErrAbortHandler)
	}
}

// hold keeps the request until the server closes or the client leaves.
func hold(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// flush sends what was written so far. If the client is gone, the next write or
// read fails.
func flush(w http.ResponseWriter) {
	_ = http.NewResponseController(w).Flush()
}

// pause waits d and reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
