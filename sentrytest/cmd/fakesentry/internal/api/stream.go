package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// heartbeat is the time after which an idle stream sends a comment.
const heartbeat = 15 * time.Second

// stream sends server-sent events: an event as "event", a refused request as
// "refused", a request that a fault answered as "faulted". It sends "missed" if
// news was deleted before the stream could send it.
func (a *API) stream(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	f := p.filter()
	after := p.after(a.cfg.Store.Last())
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if !a.knows(w, r, f.Key) {
		return
	}
	ctx, cancel := a.lifetime(r)
	defer cancel()
	feed := a.cfg.Store.Feed(after)
	after = feed.After()
	openStream(w).follow(ctx, feed, func(s *sse, d *store.Delivery) {
		others := f.Query.String() == "" && (f.Key == "" || d.Request.PublicKey == f.Key)
		others = others && d.Seq > after
		if others && d.Faulted() {
			s.send("faulted", d.Seq, Request(d))
		}
		if others && d.Rejection != nil {
			s.send("refused", d.Seq, Request(d))
		}
		for _, e := range d.Events {
			if e.Seq > after && f.Match(e) {
				s.send("event", e.Seq, e.Event)
			}
		}
	})
}

// after reads the position where the stream begins: the header Last-Event-ID,
// which browsers send when they reconnect, or else the parameter.
func (p *parameters) after(missing int64) int64 {
	text := p.r.Header.Get("Last-Event-ID")
	if text == "" {
		text = p.r.FormValue("after")
	}
	if text == "" {
		return missing
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		p.wrong("Last-Event-ID", text, "an id of this stream")
	}
	return n
}

// sse writes server-sent events.
type sse struct {
	w       http.ResponseWriter
	control *http.ResponseController
	err     error // the first error; the client has left
}

func openStream(w http.ResponseWriter) *sse {
	s := &sse{w: w, control: http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Accel-Buffering", "no") // turns off buffering in nginx
	w.WriteHeader(http.StatusOK)
	s.write(": this stream is open\n\n")
	return s
}

func (s *sse) write(text string) {
	if s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
}

func (s *sse) flush() {
	if s.err == nil {
		s.err = s.control.Flush()
	}
}

// send sends one event. Encoded JSON has no line breaks, so it is one line of
// data.
func (s *sse) send(name string, id int64, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		data = []byte("null") // the API's own types can always be encoded
	}
	s.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", id, name, data))
}

// follow sends what the feed delivers until ctx ends, the store closes, or the
// client leaves.
func (s *sse) follow(ctx context.Context, feed *store.Feed, each func(*sse, *store.Delivery)) {
	s.flush()
	for s.err == nil {
		round, cancel := context.WithTimeout(ctx, heartbeat)
		news, missed, err := feed.Next(round)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case round.Err() != nil && err != nil:
			s.write(": nothing new\n\n")
		case err != nil:
			return
		}
		if missed {
			s.write("event: missed\ndata: null\n\n")
		}
		for _, d := range news {
			if s.err != nil || ctx.Err() != nil {
				return
			}
			each(s, d)
		}
		s.flush()
	}
}
