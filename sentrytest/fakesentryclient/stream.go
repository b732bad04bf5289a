package fakesentryclient

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// News is one thing that a stream brings: an event, a refused request, one that a fault has answered, or word of what was missed.
type News struct {
	Event   *Event   // nil unless it is an event
	Refused *Request // nil unless it is a refused request; streams with a query don't have them
	Faulted *Request // nil unless it is a request that a fault has answered; streams with a query don't have them
	Missed  bool     // some news was no longer kept when it could have been sent
	ID      int64    // to go on after, see Stream
}

// Stream calls each with what arrives at the server, in order: from now on, or after the given ID of earlier News; 0 is
// everything that is kept. For now, give [Now]. It returns nil when each returns false, or the first error: ctx's, or
// io.ErrUnexpectedEOF when the server has ended the stream. A line of the stream may have 16 MiB.
func (c *Client) Stream(ctx context.Context, f Filter, after int64, each func(News) bool) error {
	query := url.Values{}
	for _, name := range []string{"q", "tenant"} {
		if v := f.values().Get(name); v != "" {
			query.Set(name, v)
		}
	}
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

// Now is the place in a stream from which only what arrives later is news.
const Now int64 = -1

// maxLine bounds a line of the stream: an event in short, whose title may be as long as an event.
const maxLine = 16 << 20

// readStream reads server-sent events as far as this server sends them: fields are id, event and one line of data.
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
			if line != "" || name == "" { // a comment, or the end of one
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
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF): // in order, or in the middle of it
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
