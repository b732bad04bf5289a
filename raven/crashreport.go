package raven

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

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
// may take the event later ([transport.Retryable]), it is kept for the next start.
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
	return func(cfg *config) error {
		cfg.crashFile = &path
		return nil
	}
}

// crashOutput is the one that a process has.
var crashOutput struct {
	mu    sync.Mutex
	taken bool // guarded by mu
}

// crashReports is a client's part in crashes: the file for this process's, and
// the goroutine that reports earlier ones.
type crashReports struct {
	file   *os.File
	cancel context.CancelFunc
	done   chan struct{}
	once   sync.Once
}

// startCrashReports takes the crash output, nil if that can't be.
func (c *Client) startCrashReports(cfg *config) *crashReports {
	crashOutput.mu.Lock()
	defer crashOutput.mu.Unlock()
	if crashOutput.taken {
		c.logCrash(errors.New("another client of this process has the crash output"))
		return nil
	}
	path, err := crashPath(*cfg.crashFile, c.dsn.Public(""))
	if err != nil {
		c.logCrash(err)
		return nil
	}
	own, left, err := claimCrashFiles(path)
	if err != nil {
		c.logCrash(err)
		return nil
	}
	err = crashHeader{Release: cfg.release, Environment: cfg.environment, ServerName: cfg.serverName}.renew(own)
	if err == nil {
		err = debug.SetCrashOutput(own, debug.CrashOptions{})
	}
	if err != nil {
		c.logCrash(err)
		closeAll(append(left, own))
		return nil
	}
	crashOutput.taken = true
	ctx, cancel := context.WithCancel(context.Background())
	r := &crashReports{file: own, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		defer closeAll(left)
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
	r.once.Do(func() {
		crashOutput.mu.Lock()
		defer crashOutput.mu.Unlock()
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // documented to succeed for nil
		_ = empty(r.file)                                   // a header without a crash is not reported anyway
		_ = r.file.Close()
		crashOutput.taken = false
	})
}

// reportCrash reports what a file holds, and empties it unless the report is
// worth another try.
func (c *Client) reportCrash(ctx context.Context, file *os.File) error {
	output, header, err := readCrashFile(file)
	if err != nil {
		return err
	}
	_, err = c.Deliver(ctx, crashEvent(output, header, crashTime(file), &encoder{inApp: c.inApp}))
	var network *transport.NetworkError // also where no certificate was trusted
	if ctx.Err() != nil || transport.Retryable(err) || errors.As(err, &network) || errors.Is(err, transport.ErrClosed) {
		return fmt.Errorf("an earlier crash could not be reported; it is kept in %s for the next start: %w", file.Name(), err)
	}
	if err != nil {
		err = fmt.Errorf("an earlier crash was not reported: %w", err)
	}
	return errors.Join(err, empty(file))
}

func (c *Client) logCrash(err error) { c.complain("raven: WithCrashReport", err) }

// crashEvent is the event for a crash. Its id depends on the crash alone: if
// one is reported twice, the server knows.
func crashEvent(output string, header crashHeader, when time.Time, e *encoder) *Event {
	c := parseCrash(output)
	sum := sha256.Sum256([]byte(when.UTC().String() + output))
	unhandled := false
	ev := &Event{
		EventID:     hex.EncodeToString(sum[:16]),
		Timestamp:   when,
		Level:       LevelFatal,
		Release:     header.Release,
		Environment: header.Environment,
		ServerName:  header.ServerName,
		Breadcrumbs: []Breadcrumb{}, // this process's have nothing to do with it
		Extra:       Extra{"crash_output": strings.Split(strings.TrimSpace(output), "\n")},
	}
	x := Exception{Type: c.kind, Value: c.text, Mechanism: &Mechanism{Type: "crash", Handled: &unhandled}}
	for i, g := range c.goroutines {
		t := Thread{ID: g.id, Name: fmt.Sprintf("goroutine %d", g.id), State: g.state, Crashed: i == 0, Current: i == 0}
		frames := g.stack()
		for i := range frames {
			frames[i].InApp = e.isInApp(&frames[i])
		}
		if i == 0 {
			x.ThreadID, x.Stacktrace = g.id, oldestFirst(frames)
			c.nameType(&x, frames)
		} else {
			t.Stacktrace = oldestFirst(frames)
		}
		ev.Threads = append(ev.Threads, t)
	}
	ev.Exceptions = []Exception{x}
	return ev
}

// nameType gives a panic the type that it has when it is recovered.
func (c *crash) nameType(x *Exception, frames []Frame) {
	if c.kind != "panic" {
		return
	}
	if name := runtimeErrorType(c.text); name != "" {
		x.Type, x.Module = name, "runtime"
		return
	}
	for _, f := range frames {
		if f.InApp {
			x.Type, x.Module = place(f.Module, f.Function), f.Module
			return
		}
	}
}

// plainRuntimeErrors are the texts of the runtime's errors that do not begin
// with "runtime error: ". The stack does not tell them from the program's own:
// the runtime leaves its calls out.
var plainRuntimeErrors = []string{
	"assignment to entry in nil map",
	"close of closed channel",
	"close of nil channel",
	"send on closed channel",
	"makechan: size out of range",
	"runtime: allocation size out of range",
	"arg size to reflect.call more than 1GB",
}

// runtimeErrorType returns the type that a panic of the runtime has when it is
// recovered, by its text; "" for a panic of the program.
func runtimeErrorType(text string) string {
	switch {
	case strings.HasPrefix(text, "interface conversion: "):
		return "*runtime.TypeAssertionError"
	case strings.HasPrefix(strings.TrimPrefix(text, "runtime error: "), "panic called with nil argument"): // Go 1.27 has the prefix
		return "*runtime.PanicNilError"
	case strings.HasPrefix(text, "runtime error: "), slices.Contains(plainRuntimeErrors, text),
		strings.HasPrefix(text, "value method ") && strings.HasSuffix(text, " pointer"):
		return "runtime.Error"
	}
	return ""
}

func oldestFirst(frames []Frame) *Stacktrace {
	s := &Stacktrace{Frames: make([]Frame, 0, len(frames))}
	for i := len(frames) - 1; i >= 0; i-- {
		s.Frames = append(s.Frames, frames[i])
	}
	return s
}
