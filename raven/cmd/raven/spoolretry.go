package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

type spoolRetryCommand struct {
	Dir string `placeholder:"DIR" help:"The spool_dir. Default: the one in the DSN."`
	DSN string `arg:"" optional:"" name:"dsn" help:"The DSN of the program that wrote the events. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*spoolRetryCommand) Help() string {
	return `Delivers the events of the DSN that a program left, and removes them. Events that a running process holds are left to
it. The command gives up when nobody answers three attempts in a row, when no event was delivered for 15 seconds and the
DSN's timeout, when the server refuses the DSN, or when it asks for a wait of more than 10 seconds: the events that are left stay in the directory. An event that the server refuses is lost,
as in a program. The exit code is 1 if events are left that no process holds, or if one is lost.

    raven spool retry 'https://KEY@HOST/1?spool_dir=/var/lib/app/sentry'
    raven spool retry --dir /var/lib/app/sentry https://KEY@HOST/1
`
}

// Run runs `raven spool retry`.
func (c *spoolRetryCommand) Run(ctx context.Context, env *environment) error {
	targets, err := env.spoolTargets(c.DSN, c.Dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range targets {
		if len(targets) > 1 {
			fmt.Fprintf(env.out, "%s: ", t.dsn.Host)
		}
		errs = append(errs, env.retry(ctx, t))
	}
	return errors.Join(errs...)
}

// retry delivers what waits for one DSN.
func (e *environment) retry(ctx context.Context, t *target) error {
	before, err := t.inSpool()
	if err != nil {
		return spoolError(err)
	}
	if before.own.count == before.own.held {
		fmt.Fprintf(e.out, "Nothing to deliver for %s.%s\n", t.dsn, before.rest())
		return nil
	}
	if err := checkOwner(transport.SpoolDir(t.spoolDir(), t.dsn)); err != nil {
		return err
	}
	queue, err := e.openSpool(t)
	if err != nil {
		return err
	}
	r := &retrying{queue: queue, total: before.own.count - before.own.held, patience: retryStall + t.timeout()}
	queue.Watch(r.notice)
	r.run(ctx, e)
	r.close(ctx)
	after, err := t.inSpool()
	if err != nil {
		return spoolError(err)
	}
	return r.conclude(ctx, e, t, after)
}

// inSpool is what is in a spool_dir.
type inSpool struct {
	own    spoolSum // of the DSN
	others int
}

func (t *target) inSpool() (s inSpool, err error) {
	own := transport.SpoolDir(t.spoolDir(), t.dsn)
	err = transport.ReadSpool(t.spoolDir(), func(p transport.SpooledPacket) bool {
		if sameDir(p.Dir, own) {
			s.own.add(p)
		} else {
			s.others++
		}
		return true
	})
	return s, err
}

// rest returns sentences about what the command does not deliver.
func (s inSpool) rest() string {
	var text strings.Builder
	if s.own.held > 0 {
		fmt.Fprintf(&text, " A running process holds and delivers %s.", count(s.own.held, "event"))
	}
	if s.others > 0 {
		fmt.Fprintf(&text, " The directory has %s of other DSNs.", count(s.others, "event"))
	}
	return text.String()
}

// spoolQueue is a transport that delivers what is on disk.
type spoolQueue interface {
	transport.Holder
	transport.Spooler
}

// openSpool opens the transport with its spool. Nothing is removed for its age
// or its size meanwhile: the program may have other limits.
func (e *environment) openSpool(t *target) (spoolQueue, error) {
	dsn := t.dsn.Clone()
	dsn.Options.Set("spool_bytes", strconv.Itoa(math.MaxInt))
	dsn.Options.Set("spool_age", transport.MaxSpoolAge.String())
	opened, err := e.registry.Open(dsn, transport.Env{Stderr: e.errs, Logger: slog.New(slog.NewTextHandler(e.errs, nil))})
	if err != nil {
		return nil, &advised{err, advice.For(err, t.dsn)}
	}
	queue, ok := opened.(spoolQueue)
	if !ok {
		err := errors.Join(fmt.Errorf("the transport of %s has no spool", t.dsn), opened.Close(context.Background()))
		return nil, &advised{err, "begin the DSN with threaded+https or threaded+http"}
	}
	return queue, nil
}

// retrying is one run of `raven spool retry`.
type retrying struct {
	queue    spoolQueue
	total    int           // events to deliver
	patience time.Duration // how long it waits for the next outcome
	gave     error         // why it gave up; nil: it did not

	mu        sync.Mutex
	delivered int
	refused   int
	failures  failures
}

// notice counts the outcome of an event.
func (r *retrying) notice(n transport.Notice) {
	if n.Kind != transport.NoticeRecovered {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n.Err == nil {
		r.delivered++
		return
	}
	if _, ok := errors.AsType[*transport.APIError](n.Err); ok {
		r.refused++
	}
	r.failures.add(outcome{n.EventID, n.Err})
}

func (r *retrying) outcomes() (delivered, lost int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.delivered, r.failures.total
}

const (
	retryPoll     = 20 * time.Millisecond
	retryAttempts = 3
	retryPause    = 10 * time.Second
	// A packet that fails alone does not pause the transport. Its attempts are
	// made after 1, 5 and 14 s.
	retryStall = 15 * time.Second
	// Another process may take events that were free a moment ago: a queue
	// without events for this long has no more of them.
	retryQuiet = 2 * time.Second
)

// run waits until all events have their outcome, or the transport cannot
// deliver now.
func (r *retrying) run(ctx context.Context, env *environment) {
	start := time.Now()
	progress, poll := time.NewTicker(progressEvery), time.NewTicker(retryPoll)
	defer progress.Stop()
	defer poll.Stop()
	busy, last, settled := start, start, 0
	for {
		delivered, lost := r.outcomes()
		if delivered+lost > settled {
			last, settled = time.Now(), delivered+lost
		}
		if settled >= r.total {
			return
		}
		state := r.queue.HoldState()
		if state.Waiting+state.InFlight > 0 {
			busy = time.Now()
		}
		if state.Paused && hopeless(state) {
			r.gave = state.Err
			return
		}
		if time.Since(last) > r.patience {
			r.gave = errStalled
			return
		}
		if time.Since(busy) > retryQuiet {
			return
		}
		select {
		case <-poll.C:
		case <-progress.C:
			fmt.Fprintf(env.errs, "raven: %d of %d delivered, %d lost, %s\n", delivered, r.total, lost, time.Since(start).Round(time.Second))
		case <-ctx.Done():
			r.gave = context.Cause(ctx)
			return
		}
	}
}

var errStalled = errors.New("the server has accepted no event for too long")

// hopeless reports whether the command does not wait for the end of a pause.
func hopeless(state transport.HoldState) bool {
	if state.Failures >= retryAttempts || time.Until(state.Until) > retryPause {
		return true
	}
	refusal, ok := errors.AsType[*transport.APIError](state.Err)
	return ok && (refusal.Status == http.StatusUnauthorized || refusal.Status == http.StatusForbidden || refusal.Status == http.StatusNotFound)
}

// close closes the transport, at once if it gave up.
func (r *retrying) close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if r.gave != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		cancel()
	}
	_ = r.queue.Close(ctx) // its error is about the events that are left
}

// conclude prints what became of the events.
func (r *retrying) conclude(ctx context.Context, env *environment, t *target, after inSpool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := after.own.count - after.own.held
	text := fmt.Sprintf("%s delivered", count(r.delivered, "event"))
	for _, n := range []struct {
		count int
		what  string
	}{{r.refused, "refused"}, {r.failures.total - r.refused, "lost"}, {left, "left"}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %d %s", n.count, n.what)
		}
	}
	fmt.Fprintln(env.out, hanging("", text+"."+after.rest(), widthOf(env.out)))
	var lines []string
	if n := r.failures.total; n > 0 {
		lines = append(lines, count(n, "event")+" refused or lost, and removed from the directory")
		lines = append(lines, r.failures.lines()...)
	}
	cause := r.failures.first()
	if left > 0 {
		line := count(left, "event") + " left in " + transport.SpoolDir(t.spoolDir(), t.dsn)
		switch {
		case ctx.Err() != nil:
			line += ": interrupted"
		case r.gave != nil:
			line += ": " + plain(r.gave.Error())
			cause = r.gave
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	fix := ""
	switch {
	case cause == errStalled:
		fix = "raven doctor, with the same DSN, finds out why"
	case cause != nil:
		fix = advice.For(cause, t.dsn)
	}
	return &advised{errors.New(strings.Join(lines, "\n")), fix}
}
