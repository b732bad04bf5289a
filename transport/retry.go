package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Defaults of [RetryConfig].
const (
	DefaultRetries    = 3
	DefaultMaxElapsed = 30 * time.Second
	DefaultMaxWaiting = 100
)

// RetryConfig configures [WithRetry]. Its zero value is the default; the fields
// that a DSN can hold, for drivers that bind it, are named with their options.
type RetryConfig struct {
	// Retries (retries) is how often a packet is tried again. 0 means 3.
	Retries int
	// MaxElapsed (retry_max_elapsed) bounds the time from the first try to the
	// start of the last. A server that asks for more patience than is left ends
	// the trying. 0 means 30 s.
	MaxElapsed time.Duration
	// MaxWaiting (retry_max_waiting) is how many packets may be between two
	// tries at one time; those beyond fail with the error of their last try. 0
	// means 100.
	MaxWaiting int
	// InitialInterval is about how long the first wait is; each further one is
	// about twice as long. All are spread by half of themselves either way, and
	// none is more than 10 s but for a rate limit's. 0 means 0.5 s.
	InitialInterval time.Duration
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options for drivers of one's own that retry.
func (c *RetryConfig) BindOptions(o *OptionSet) {
	o.Int("retries", &c.Retries, DefaultRetries, 1, math.MaxInt, "how often an event is tried again")
	o.Duration("retry_max_elapsed", &c.MaxElapsed, DefaultMaxElapsed, "how long an event may be tried")
	o.Int("retry_max_waiting", &c.MaxWaiting, DefaultMaxWaiting, 1, math.MaxInt, "how many events may wait for another try")
}

// WithRetry tries packets again whose delivery failed for a reason that may
// pass, by [Retryable]: never what was refused for good, such as 400, 401, 403
// and 413. Between tries it waits longer and longer, and never shorter than the
// server asks for in a rate limit. Close ends the waiting: a packet that waits
// fails with the error of its last try and [ErrClosed], and counts as Abandoned
// in Close's *[UndeliveredError].
//
// It waits in the calling goroutine, and so is for transports that block. Below
// a queue it is not needed: [Threaded] holds what fails, and a packet that
// waits there keeps no worker.
func WithRetry(next Transport, cfg RetryConfig) Transport {
	if cfg.Retries <= 0 {
		cfg.Retries = DefaultRetries
	}
	if cfg.MaxElapsed <= 0 {
		cfg.MaxElapsed = DefaultMaxElapsed
	}
	if cfg.MaxWaiting <= 0 {
		cfg.MaxWaiting = DefaultMaxWaiting
	}
	if cfg.InitialInterval <= 0 {
		cfg.InitialInterval = 500 * time.Millisecond
	}
	return &retrying{async: newAsync(next, DefaultShutdownTimeout, cfg.Logger), cfg: cfg}
}

// retrying uses the account of the asynchronous transports, for Close.
type retrying struct {
	*async
	cfg         RetryConfig
	waiting     atomic.Int64
	interrupted atomic.Int64 // by Close, between two tries
	closing     atomic.Bool
}

func (t *retrying) Send(ctx context.Context, p *Packet) (*Response, error) {
	ticket, ok := t.account.Accept()
	if !ok {
		return nil, ErrClosed
	}
	defer t.account.Settle(ticket)
	ctx, cancel := t.bound(ctx)
	defer cancel()
	waits := t.waits()
	begun := time.Now()
	for try := 0; ; try++ {
		r, err := t.next.Send(ctx, p)
		if err == nil {
			return r, nil
		}
		wait := max(min(waits.NextBackOff(), maxInterval), askedFor(err))
		if !Retryable(err) || try == t.cfg.Retries || time.Since(begun)+wait > t.cfg.MaxElapsed {
			return nil, t.failed(p, err, try)
		}
		if stopped := t.sleep(ctx, wait); stopped != nil {
			return nil, t.failed(p, errors.Join(err, stopped), try)
		}
	}
}

func (t *retrying) waits() *backoff.ExponentialBackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval: t.cfg.InitialInterval, RandomizationFactor: 0.5, Multiplier: 2, MaxInterval: maxInterval,
	}
}

// maxInterval bounds what t.waits gives, before the spread and after it.
const maxInterval = 10 * time.Second

// askedFor is how long the server wants to be left alone.
func askedFor(err error) time.Duration {
	var limited *RateLimitedError
	if errors.As(err, &limited) {
		return limited.RetryAfter
	}
	return 0
}

var errTooManyWait = errors.New("too many events are waiting for another try (retry_max_waiting)")

func (t *retrying) sleep(ctx context.Context, d time.Duration) error {
	if t.waiting.Add(1) > int64(t.cfg.MaxWaiting) {
		t.waiting.Add(-1)
		return errTooManyWait
	}
	defer t.waiting.Add(-1)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.closed:
		t.interrupted.Add(1)
		return ErrClosed
	}
}

// failed says how often a packet was tried, if more than once.
func (t *retrying) failed(p *Packet, err error, try int) error {
	err = t.explain(p, err)
	t.count(err)
	if try == 0 {
		return err
	}
	return fmt.Errorf("%w (tried %d times)", err, try+1)
}

// Close ends the waiting at once: what waits for another try fails with an
// error that wraps ErrClosed and that of its last try. It gives the tries under
// way the time that ctx has, ten seconds at most.
func (t *retrying) Close(ctx context.Context) error {
	first := t.closing.CompareAndSwap(false, true)
	err := t.close(ctx, closing{})
	if n := int(t.interrupted.Load()); err == nil && first && n > 0 {
		return &UndeliveredError{Abandoned: n}
	}
	return err
}
