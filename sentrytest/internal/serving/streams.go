package serving

import (
	"context"
	"net/http"
	"sync"
)

// streams are the requests of an HTTP/2 connection, which run side by side.
type streams struct {
	mu   sync.Mutex // guards everything below
	open map[*Exchange]struct{}
	last *Request // whose handler ended last; its answer may still be on its way. nil if all answers were sent
}

// stream registers a request of an HTTP/2 connection. It returns the request
// for its handler, and what has to be called when the handler ends.
func (i Info) stream(r *http.Request) (*http.Request, func()) {
	if i.Live == nil {
		return r, func() {}
	}
	i.Exchange = &Exchange{traffic: i.Live.traffic}
	i.Exchange.begin()
	i.Live.streams.add(i.Exchange)
	// The connection was noted as receiving when the first of its streams was
	// opened, and says no more than its streams from now on. It is quiet if the
	// client has given the stream up in the meantime.
	i.Live.own.state.CompareAndSwap(connReceiving, connStreams)
	return r.WithContext(context.WithValue(r.Context(), connKey{}, i)), func() {
		i.Live.streams.remove(i.Exchange)
		i.Live.traffic.wake()
	}
}

func (s *streams) add(e *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*Exchange]struct{}{}
	}
	s.open[e] = struct{}{}
}

func (s *streams) remove(e *Exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, e)
	s.last = nil
	if e.state.Load() == connAnswering {
		s.last = e.request.Load()
	}
}

// rest notes that every answer has been sent.
func (s *streams) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = nil
}

// underWay describes what goes on, one line a request. An answer that other
// streams outlast counts as sent when its handler ends: the server does not
// tell more.
func (s *streams) underWay(c *Conn, answers bool, mine func(project string) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for e := range s.open {
		if line := e.underWay(c.RemoteAddr().String(), false, answers, mine); line != "" {
			lines = append(lines, line)
		}
	}
	sending := len(s.open) == 0 && s.last != nil && c.own.state.Load() == connStreams
	if sending && answers && (mine == nil || mine(s.last.Project)) {
		lines = append(lines, notSent(s.last))
	}
	return lines
}
