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
	var p Page
	err := c.call(ctx, http.MethodGet, "/events", f.values(), nil, &p)
	return p, err
}

// AllEvents goes through all events that the filter chooses, newest first, a page at a time. It ends with the first
// error.
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

// Event returns the event with the id, of several with one id the newest; see [IsNotFound].
func (c *Client) Event(ctx context.Context, id string) (Details, error) {
	var d Details
	err := c.call(ctx, http.MethodGet, "/events/"+url.PathEscape(id), nil, nil, &d)
	return d, err
}

// RawEvent returns the JSON of an event as it was received.
func (c *Client) RawEvent(ctx context.Context, id string) (json.RawMessage, error) {
	return c.bytes(ctx, "/events/"+url.PathEscape(id)+"/raw")
}

// Attachment returns the contents of a file that came with an event: one of [Details.Attachments].
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

// DeleteEvents deletes the events that the filter chooses and returns how many they were. Limit and Cursor don't count.
// A filter without a query also deletes what has no event, such as sessions and refused requests.
func (c *Client) DeleteEvents(ctx context.Context, f Filter) (int, error) {
	var out struct{ Deleted int }
	f.Limit, f.Cursor = 0, ""
	err := c.call(ctx, http.MethodDelete, "/events", f.values(), nil, &out)
	return out.Deleted, err
}

// DeleteEvent deletes one event, with everything that came in the same request; see [IsNotFound].
func (c *Client) DeleteEvent(ctx context.Context, id string) error {
	return c.call(ctx, http.MethodDelete, "/events/"+url.PathEscape(id), nil, nil, nil)
}

// WaitError is a wait that ended before enough events had arrived.
type WaitError struct {
	Want    int
	Filter  Filter
	Arrived []Event // those that matched, oldest first
	Others  []Event // up to ten of the tenant's newest events that did not match, newest first
	Err     error   // what ended the wait
}

// Error says what was waited for and what arrived instead.
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

// String returns the event on one line: level, what happened, and the id.
func (e Event) String() string { return fmt.Sprintf("%s %q (%s)", e.Level, e.Title, e.EventID) }

// waited is the answer to a wait, and as much of any failure as there is.
type waited struct {
	Error  string
	Events []Event
}

// waitSlice is how long one request waits at the server.
const waitSlice = 30 * time.Second

// Wait returns the first n events that the filter chooses, oldest first, as soon as there are that many; those that
// were there before count. If ctx ends first, the error is a [*WaitError] that says what arrived, and the events that
// did match are returned with it. A ctx without a deadline waits for ever.
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

// slice is how long the next request may wait at the server.
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
	var got waited
	err := c.call(ctx, http.MethodGet, "/wait", query, nil, &got)
	return got.Events, err
}

// lastLook finds out what there is when the time is over.
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

// howLong is how long a failing wait may take to find out what arrived instead.
const howLong = 2 * time.Second

// others finds what arrived but did not match. A server that doesn't answer now has nothing to say about that.
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
