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

// RetryConfig configures [WithRetry]. The zero value is the default. Fields
// name their options, for drivers that bind this configuration.
type RetryConfig struct {
	// Retries (retries) is how often a packet is tried again. 0 means 3.
	Retries int
	// MaxElapsed (retry_max_elapsed) limits the time from the first try to the
	// start of the last one. If the server asks to wait longer, there is no
	// further try. 0 means 30 s.
	MaxElapsed time.Duration
	// MaxWaiting (retry_max_waiting) is how many packets may wait for another
	// try at one time. A further packet fails with the error of its last try. 0
	// means 100.
	MaxWaiting int
	// InitialInterval is the average length of the first wait. Each further
	// wait is about twice as long. Waits are spread by half of their length
	// either way. None is longer than 10 s, except for a rate limit. 0 means
	// 0.5 s.
	InitialInterval time.Duration
	// Logger logs callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options, for drivers of your own that retry.
func (c *RetryConfig) BindOptions(o *OptionSet) {
	o.Int("retries", &c.Retries, DefaultRetries, 1, math.MaxInt, "how often an event is tried again")
	o.Duration("retry_max_elapsed", &c.MaxElapsed, DefaultMaxElapsed, "the time limit for all tries of an event")
	o.Int("retry_max_waiting", &c.MaxWaiting, DefaultMaxWaiting, 1, math.MaxInt, "how many events may wait for another try")
}

// WithRetry tries packets again whose delivery failed with an error that is
// [Retryable]. Refusals such as 400, 401, 403 and 413 are not tried again. Each
// wait between tries is longer, and at least as long as a rate limit asks for.
// Close ends the waits: a waiting packet fails with the error of its last try
// and [ErrClosed], and counts as Abandoned in Close's *[UndeliveredError].
//
// It waits in the calling goroutine, and so is meant for blocking transports. A
// queue does not need it: [Threaded] holds packets that fail, and they occupy
// no worker while they wait.
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

// retrying embeds async for its account and its Close.
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

// maxInterval limits the waits, before and after they are spread.
const maxInterval = 10 * time.Second

// askedFor returns how long the server asks to wait.
func askedFor(err error) time.Duration {
	if limited, ok := errors.AsType[*RateLimitedError](err); ok {
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

// failed adds how often a packet was tried, if more than once.
func (t *retrying) failed(p *Packet, err error, try int) error {
	err = t.explain(p, err)
	t.count(err)
	if try == 0 {
		return err
	}
	return fmt.Errorf("%w (tried %d times)", err, try+1)
}

// Close ends the waits at once: a packet that waits for another try fails with
// an error that wraps ErrClosed and the error of its last try. Running tries
// get the time that ctx has, ten seconds at most.
func (t *retrying) Close(ctx context.Context) error {
	first := t.closing.CompareAndSwap(false, true)
	err := t.close(ctx, closing{})
	if n := int(t.interrupted.Load()); err == nil && first && n > 0 {
		return &UndeliveredError{Abandoned: n}
	}
	return err
}
