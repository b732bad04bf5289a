package sentrytest

import (
	"context"
	"fmt"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// WaitIdle waits until every request of which the server had read a byte when
// WaitIdle was called is recorded and completely answered. If requests are in
// flight when ctx ends, the error is a [*BusyError]; ctx may have ended before
// the call. An idle or closed server returns nil in any case.
//
// It watches connections, not a clock, and returns at once if there is nothing
// to wait for. It knows only what has reached the server: not what a client has
// queued, will retry or is about to dial, nor what a real socket has accepted
// but not yet handed to the server. Over TLS a request starts when its headers
// are complete. So flush the client first. [InMemory] servers see unread bytes
// too: after synctest.Wait, WaitIdle is exact in a testing/synctest bubble.
//
// Over HTTP/2 an answer counts as sent when it is in the connection's buffer,
// or when its handler has ended while others on the connection have not. A
// request that a script step holds or answers slowly is in flight until its
// client gives up.
func (s *Server) WaitIdle(ctx context.Context) error {
	return s.rest(ctx, true, nil)
}

// WaitIdle is [Server.WaitIdle] for the tenant: requests to other projects do
// not count once their headers have been read.
func (t *Tenant) WaitIdle(ctx context.Context) error {
	return t.srv.rest(ctx, true, t.expects)
}

// expects reports whether a request in flight may be the tenant's. Its auth is
// not known yet.
func (t *Tenant) expects(project string) bool { return project == t.project || project == "" }

// BusyError is the error of a WaitIdle that ended too early.
type BusyError struct {
	Open   []string // requests in flight, one line each
	Waited time.Duration
	Cause  error // the context's error
}

// rest waits for [serving.Traffic.Rest] and returns nil or a *BusyError.
func (s *Server) rest(ctx context.Context, answers bool, mine func(project string) bool) error {
	start := time.Now()
	open := s.traffic.Rest(ctx, answers, mine)
	if len(open) == 0 {
		return nil
	}
	return &BusyError{Open: open, Waited: time.Since(start), Cause: context.Cause(ctx)}
}

// Error lists the requests in flight.
func (e *BusyError) Error() string {
	return fmt.Sprintf("sentrytest: %s still in flight after %s: %v%s",
		texts.Count(len(e.Open), "request"), e.Waited.Round(time.Millisecond), e.Cause, listedLines(e.Open))
}

// Unwrap returns Cause, so that errors.Is finds context.DeadlineExceeded.
func (e *BusyError) Unwrap() error { return e.Cause }
