package api

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	wire "github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

func (a *API) listEvents(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	f, limit, cursor := p.filter(), p.limit(), p.cursor()
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	page, err := a.cfg.Store.List(r.Context(), f, cursor, limit)
	if err != nil {
		fail(w, http.StatusServiceUnavailable, err)
		return
	}
	answer(w, http.StatusOK, wire.Page{Events: events(page.Events), Total: page.Total, Next: cursorText(page.Next)})
}

// deleted is the answer to a deletion.
type deleted struct {
	Deleted int `json:"deleted"` // events
}

func (a *API) deleteEvents(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	f := p.filter()
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	n, err := a.cfg.Store.Delete(r.Context(), f)
	if err != nil {
		fail(w, http.StatusInternalServerError, err)
		return
	}
	answer(w, http.StatusOK, deleted{n})
}

// event returns the event of the address. If there is none, it answers with
// 404.
func (a *API) event(w http.ResponseWriter, r *http.Request) (*store.Event, bool) {
	e, ok := a.cfg.Store.Event(r.PathValue("id"))
	if !ok {
		notFound(w, "event", r.PathValue("id"))
	}
	return e, ok
}

func (a *API) showEvent(w http.ResponseWriter, r *http.Request) {
	if e, ok := a.event(w, r); ok {
		answer(w, http.StatusOK, details(e))
	}
}

func (a *API) deleteEvent(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	switch n, err := a.cfg.Store.DeleteEvent(r.Context(), id); {
	case err != nil:
		fail(w, http.StatusInternalServerError, err)
	case n == 0:
		notFound(w, "event", id)
	default:
		answer(w, http.StatusOK, deleted{n})
	}
}

func (a *API) showRaw(w http.ResponseWriter, r *http.Request) {
	e, ok := a.event(w, r)
	if !ok {
		return
	}
	if r.FormValue("download") != "" {
		attach(w, e.EventID+".json")
	}
	send(w, "application/json", e.Raw())
}

func (a *API) showAttachment(w http.ResponseWriter, r *http.Request) {
	e, ok := a.event(w, r)
	if !ok {
		return
	}
	item, ok := e.Delivery.Attachment(r.PathValue("index"))
	if !ok {
		fail(w, http.StatusNotFound, fmt.Errorf("there is no attachment %q; %s", r.PathValue("index"), listed(attachments(e.Delivery))))
		return
	}
	attach(w, item.Filename)
	// The sender chooses the type, so browsers must save the file and not show
	// it.
	send(w, "application/octet-stream", item.Payload)
}

// listed describes the attachments of an event for an error message.
func listed(all []wire.Attachment) string {
	if len(all) == 0 {
		return "the event has none"
	}
	var names []string
	for _, one := range all {
		names = append(names, fmt.Sprintf("%d (%s)", one.Index, one.Filename))
	}
	return "the event has " + strings.Join(names, ", ")
}

// attach makes a browser save the answer as a file.
func attach(w http.ResponseWriter, name string) {
	value := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if value == "" {
		value = "attachment"
	}
	w.Header().Set("Content-Disposition", value)
}

// send sends bytes from the network with headers that stop browsers from
// running them.
func send(w http.ResponseWriter, kind string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	_, _ = w.Write(body)
}

// Bounds and default of a wait.
const (
	defaultWait = 10 * time.Second
	maxWait     = 10 * time.Minute
	maxCount    = 100_000
)

// waited is the answer to a wait: the events, and an error if there are too
// few.
type waited struct {
	Error  string       `json:"error,omitempty"`
	Events []wire.Event `json:"events"`
}

func (a *API) wait(w http.ResponseWriter, r *http.Request) {
	p := parameters{r: r}
	f, count, timeout := p.filter(), p.number("count", 1, maxCount), p.duration("timeout", defaultWait, maxWait)
	if err := p.err(); err != nil {
		fail(w, http.StatusBadRequest, err)
		return
	}
	if !a.knows(w, r, f.Key) {
		return
	}
	ctx, cancel := a.lifetime(r)
	defer cancel()
	ctx, stop := context.WithTimeoutCause(ctx, timeout, errTimeout(timeout))
	defer stop()
	found, err := a.cfg.Store.Wait(ctx, count, f)
	switch {
	case err == nil:
		answer(w, http.StatusOK, waited{Events: events(found)})
	case errors.Is(err, errTimeout(timeout)):
		answer(w, http.StatusGatewayTimeout, waited{Error: err.Error(), Events: events(found)})
	default:
		answer(w, http.StatusServiceUnavailable, waited{Error: err.Error(), Events: events(found)})
	}
}

// errTimeout ends a wait that took too long.
type errTimeout time.Duration

func (e errTimeout) Error() string { return time.Duration(e).String() + " passed" }
