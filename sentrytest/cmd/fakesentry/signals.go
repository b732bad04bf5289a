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

// untilSignal returns a context that ends with the first signal to stop, which is its cause. The second ends the program
// at once.
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

// notify is signal.Notify, and leaves SIGHUP alone where it is ignored, as below nohup.
func notify(to chan<- os.Signal, list ...os.Signal) {
	for _, s := range list {
		if s != syscall.SIGHUP || !signal.Ignored(s) {
			signal.Notify(to, s)
		}
	}
}

// outlivePipes makes writes to a standard output or error that nobody reads any more fail, instead of ending the program,
// until the function that it returns is called. SIGPIPE is caught rather than ignored: what is ignored would be ignored by
// the programs that this one starts, too.
func outlivePipes() (stop func()) {
	caught := make(chan os.Signal, 1)
	for _, s := range brokenPipe {
		signal.Notify(caught, s)
	}
	return func() { signal.Stop(caught) }
}

// signalled is why a context ended.
type signalled struct{ os.Signal }

func (s signalled) Error() string { return "signal: " + s.String() }

// relay takes signals for a command and passes them on. Make one before the command starts.
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

// start passes signals on to the group until close, unless the group has them already. told is called with each that asks
// the command to end, and whether it was passed on.
func (r *relay) start(g *group, told func(s os.Signal, passed bool)) {
	r.running.Go(func() {
		for {
			select {
			case s := <-r.signals:
				passed := !g.has(s)
				if passed {
					_ = g.signal(s) // a command that has ended needs none
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

// close ends the relay and gives the signals back.
func (r *relay) close() {
	signal.Stop(r.signals)
	close(r.done)
	r.running.Wait()
}

// markName is the variable by which what a command has started is found, wherever it has gone.
const markName = "FAKESENTRY_RUN"

func newMark() string { return rand.Text() }

// bySignal reports whether a context ended because of a signal.
func bySignal(ctx context.Context) bool {
	var s signalled
	return errors.As(context.Cause(ctx), &s)
}
