package sentrytest

import (
	"context"
	"net/http"
	"slices"

	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Around puts a program's own handler in front of the server's. wrap is called
// once, at the start, with the handler that takes events; the handler that it
// returns serves every request of every listener. A request that it does not
// pass on is not recorded and takes no step of a script. [IsIngest] reports
// which paths take events.
//
// It is for programs that serve more than ingest on one address, such as a page
// that shows events. The connections stay the server's, so that faults go on
// working; therefore pass on the ResponseWriter unchanged. The context of a
// request ends when the server closes. Of several Around the first is the
// outermost.
func Around(wrap func(ingest http.Handler) http.Handler) Option {
	return func(c *config) { c.around = append(c.around, wrap) }
}

// handler returns what serves requests: the server's own handler and whatever
// stands around it.
func (s *Server) handler() http.Handler {
	var h http.Handler = http.HandlerFunc(s.handle)
	for _, wrap := range slices.Backward(s.cfg.around) {
		h = wrap(h)
	}
	if len(s.cfg.around) == 0 {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsIngest(r.URL.Path) {
			serving.InfoOf(r).Exchange.Foreign()
		}
		h.ServeHTTP(w, r)
	})
}

// IsIngest reports whether the path is one on which every server takes events:
// the store, envelope, security or minidump endpoint of some project.
func IsIngest(path string) bool { return wire.RouteOf(path).Protocol != "" }

// Arrival is a request together with what the server made of it, at the moment
// before it is answered.
type Arrival struct {
	// Request has the answer that is about to be sent: Answer.Status is 0 where
	// a script step sends none.
	Request Request
	// Envelope is nil when the request was not accepted, and on the store and
	// security endpoints.
	Envelope *Envelope
	// Events are those that the request brought; none when it was not accepted.
	Events []Event
	// Transactions are those that the request brought; none when it was not
	// accepted.
	Transactions []Event
	// Rejection is nil unless the request was refused because of its contents.
	Rejection *Rejection
}

// BeforeAnswer calls hook for every request before it is answered, refused and
// scripted requests included; CORS preflights excepted. If hook returns an
// error for an accepted request, the answer becomes a 503, and the request a
// [Rejection] with the error as its cause. So a program that returns nil only
// when the events are stored can promise that acknowledged events are kept.
//
// The hook runs on the goroutine of the request, concurrently with others. ctx
// ends when the client goes away or the server closes. The hook may keep the
// Arrival but must not modify it: it shares memory with the server's records.
// Requests are recorded after the hook, so not always in the order of their
// IDs.
func BeforeAnswer(hook func(ctx context.Context, a *Arrival) error) Option {
	return func(c *config) { c.beforeAnswer = hook }
}

// arrival shows an entry to the hook, without copies.
func (e *entry) arrival() *Arrival {
	e.carry()
	return &Arrival{
		Request: *e.request, Envelope: e.envelope, Events: shared(e.events), Transactions: shared(e.traces), Rejection: e.rejection,
	}
}

func shared(stored []*arrivedEvent) []Event {
	var out []Event
	for _, e := range stored {
		out = append(out, e.get())
	}
	return out
}

// announce shows the entry to the program's hook, and turns the answer into a
// 503 if that fails.
func (s *Server) announce(ctx context.Context, e *entry, a *answer) {
	if s.cfg.beforeAnswer == nil {
		return
	}
	e.request.ID = s.journal.nextID()
	err := s.cfg.beforeAnswer(ctx, e.arrival())
	if err == nil || !a.accepted {
		return
	}
	r := wire.Refuse(http.StatusServiceUnavailable, scriptedDetail(http.StatusServiceUnavailable), err.Error())
	*a = answer{header: jsonAnswer}
	a.fail(r)
	e.request.Answer = Answer{Status: a.status, Header: a.header, Body: a.body, Step: e.request.Answer.Step}
	e.kept = kept{}
	e.rejection = &Rejection{Status: r.Status, Reason: r.Detail, Causes: r.Causes}
}
