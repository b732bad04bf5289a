package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// The servers that are compared, as the child's first argument.
const (
	noopServer = "noop"
	fakeServer = "sentrytest"
)

// acceptChild serves until in ends. The first line on out is the address, the
// last has the number of events and the acceptFigures.
func acceptChild(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 1 || args[0] != noopServer && args[0] != fakeServer {
		return fmt.Errorf("usage: %s %s|%s", acceptCommand, noopServer, fakeServer)
	}
	if args[0] == fakeServer {
		srv, err := sentrytest.Start()
		if err != nil {
			return err
		}
		fmt.Fprintln(out, srv.URL())
		_, _ = io.Copy(io.Discard, in)
		// Reading the events needs memory, so measure before.
		f := measureServer()
		kept, all := 0, account{}
		for _, e := range srv.Events() {
			kept++
			all[e.EventID] = "delivered"
		}
		var a auditor
		start := time.Now()
		sentrytest.RequireNoLoss(&a, all, srv)
		f.noLoss = time.Since(start)
		if a.failure != "" {
			return errors.New(a.failure)
		}
		f.write(out, int64(kept))
		return srv.Close()
	}
	var served atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		served.Add(1)
		_, _ = io.WriteString(w, answer)
	}))
	defer srv.Close()
	fmt.Fprintln(out, srv.URL)
	_, _ = io.Copy(io.Discard, in)
	measureServer().write(out, served.Load())
	return nil
}

// account is a ledger that knows every event.
type account map[string]string

func (a account) Ledger() (outcomes map[string]string, forgotten uint64) { return a, 0 }

// auditor is a test without a test binary.
type auditor struct{ failure string }

func (*auditor) Helper()                             {}
func (*auditor) Cleanup(func())                      {}
func (*auditor) Logf(string, ...any)                 {}
func (a *auditor) Errorf(format string, args ...any) { a.failure = fmt.Sprintf(format, args...) }
func (a *auditor) Fatalf(format string, args ...any) { a.Errorf(format, args...) }
func (a *auditor) Failed() bool                      { return a.failure != "" }

func measureServer() acceptFigures {
	f := acceptFigures{cpu: processorTime(), peakBytes: peakMemory()}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heapBytes = int(m.HeapAlloc)
	return f
}

func (f acceptFigures) write(out io.Writer, events int64) {
	fmt.Fprintln(out, events, f.peakBytes, f.heapBytes, int64(f.cpu), int64(f.noLoss))
}
