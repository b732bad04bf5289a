package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// The servers that are compared, as the child's first argument.
const (
	noopServer = "noop"
	fakeServer = "sentrytest"
)

// acceptChild serves until in ends. The first line on out is the address, the
// last has the number of events and the peak of memory.
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
		peak := peakMemory()
		fmt.Fprintln(out, len(srv.Events()), peak)
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
	fmt.Fprintln(out, served.Load(), peakMemory())
	return nil
}
