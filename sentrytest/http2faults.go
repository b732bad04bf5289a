package sentrytest

import (
	"context"
	"io"
	"net/http"
	"strconv"
)

// deliverHTTP2 does what steps do to an HTTP/2 connection in a way of their own, and reports whether the step is one of
// them. All others work as they do over HTTP/1.1.
func (a *answer) deliverHTTP2(w http.ResponseWriter, r *http.Request) bool {
	on := connOf(r)
	if on.live == nil {
		return false
	}
	switch a.step.kind {
	case stepCloseConn:
		hangUp(on.conn)
	case stepReset, stepResetRead:
		// The client sees a broken connection, as it was meant to.
		_ = on.live.Reset()
	case stepNotHTTP:
		_, _ = io.WriteString(on.conn, noHTTP)
		hangUp(on.conn)
	case stepBadChunking:
		a.sendHead(r.Context(), w, on.live)
		_, _ = io.WriteString(on.conn, noHTTP)
		hangUp(on.conn)
	case stepResetWrite:
		a.sendPart(r.Context(), w, on.live)
		_ = on.live.Reset()
	case stepWrongLength:
		a.sendWrongLength(w, r)
		return true
	default:
		if !a.step.thenClose {
			return false
		}
		a.sendThenClose(w, r, on.live)
		return true
	}
	panic(http.ErrAbortHandler)
}

// head2 writes what precedes the body of the answer.
func (a *answer) head2(w http.ResponseWriter) {
	for _, code := range a.step.early {
		w.WriteHeader(code)
	}
	h := w.Header()
	for key, values := range a.header {
		h[key] = values
	}
	switch {
	case a.step.kind == stepWrongLength:
		// net/http checks what stands under the usual spelling, and sends all names in lower case.
		h["content-length"] = []string{strconv.Itoa(a.step.bytes)}
	case bodyAllowed(a.status):
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
}

// sendHead sends the headers of the answer, and waits until they are on their way.
func (a *answer) sendHead(ctx context.Context, w http.ResponseWriter, live *liveConn) {
	sent := live.nextWrite()
	a.head2(w)
	flush(w)
	await(ctx, sent)
}

// sendPart sends as much of the answer as a ResetAfterWrite step lets through.
func (a *answer) sendPart(ctx context.Context, w http.ResponseWriter, live *liveConn) {
	head := a.head()
	if a.step.bytes < len(head) {
		return
	}
	a.sendHead(ctx, w, live)
	_, body := cut(head, a.body, a.step.bytes)
	if body == "" || !pause(ctx, a.step.bodyDelay) {
		return
	}
	sent := live.nextWrite()
	_, _ = io.WriteString(w, body)
	flush(w)
	await(ctx, sent)
}

func (a *answer) sendWrongLength(w http.ResponseWriter, r *http.Request) {
	a.head2(w)
	// Headers that are sent before the body keep the length as it is.
	flush(w)
	if !pause(r.Context(), a.step.bodyDelay) {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, a.body)
}

// sendThenClose sends the answer; the connection closes when the last of its streams has ended. See life.closeLater.
func (a *answer) sendThenClose(w http.ResponseWriter, r *http.Request, live *liveConn) {
	live.wire.thenClose.Store(true)
	a.head2(w)
	flush(w)
	if !pause(r.Context(), a.step.bodyDelay) {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, a.body)
	// What is left for the end of the handler is an empty frame, which stays in the server's buffer until the next write.
	flush(w)
}

func await(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}
