package fakesentryclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// News is one message of a stream: an event, a refused request, a request that
// a fault answered, or a note that some news is missing.
type News struct {
	Event   *Event   // nil unless the news is an event
	Refused *Request // a refused request, or nil; always nil in streams with a query
	Faulted *Request // a request that a fault answered, or nil; always nil in streams with a query
	Missed  bool     // the server deleted some news before it could send them
	ID      int64    // the position in the stream; see Stream
}

// Stream calls each for everything that arrives at the server, in order. It
// begins after the news with the ID after. With 0 it begins with the oldest
// news that the server keeps; with [Now] it skips everything that is there
// already. Stream returns nil when each returns false. Otherwise it returns the
// first error: ctx's, or io.ErrUnexpectedEOF when the server ends the stream. A
// line of the stream has at most 16 MiB.
func (c *Client) Stream(ctx context.Context, f Filter, after int64, each func(News) bool) error {
	query := Filter{Query: f.Query, Tenant: f.Tenant}.values()
	if after != Now {
		query.Set("after", strconv.FormatInt(after, 10))
	}
	resp, err := c.send(ctx, http.MethodGet, "/stream", query, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	err = readStream(resp.Body, each)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// Now is the end of a stream: Stream then brings only what arrives later.
const Now int64 = -1

// maxLine bounds a line of the stream. A line holds the summary of an event,
// and its title may be as long as an event.
const maxLine = 16 << 20

// readStream reads server-sent events. It knows what fakesentry sends: the
// fields id and event, and one line of data.
func readStream(r io.Reader, each func(News) bool) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var name, data string
	var id int64
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "id":
			var err error
			if id, err = strconv.ParseInt(value, 10, 64); err != nil {
				return fmt.Errorf("fakesentryclient: the stream has the id %q", value)
			}
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if line != "" || name == "" { // a comment, or an empty line after one
				continue
			}
			news, err := readNews(name, data, id)
			if err != nil {
				return err
			}
			if !each(news) {
				return nil
			}
			name, data = "", ""
		}
	}
	switch err := lines.Err(); {
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF): // the stream ended between or within messages
		return fmt.Errorf("fakesentryclient: the server ended the stream: %w", io.ErrUnexpectedEOF)
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("fakesentryclient: the stream has a line of more than %d bytes, which fakesentry does not send: %w", maxLine, err)
	default:
		return fmt.Errorf("fakesentryclient: reading the stream: %w", err)
	}
}

func readNews(name, data string, id int64) (News, error) {
	n := News{ID: id}
	var into any
	switch name {
	case "event":
		n.Event = new(Event)
		into = n.Event
	case "refused":
		n.Refused = new(Request)
		into = n.Refused
	case "faulted":
		n.Faulted = new(Request)
		into = n.Faulted
	default:
		n.Missed = name == "missed"
		return n, nil
	}
	if err := json.Unmarshal([]byte(data), into); err != nil {
		return n, fmt.Errorf("fakesentryclient: %s in the stream: %w", name, err)
	}
	return n, nil
}
