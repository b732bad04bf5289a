package sentrytest

import (
	"bytes"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

//go:embed artifact.html
var artifactHTML string

// Limits of the page. The JSONL file beside it has everything.
const (
	maxPageRequests = 500
	maxPageText     = 64 << 10
)

// pageRequest is what the page shows of a request.
type pageRequest struct {
	Request
	Line    string // the request and its answer on one line
	Outcome string // "accepted", "refused" or, if a step decided, "scripted"
	Events  []pageEvent
	Refused string
	Text    string // the body, readable
}

type pageEvent struct {
	Summary  string
	Problems []Problem
	Grouping Grouping
}

// writePage writes a page that refers to no other file.
func writePage(w io.Writer, about artifactHead, src *scope) error {
	page, err := template.New("artifact").Parse(artifactHTML)
	if err != nil {
		return err
	}
	requests := pageRequests(src)
	omitted := max(len(requests)-maxPageRequests, 0)
	return page.Execute(w, struct {
		artifactHead
		Summary  string
		Requests []pageRequest
		Omitted  int
	}{
		about,
		fmt.Sprintf("%s, %s, %d refused", texts.Count(len(requests), "request"), texts.Count(len(src.Events()), "event"), len(src.Rejected())),
		requests[:len(requests)-omitted], omitted,
	})
}

func pageRequests(src *scope) []pageRequest {
	events := map[int][]pageEvent{}
	for _, e := range src.Events() {
		events[e.Received.ID] = append(events[e.Received.ID], pageEvent{e.String(), e.Problems, e.GroupingPreview()})
	}
	refused := map[int]string{}
	for _, r := range src.Rejected() {
		refused[r.Request.ID] = strings.Join(append([]string{r.Reason}, r.Causes...), ": ")
	}
	kept := idsOf(src)
	var out []pageRequest
	for _, r := range src.Requests() {
		p := pageRequest{Request: r, Line: r.String(), Events: events[r.ID], Refused: refused[r.ID], Text: readable(r)}
		_, accepted := kept[r.ID]
		switch {
		case p.Refused != "":
			p.Outcome = "refused"
		case accepted:
			p.Outcome = "accepted"
		default:
			p.Outcome = "scripted"
		}
		out = append(out, p)
	}
	return out
}

// readable returns the decoded body with indented JSON, cut to a length.
func readable(r Request) string {
	body := r.Decoded
	if body == "" {
		body = r.Body
	}
	if !utf8.ValidString(body) {
		return fmt.Sprintf("%d bytes that are not text", len(body))
	}
	if len(body) > maxPageText {
		return fmt.Sprintf("%s\n\n%d bytes in all", texts.Shorten(body, maxPageText), len(body))
	}
	var out strings.Builder
	for line := range strings.Lines(body) {
		var b bytes.Buffer
		if json.Indent(&b, []byte(line), "", "  ") != nil {
			out.WriteString(line)
			continue
		}
		out.WriteString(strings.TrimRight(b.String(), "\n") + "\n")
	}
	return out.String()
}
