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

// answer is Sentry's answer to an event, with the same id for all.
const answer = `{"id":"0123456789abcdef0123456789abcdef"}`

// sink is the server for all contenders: it reads, counts and answers. While
// its gate is closed, it reads and counts, but does not answer.
type sink struct {
	gate   atomic.Pointer[chan struct{}] // nil while open
	refuse atomic.Bool                   // it answers 503 and does not count
	mu     sync.Mutex
	counts map[string]tally // by project; guarded by mu
}

type tally struct{ events, bytes int }

// serve runs a sink in this process until in ends. The first line on out is its
// address. The sink has a process of its own, so that its processor time and
// memory are not counted as a contender's.
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
	mux.HandleFunc("POST /refuse", func(http.ResponseWriter, *http.Request) { s.refuse.Store(true) })
	mux.HandleFunc("POST /accept", func(http.ResponseWriter, *http.Request) { s.refuse.Store(false) })
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
	if s.refuse.Load() {
		w.Header().Set("Retry-After", "3600")
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
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

// isEvent distinguishes an envelope with an event from a client report. Both
// clients send reports without being asked after they have dropped events. A
// compressed body is ours and counts as an event, unless the head is the whole
// body and is a report: reports are short.
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
