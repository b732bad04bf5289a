package page

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// requestView describes a request. It leaves out findings about its events,
// which have their own pages.
func (p *Pages) requestView(d *store.Delivery) requestView {
	r := d.Request
	v := requestView{requestRow: p.requestRow(d), Facts: requestFacts(r), Headers: headers(r.Header), Answer: headers(r.Answer.Header), Findings: r.Findings()}
	v.Body = cut(r.Answer.Body, maxValue)
	if envelope, ok := d.Envelope(); ok {
		v.Findings = append(v.Findings, slices.DeleteFunc(envelope.Findings(), func(f sentrytest.Finding) bool { return ofEvent(f.Path, d.Items) })...)
	}
	return v
}

func requestFacts(r sentrytest.Request) []pair {
	scheme := "http"
	if r.TLS {
		scheme = "https"
	}
	size := fmt.Sprintf("%s (%d bytes)", byteCount(len(r.Body)), len(r.Body))
	decoded := ""
	if n := len(r.Decoded); n != len(r.Body) && n > 0 && len(r.Body) > 0 {
		decoded = fmt.Sprintf("%s (%d bytes, %.1f times the size)", byteCount(n), n, float64(n)/float64(len(r.Body)))
	}
	connection := ""
	if r.Connection > 0 {
		connection = strconv.Itoa(r.Connection)
	}
	query := ""
	if r.Query != "" {
		query = "?" + r.Query
	}
	return facts([][2]string{
		{"Line", r.Method + " " + r.Path + query + " " + r.Proto},
		{"Host", r.Host},
		{"Scheme", scheme},
		{"Connection", connection},
		{"Protocol", r.Protocol},
		{"Project", r.ProjectID},
		{"Public key", r.PublicKey},
		{"Auth from", r.AuthSource},
		{"Client", r.Client},
		{"Encoding", r.ContentEncoding},
		{"On the wire", size},
		{"Decoded", decoded},
	})
}

func headers(h http.Header) []pair {
	var out []pair
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, text := range h[name] {
			if len(out) < maxList {
				out = append(out, pair{cut(name, 200), show(text)})
			}
		}
	}
	return out
}

// bodyText returns the beginning of a body that is text.
func bodyText(r sentrytest.Request) (text string, more bool) {
	body := r.Decoded
	if body == "" {
		body = r.Body
	}
	text = cut(body, maxRaw)
	if !utf8.ValidString(text) {
		return "", false
	}
	return text, len(text) < len(body)
}

// ofEvent reports whether the path of a finding is inside an event item.
func ofEvent(path string, items []fakesentryclient.Item) bool {
	rest, ok := strings.CutPrefix(path, "items.")
	index, _, deeper := strings.Cut(rest, ".")
	i, err := strconv.Atoi(index)
	return ok && deeper && err == nil && i >= 0 && i < len(items) && items[i].Type == "event"
}
