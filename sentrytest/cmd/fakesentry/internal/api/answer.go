package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// answer sends a value as JSON. A client that is gone is nobody's problem.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // nobody takes it for HTML, and people read it
	_ = encoder.Encode(v)
}

// problem is the body of a failure.
type problem struct {
	Error string `json:"error"`
}

// maxBody bounds what the API itself reads.
const maxBody = 1 << 20

// readBody reads a JSON object into v, and refuses what v has no place for. Example is one that is in order. The error
// is io.EOF when there is no body.
func readBody(w http.ResponseWriter, r *http.Request, v any, example string) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(v)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err == nil && decoder.More() {
		err = errors.New("something follows the object")
	}
	if err != nil {
		return fmt.Errorf("the body has to be a JSON object such as %s: %s", example, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func fail(w http.ResponseWriter, status int, err error) {
	answer(w, status, problem{err.Error()})
}

// notFound says that something does not exist, or no longer.
func notFound(w http.ResponseWriter, what, name string) {
	fail(w, http.StatusNotFound, fmt.Errorf("there is no %s %q, or it is no longer kept", what, name))
}

// The sizes of pages of lists.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// parameters reads the query of a request and collects what is wrong with it.
type parameters struct {
	r    *http.Request
	errs []error
}

func (p *parameters) err() error { return errors.Join(p.errs...) }

func (p *parameters) wrong(name, value, want string) {
	p.errs = append(p.errs, fmt.Errorf("%s is %q, and has to be %s", name, value, want))
}

func (p *parameters) filter() store.Filter {
	q, err := search.Parse(p.r.FormValue("q"))
	if err != nil {
		p.errs = append(p.errs, err)
	}
	f := store.Filter{Query: q, Key: p.r.FormValue("tenant")}
	if key := p.r.PathValue("tenant"); key != "" {
		f.Key = key
	}
	return f
}

func (p *parameters) number(name string, missing, most int) int {
	text := p.r.FormValue(name)
	if text == "" {
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		p.wrong(name, text, fmt.Sprintf("a number from 1 to %d", most))
	}
	return n
}

func (p *parameters) limit() int { return p.number("limit", defaultLimit, maxLimit) }

// cursor reads the place that the last page gave.
func (p *parameters) cursor() int64 {
	text := p.r.FormValue("cursor")
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		p.wrong("cursor", text, `the "next" of the page before`)
	}
	return n
}

func cursorText(next int64) string {
	if next == 0 {
		return ""
	}
	return strconv.FormatInt(next, 10)
}

func (p *parameters) duration(name string, missing, most time.Duration) time.Duration {
	text := p.r.FormValue(name)
	if text == "" {
		return missing
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > most {
		p.wrong(name, text, fmt.Sprintf("a duration up to %s, such as 500ms or 5s", most))
	}
	return d
}

func (p *parameters) boolean(name string) bool {
	text := p.r.FormValue(name)
	if text == "" {
		return false
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		p.wrong(name, text, "true or false")
	}
	return b
}
