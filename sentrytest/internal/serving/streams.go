package serving

import (
	"context"
	"net/http"
	"sync"
)

// streams are the concurrent requests of an HTTP/2 connection.
type streams struct {
	mu   sync.Mutex // guards everything below
	open map[*Exchange]struct{}
	last *Request // of the handler that ended last, whose answer may not be sent yet; nil if all answers were sent
}

// stream registers a request of an HTTP/2 connection. It returns the request
// for its handler, and a function to call when the handler ends.
func (i Info) stream(r *http.Request) (*http.Request, func()) {
	if i.Live == nil {
		return r, func() {}
	}
	i.Exchange = &Exchange{traffic: i.Live.traffic}
	i.Exchange.begin()
	i.Live.streams.add(i.Exchange)
	// The state was connReceiving since the first stream opened, and the
	// streams have states of their own from now on. It is connQuiet if the
	// client has given up the stream.
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

// rest notes that every answer was sent.
func (s *streams) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = nil
}

// underWay describes the requests in flight, one line each. An answer counts as
// sent when its handler ends while other streams are open, since http.Server
// reports no more.
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
