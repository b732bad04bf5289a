package main

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// untilSignal returns a context that ends with the first signal to stop. The
// signal is its cause. A second signal ends the program at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		s := <-signals
		signal.Stop(signals)
		cancel(signalled{s})
	}()
	return ctx
}

// notify calls signal.Notify, except for SIGHUP if it is ignored, as under
// nohup.
func notify(to chan<- os.Signal, list ...os.Signal) {
	for _, s := range list {
		if s != syscall.SIGHUP || !signal.Ignored(s) {
			signal.Notify(to, s)
		}
	}
}

// outlivePipes makes writes to a closed standard output or error fail instead
// of ending the program, until stop is called. It catches SIGPIPE instead of
// ignoring it, because child processes would inherit an ignored signal.
func outlivePipes() (stop func()) {
	caught := make(chan os.Signal, 1)
	for _, s := range brokenPipe {
		signal.Notify(caught, s)
	}
	return func() { signal.Stop(caught) }
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "signal: " + s.String() }

// relay passes signals to a command. Make one before the command starts.
type relay struct {
	signals chan os.Signal
	done    chan struct{}
	running sync.WaitGroup
}

func newRelay() *relay {
	r := &relay{signals: make(chan os.Signal, 16), done: make(chan struct{})}
	notify(r.signals, relayed...)
	return r
}

// start passes signals to the group until close, except those that the group
// got already. It calls told for each signal that asks the command to end;
// passed says whether start sent it.
func (r *relay) start(g *group, told func(s os.Signal, passed bool)) {
	r.running.Go(func() {
		for {
			select {
			case s := <-r.signals:
				passed := !g.has(s)
				if passed {
					_ = g.signal(s) // fails if the command has ended, which is fine
				}
				if s == os.Interrupt || s == syscall.SIGTERM {
					told(s, passed)
				}
			case <-r.done:
				return
			}
		}
	})
}

// close ends the relay and restores the handling of signals.
func (r *relay) close() {
	signal.Stop(r.signals)
	close(r.done)
	r.running.Wait()
}

// markName is the environment variable that marks the processes of a command.
const markName = "FAKESENTRY_RUN"

func newMark() string { return rand.Text() }

// bySignal reports whether a signal ended the context.
func bySignal(ctx context.Context) bool {
	var s signalled
	return errors.As(context.Cause(ctx), &s)
}
