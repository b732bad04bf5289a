package raven

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/crash"
	"github.com/ravenkit/ravenkit/transport"
)

// WithCrashReport reports the crash of an earlier process of the program, and
// makes the runtime record a crash of this one ([debug.SetCrashOutput]). It
// covers what deferred functions can't see: panics in other goroutines,
// concurrent map writes, deadlocks, stack overflows.
//
// path is the crash file or its folder; the file is created if necessary. Empty
// means a file in the user's cache folder, by program and project. Each process
// locks its own file: the second process at a time uses path with ".2" at the
// end, and so on up to 64.
//
// The report is a fatal event: an exception with the text and stack of the
// panic, the other goroutines as threads, the beginning of the raw text as
// extra crash_output, and the release and time of the crash. It is sent in the
// background, bypassing any queue; [Client.Close] waits for it. Then the file
// is emptied. If the server can't be reached or may accept the event later
// ([transport.Retryable]), the file is kept for the next start.
//
// Problems with the files are only logged. A disabled client neither reports
// nor records crashes. A process has one crash output. The first client takes
// it, from any other user, until [Client.Close].
//
// Limits: the runtime lists goroutines other than the crashed one only under
// GOTRACEBACK=all. It omits the text of its own fatal errors, so their kind is
// derived from the stack. It prints values other than errors, strings and
// numbers as addresses. SIGKILL, which the kernel also uses when memory runs
// out, and os.Exit leave nothing. Locks require Windows, Linux, macOS or a BSD.
func WithCrashReport(path string) Option {
	return setting(func(cfg *config) { cfg.crashFile = &path })
}

// crashReports is a client's crash output and the goroutine that reports
// earlier crashes.
type crashReports struct {
	output *crash.Output
	cancel context.CancelFunc
	done   chan struct{}
}

// startCrashReports takes the crash output; nil if that fails.
func (c *Client) startCrashReports(cfg *config) *crashReports {
	var output *crash.Output
	var left []*crash.File
	path, err := crash.Path(*cfg.crashFile, c.dsn.Public(""))
	if err == nil {
		output, left, err = crash.Take(path, crash.Header{Release: cfg.release, Environment: cfg.environment, ServerName: cfg.serverName})
	}
	if err != nil {
		c.logCrash(err)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &crashReports{output: output, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer func() {
			for _, file := range left {
				file.Close()
			}
		}()
		for _, file := range left {
			if err := c.reportCrash(ctx, file); err != nil {
				c.logCrash(err)
				return
			}
		}
	}()
	return r
}

// close waits for the report until ctx ends, and releases the crash output.
func (r *crashReports) close(ctx context.Context) {
	if r == nil {
		return
	}
	select {
	case <-r.done:
	case <-ctx.Done():
	}
	r.cancel()
	<-r.done
	r.output.Close()
}

// reportCrash reports the crash in a file. It empties the file unless another
// attempt may succeed.
func (c *Client) reportCrash(ctx context.Context, file *crash.File) error {
	report, err := file.Report()
	if err != nil {
		return err
	}
	_, err = c.Deliver(ctx, crashEvent(&report, &encoder{inApp: c.inApp}))
	var network *transport.NetworkError // an untrusted certificate may be fixed too
	if ctx.Err() != nil || transport.Retryable(err) || errors.As(err, &network) || errors.Is(err, transport.ErrClosed) {
		return fmt.Errorf("an earlier crash could not be reported; it is kept in %s for the next start: %w", file.Path(), err)
	}
	if err != nil {
		err = fmt.Errorf("an earlier crash was not reported: %w", err)
	}
	return errors.Join(err, file.Empty())
}

func (c *Client) logCrash(err error) { c.complain("raven: WithCrashReport", err) }

// crashEvent returns the event for a crash. Its id depends on the crash alone,
// so the server recognises a second report.
func crashEvent(r *crash.Report, e *encoder) *Event {
	c := crash.Parse(r.Output)
	sum := sha256.Sum256([]byte(r.At.UTC().String() + r.Output))
	unhandled := false
	ev := &Event{
		EventID:     hex.EncodeToString(sum[:16]),
		Timestamp:   r.At,
		Level:       LevelFatal,
		Release:     r.Release,
		Environment: r.Environment,
		ServerName:  r.ServerName,
		Breadcrumbs: []Breadcrumb{}, // none of this process
		Extra:       Extra{"crash_output": strings.Split(strings.TrimSpace(r.Output), "\n")},
	}
	x := Exception{Value: c.Text, Mechanism: &Mechanism{Type: "crash", Handled: &unhandled}}
	x.Type, x.Module = c.Type(nil)
	for i, g := range c.Goroutines {
		t := Thread{ID: g.ID, Name: fmt.Sprintf("goroutine %d", g.ID), State: g.State, Crashed: i == 0, Current: i == 0}
		frames := g.Stack()
		trace := &Stacktrace{Frames: make([]Frame, len(frames))}
		for i := range frames {
			frames[i].InApp = e.isInApp(frames[i].Module, frames[i].InApp)
			trace.Frames[len(frames)-1-i] = frameOf(&frames[i])
		}
		if i == 0 {
			x.ThreadID, x.Stacktrace = g.ID, trace
			x.Type, x.Module = c.Type(frames)
		} else {
			t.Stacktrace = trace
		}
		ev.Threads = append(ev.Threads, t)
	}
	ev.Exceptions = []Exception{x}
	return ev
}
