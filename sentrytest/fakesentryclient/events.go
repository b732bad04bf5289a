package fakesentryclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Events returns one page of the events that the filter chooses, newest first.
func (c *Client) Events(ctx context.Context, f Filter) (Page, error) {
	return get[Page](ctx, c, "/events", f.values())
}

// AllEvents iterates over all events that the filter chooses, newest first. It
// fetches one page at a time. It ends with the first error.
func (c *Client) AllEvents(ctx context.Context, f Filter) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			page, err := c.Events(ctx, f)
			if err != nil {
				yield(Event{}, err)
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			f.Cursor = page.Next
		}
	}
}

// Event returns the event with the id. Of several with the same id it returns
// the newest. See [IsNotFound].
func (c *Client) Event(ctx context.Context, id string) (Details, error) {
	return get[Details](ctx, c, "/events/"+url.PathEscape(id), nil)
}

// RawEvent returns the JSON of an event as the server received it.
func (c *Client) RawEvent(ctx context.Context, id string) (json.RawMessage, error) {
	return c.bytes(ctx, "/events/"+url.PathEscape(id)+"/raw")
}

// Attachment returns the contents of a file of an event. The index is that of
// [Details.Attachments].
func (c *Client) Attachment(ctx context.Context, id string, index int) ([]byte, error) {
	return c.bytes(ctx, fmt.Sprintf("/events/%s/attachments/%d", url.PathEscape(id), index))
}

func (c *Client) bytes(ctx context.Context, path string) ([]byte, error) {
	resp, err := c.send(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(&bounded{resp.Body, maxAnswer})
	if err != nil {
		return nil, fmt.Errorf("fakesentryclient: GET %s: %w", resp.Request.URL, err)
	}
	return body, nil
}

// DeleteEvents deletes the events that the filter chooses and returns their
// number. It ignores Limit and Cursor. A filter without a query also deletes
// requests without events, such as sessions and refused requests.
func (c *Client) DeleteEvents(ctx context.Context, f Filter) (int, error) {
	f.Limit, f.Cursor = 0, ""
	out, err := call[struct{ Deleted int }](ctx, c, http.MethodDelete, "/events", f.values(), nil)
	return out.Deleted, err
}

// DeleteEvent deletes one event, with everything that came in the same request.
// See [IsNotFound].
func (c *Client) DeleteEvent(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/events/"+url.PathEscape(id), nil)
}

// WaitError says that a wait ended before enough events arrived.
type WaitError struct {
	Want    int
	Filter  Filter
	Arrived []Event // the events that matched, oldest first
	Others  []Event // at most ten of the tenant's other events, newest first
	Err     error   // why the wait ended
}

// Error says what was expected and what arrived.
func (e *WaitError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fakesentryclient: %d of %d events", len(e.Arrived), e.Want)
	if e.Filter.Query != "" {
		fmt.Fprintf(&b, " that match %q", e.Filter.Query)
	}
	fmt.Fprintf(&b, " arrived: %v", e.Err)
	for _, a := range e.Arrived {
		fmt.Fprintf(&b, "\n  arrived: %s", a)
	}
	for _, o := range e.Others {
		fmt.Fprintf(&b, "\n  does not match: %s", o)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *WaitError) Unwrap() error { return e.Err }

// String returns the event on one line: its level, its title and its id.
func (e Event) String() string { return fmt.Sprintf("%s %q (%s)", e.Level, e.Title, e.EventID) }

// waited is the answer to a wait. Failures of any kind have an Error.
type waited struct {
	Error  string
	Events []Event
}

// waitSlice is the longest that one request waits at the server.
const waitSlice = 30 * time.Second

// Wait returns the first n events that the filter chooses, oldest first, as
// soon as there are n. Events that arrived before the call count. If ctx ends
// first, Wait returns the events that matched and a [*WaitError] that lists
// what arrived. If ctx has no deadline, Wait may wait for ever.
func (c *Client) Wait(ctx context.Context, n int, f Filter) ([]Event, error) {
	for {
		events, err := c.waitOnce(ctx, n, f, slice(ctx))
		var early *WaitError
		switch {
		case err == nil:
			return events, nil
		case ctx.Err() != nil:
			return c.lastLook(ctx, n, f)
		case !errors.As(err, &early):
			return nil, err
		}
	}
}

// slice returns how long the next request may wait at the server.
func slice(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return waitSlice
	}
	return min(waitSlice, max(time.Until(deadline), time.Millisecond))
}

func (c *Client) waitOnce(ctx context.Context, n int, f Filter, timeout time.Duration) ([]Event, error) {
	query := f.values()
	query.Set("count", fmt.Sprint(n))
	query.Set("timeout", timeout.String())
	got, err := get[waited](ctx, c, "/wait", query)
	return got.Events, err
}

// lastLook asks once more, without waiting, after ctx has ended.
func (c *Client) lastLook(ctx context.Context, n int, f Filter) ([]Event, error) {
	cause := context.Cause(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), howLong)
	defer cancel()
	events, err := c.waitOnce(ctx, n, f, 0)
	if err == nil {
		return events, nil
	}
	result := &WaitError{Want: n, Filter: f, Err: cause}
	var early *WaitError
	if errors.As(err, &early) {
		result.Arrived = early.Arrived
		result.Others = c.others(ctx, f, early.Arrived)
	}
	return result.Arrived, result
}

// howLong bounds the time for lastLook.
const howLong = 2 * time.Second

// others returns events of the tenant that did not match. It returns nil if the
// server does not answer.
func (c *Client) others(ctx context.Context, f Filter, arrived []Event) []Event {
	matched := map[int64]bool{}
	for _, e := range arrived {
		matched[e.Seq] = true
	}
	page, err := c.Events(ctx, Filter{Tenant: f.Tenant, Limit: maxOthers + len(arrived)})
	if err != nil {
		return nil
	}
	var out []Event
	for _, e := range page.Events {
		if !matched[e.Seq] && len(out) < maxOthers {
			out = append(out, e)
		}
	}
	return out
}

// maxOthers bounds WaitError.Others.
const maxOthers = 10
