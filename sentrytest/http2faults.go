package sentrytest

import (
	"context"
	"io"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
)

// breakHTTP2 carries out the steps that break an HTTP/2 connection in a way of
// their own. All others work as they do over HTTP/1.1.
func (a *answer) breakHTTP2(w http.ResponseWriter, r *http.Request) {
	on := serving.InfoOf(r)
	switch a.step.kind {
	case stepCloseConn:
		serving.HangUp(on.Conn)
	case stepReset, stepResetRead:
		// An error changes nothing: the client sees a broken connection.
		_ = on.Live.Reset()
	case stepNotHTTP:
		_, _ = io.WriteString(on.Conn, noHTTP)
		serving.HangUp(on.Conn)
	case stepBadChunking:
		a.sendHead(r.Context(), w, on.Live)
		_, _ = io.WriteString(on.Conn, noHTTP)
		serving.HangUp(on.Conn)
	case stepResetWrite:
		a.sendPart(r.Context(), w, on.Live)
		_ = on.Live.Reset()
	default:
		return
	}
	panic(http.ErrAbortHandler)
}

// sendHead sends the headers of the answer, and waits until they are on their
// way.
func (a *answer) sendHead(ctx context.Context, w http.ResponseWriter, live *serving.Conn) {
	sent := live.NextWrite()
	a.writeHead(w)
	flush(w)
	await(ctx, sent)
}

// sendPart sends as much of the answer as a ResetAfterWrite step lets through.
func (a *answer) sendPart(ctx context.Context, w http.ResponseWriter, live *serving.Conn) {
	head := a.head()
	if a.step.bytes < len(head) {
		return
	}
	a.sendHead(ctx, w, live)
	_, body := cut(head, a.body, a.step.bytes)
	if body == "" || !pause(ctx, a.step.bodyDelay) {
		return
	}
	sent := live.NextWrite()
	_, _ = io.WriteString(w, body)
	flush(w)
	await(ctx, sent)
}

func await(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}
