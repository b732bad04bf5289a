package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
)

// answer is what Sentry says to an event. The id is the same for all.
const answer = `{"id":"0123456789abcdef0123456789abcdef"}`

// sink is the server that all contenders report to: it reads, counts and
// answers. While its gate is closed it reads and counts, and answers nobody.
type sink struct {
	gate   atomic.Pointer[chan struct{}] // nil while it is open
	mu     sync.Mutex
	counts map[string]tally // by project; guarded by mu
}

// tally is what has arrived for a project.
type tally struct{ events, bytes int }

// serve runs a sink in this process until in ends. The first line on out is its
// address. It gets a process of its own so that neither its time on the
// processor nor its memory is taken for a contender's.
func serve(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newSink()}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	fmt.Fprintln(out, l.Addr())
	_, _ = io.Copy(io.Discard, in)
	_ = server.Close()
	if err := <-failed; err != http.ErrServerClosed {
		return err
	}
	return nil
}

func newSink() http.Handler {
	s := &sink{counts: map[string]tally{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{project}/envelope/", s.receive)
	mux.HandleFunc("POST /gate/close", func(http.ResponseWriter, *http.Request) {
		gate := make(chan struct{})
		s.gate.Store(&gate)
	})
	mux.HandleFunc("POST /gate/open", func(http.ResponseWriter, *http.Request) {
		if gate := s.gate.Swap(nil); gate != nil {
			close(*gate)
		}
	})
	mux.HandleFunc("GET /count/{project}", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		t := s.counts[r.PathValue("project")]
		fmt.Fprintln(w, t.events, t.bytes)
	})
	return mux
}

func (s *sink) receive(w http.ResponseWriter, r *http.Request) {
	var head [512]byte
	n, _ := io.ReadFull(r.Body, head[:])
	rest, _ := io.Copy(io.Discard, r.Body)
	if isEvent(head[:n], rest == 0) {
		s.count(r.PathValue("project"), n+int(rest))
	}
	if gate := s.gate.Load(); gate != nil {
		<-*gate
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
	_, _ = io.WriteString(w, answer)
}

func (s *sink) count(project string, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.counts[project]
	s.counts[project] = tally{events: t.events + 1, bytes: t.bytes + size}
}

// isEvent tells an envelope with an event from a client report, which both
// clients send of their own accord once they have dropped something. What is
// compressed is ours, and an event unless the head is the whole of it and says
// otherwise: reports are short.
func isEvent(head []byte, whole bool) bool {
	if bytes.HasPrefix(head, []byte{0x1f, 0x8b}) {
		if !whole {
			return true
		}
		r, err := gzip.NewReader(bytes.NewReader(head))
		if err != nil {
			return false
		}
		if head, err = io.ReadAll(r); err != nil {
			return false
		}
	}
	return bytes.Contains(head, []byte(`"event_id":"`))
}
