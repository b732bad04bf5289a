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

// WithCrashReport reports how an earlier process of the program died, and has
// the runtime write down how this one does, by [debug.SetCrashOutput]. That
// covers what no deferred function sees: panics in goroutines that nobody
// guards, concurrent map writes, deadlocks, exhausted stacks.
//
// path is that of the crash file, or of a folder for it; the file is made if
// need be. Empty stands for a file in the user's cache folder, told apart by
// program and project. Each process locks its own: the second one at the same
// time has path with ".2" at the end, and so on up to 64.
//
// The report is a fatal event: an exception with the text and the stack of the
// panic, the other goroutines as threads, the beginning of the raw text as
// extra crash_output, with the release that crashed and the time it did. It is
// sent in the background, past any queue; [Client.Close] waits for it. The file
// is emptied when the event has its outcome; if the server can't be reached, or
// may take the event later ([transport.Retryable]), it is kept for the next
// start.
//
// What goes wrong with the files is logged and has no other effect. A disabled
// client reports no crash and writes none down. A process has one crash output:
// the first client to ask gets it, instead of whoever set it before, and
// [Client.Close] ends it.
//
// Limits: the runtime lists other goroutines than the one that crashed only
// under GOTRACEBACK=all. It leaves out the text of its own fatal errors, so
// that their kind is told from the stack, and prints other values than errors,
// texts and numbers as an address. SIGKILL, which is also what the kernel does
// when memory runs out, and os.Exit leave nothing. Locks need Windows, Linux,
// macOS or a BSD.
func WithCrashReport(path string) Option {
	return setting(func(cfg *config) { cfg.crashFile = &path })
}

// crashReports is a client's part in crashes: the output of this process's, and
// the goroutine that reports earlier ones.
type crashReports struct {
	output *crash.Output
	cancel context.CancelFunc
	done   chan struct{}
}

// startCrashReports takes the crash output, nil if that can't be.
func (c *Client) startCrashReports(cfg *config) *crashReports {
	path, err := crash.Path(*cfg.crashFile, c.dsn.Public(""))
	if err != nil {
		c.logCrash(err)
		return nil
	}
	output, left, err := crash.Take(path, crash.Header{Release: cfg.release, Environment: cfg.environment, ServerName: cfg.serverName})
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

// close waits for the report until ctx ends, and gives the crash output back.
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

// reportCrash reports what a file holds, and empties it unless the report is
// worth another try.
func (c *Client) reportCrash(ctx context.Context, file *crash.File) error {
	report, err := file.Report()
	if err != nil {
		return err
	}
	_, err = c.Deliver(ctx, crashEvent(&report, &encoder{inApp: c.inApp}))
	var network *transport.NetworkError // also where no certificate was trusted
	if ctx.Err() != nil || transport.Retryable(err) || errors.As(err, &network) || errors.Is(err, transport.ErrClosed) {
		return fmt.Errorf("an earlier crash could not be reported; it is kept in %s for the next start: %w", file.Path(), err)
	}
	if err != nil {
		err = fmt.Errorf("an earlier crash was not reported: %w", err)
	}
	return errors.Join(err, file.Empty())
}

func (c *Client) logCrash(err error) { c.complain("raven: WithCrashReport", err) }

// crashEvent is the event for a crash. Its id depends on the crash alone: if
// one is reported twice, the server knows.
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
		Breadcrumbs: []Breadcrumb{}, // this process's have nothing to do with it
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
