package sentrytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/secretforms"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// search looks for a secret in one request or event.
type search struct {
	forms   secretforms.Forms
	carrier string
	leaks   []Leak
}

func (s *search) text(place, text string) {
	if form := s.forms.Find(text); form != "" {
		s.leaks = append(s.leaks, Leak{Carrier: s.carrier, Place: place, Form: form})
	}
}

func leaksInRequest(r Request, f secretforms.Forms) []Leak {
	s := search{forms: f, carrier: fmt.Sprintf("request %d, %s %s", r.ID, r.Method, r.Path)}
	s.text("path", r.Path)
	s.text("query", r.Query)
	s.text("host", r.Host)
	for _, name := range texts.SortedKeys(r.Header) {
		s.text("header "+name, name)
		for _, value := range r.Header[name] {
			s.text("header "+name, value)
		}
	}
	before := len(s.leaks)
	body := cmp.Or(r.Decoded, r.Body)
	if r.Protocol == wire.ProtocolEnvelope {
		s.envelope(body)
	} else {
		s.json("event", []byte(body))
	}
	if len(s.leaks) == before {
		// What could not be taken apart is searched as it is.
		s.text("body", body)
	}
	if len(s.leaks) == before && body != r.Body {
		s.text("body as sent", r.Body)
	}
	return s.leaks
}

func (s *search) envelope(body string) {
	env, _, _ := parseEnvelope([]byte(body), wire.Grammar{})
	if env == nil {
		return
	}
	s.header("envelope header", env.Header)
	for i, item := range env.Items {
		name := cmp.Or(item.Type, "item") + " item"
		if i > 0 {
			name += " " + strconv.Itoa(i+1)
		}
		s.header(name+" header", item.Header)
		switch {
		case item.Filename != "" || item.Type == "attachment":
			s.text(fmt.Sprintf("attachment %q", item.Filename), string(item.Payload))
		case item.Type == "event":
			s.json("event", item.Payload)
		default:
			s.json(name, item.Payload)
		}
	}
}

func (s *search) header(name string, header map[string]json.RawMessage) {
	for _, key := range texts.SortedKeys(header) {
		s.json(name+": "+key, header[key])
	}
}

// json names the path of every string that holds the secret, object keys included.
func (s *search) json(place string, raw []byte) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		s.text(place, string(raw))
		return
	}
	s.value(place, "", tree)
}

func (s *search) value(place, path string, v any) {
	at := place
	if path != "" {
		at = place + ": " + path
	}
	switch v := v.(type) {
	case string:
		s.text(at, v)
	case map[string]any:
		for _, key := range texts.SortedKeys(v) {
			s.text("a key in "+at, key)
			s.value(place, jsontree.Join(path, key), v[key])
		}
	case []any:
		for i, inner := range v {
			s.value(place, jsontree.Join(path, strconv.Itoa(i)), inner)
		}
	}
}
