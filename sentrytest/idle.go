package sentrytest

import (
	"context"
	"fmt"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// WaitIdle waits until nothing is under way at the server: every request of
// which it had read a byte when WaitIdle was called is on record and answered
// to the end. When something is under way and ctx ends, or had ended before the
// call, the error is a [*BusyError]. An idle server is idle, whatever ctx says,
// and so is a closed one.
//
// It watches connections, not a clock, and returns at once if there is nothing
// to wait for. What it knows ends at the server: not what a client has queued,
// will retry, or is about to dial, nor what a real socket has accepted from the
// client but not yet handed to the server. Over TLS a request starts when its
// headers are complete. So flush the client first; then nothing is left to
// guess. [InMemory] servers see unread bytes too, and with synctest.Wait before
// it WaitIdle is exact in a testing/synctest bubble.
//
// Over HTTP/2 an answer counts as sent when the server has written it to the
// connection's buffer, or when its handler has ended while others on the
// connection have not.
//
// A request that a script step hangs, or answers slowly, is under way until its
// client gives up.
func (s *Server) WaitIdle(ctx context.Context) error {
	return s.rest(ctx, true, nil)
}

// WaitIdle is [Server.WaitIdle] without the requests of other projects than the
// tenant's, as soon as their headers have been read.
func (t *Tenant) WaitIdle(ctx context.Context) error {
	return t.srv.rest(ctx, true, t.expects)
}

// expects reports whether an open request may be the tenant's. Of its auth
// nothing is known yet.
func (t *Tenant) expects(project string) bool { return project == t.project || project == "" }

// BusyError is a wait for idleness that ended too early.
type BusyError struct {
	Open   []string // what is under way, one line a request
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

// Error lists what is under way.
func (e *BusyError) Error() string {
	return fmt.Sprintf("sentrytest: %s still under way after %s: %v%s",
		texts.Count(len(e.Open), "request"), e.Waited.Round(time.Millisecond), e.Cause, listedLines(e.Open))
}

// Unwrap returns Cause, so that errors.Is finds context.DeadlineExceeded.
func (e *BusyError) Unwrap() error { return e.Cause }
