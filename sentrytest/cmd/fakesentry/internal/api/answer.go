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

// answer sends a value as JSON. It ignores write errors: the client has left.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // people read it, and browsers do not guess its type
	_ = encoder.Encode(v)
}

// problem is the body of a failure.
type problem struct {
	Error string `json:"error"`
}

// maxBody bounds the bodies of the API's own requests.
const maxBody = 1 << 20

// readBody reads a JSON object into v. It refuses unknown fields. example is a
// valid object for the error message. The error is io.EOF if there is no body.
func readBody(w http.ResponseWriter, r *http.Request, v any, example string) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(v)
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	if err == nil && decoder.More() {
		err = errors.New("there is text after the object")
	}
	if err != nil {
		return fmt.Errorf("the body must be a JSON object such as %s: %s", example, strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

func fail(w http.ResponseWriter, status int, err error) {
	answer(w, status, problem{err.Error()})
}

// notFound answers that something does not exist.
func notFound(w http.ResponseWriter, what, name string) {
	fail(w, http.StatusNotFound, fmt.Errorf("there is no %s %q, or it was deleted", what, name))
}

// Bounds and default of the size of a list's page.
const (
	defaultLimit = 100
	maxLimit     = 1000
)

// parameters reads the query of a request and collects its errors.
type parameters struct {
	r    *http.Request
	errs []error
}

func (p *parameters) err() error { return errors.Join(p.errs...) }

func (p *parameters) wrong(name, value, want string) {
	p.errs = append(p.errs, fmt.Errorf("%s is %q, but must be %s", name, value, want))
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

// value reads a parameter, or returns missing without one. want says what it
// must be.
func value[T any](p *parameters, name string, missing T, want string, parse func(string) (T, error), valid func(T) bool) T {
	text := p.r.FormValue(name)
	if text == "" {
		return missing
	}
	v, err := parse(text)
	if err != nil || !valid(v) {
		p.wrong(name, text, want)
	}
	return v
}

func (p *parameters) number(name string, missing, most int) int {
	return value(p, name, missing, fmt.Sprintf("a number from 1 to %d", most), strconv.Atoi, func(n int) bool { return n >= 1 && n <= most })
}

func (p *parameters) limit() int { return p.number("limit", defaultLimit, maxLimit) }

// cursor reads the position that the previous page gave.
func (p *parameters) cursor() int64 {
	return value(p, "cursor", 0, `the "next" of the previous page`, position, func(n int64) bool { return n >= 1 })
}

// position reads a place in the order of arrival.
func position(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

func cursorText(next int64) string {
	if next == 0 {
		return ""
	}
	return strconv.FormatInt(next, 10)
}

func (p *parameters) duration(name string, missing, most time.Duration) time.Duration {
	want := fmt.Sprintf("a duration up to %s, such as 500ms or 5s", most)
	return value(p, name, missing, want, time.ParseDuration, func(d time.Duration) bool { return d >= 0 && d <= most })
}

func (p *parameters) boolean(name string) bool {
	return value(p, name, false, "true or false", strconv.ParseBool, func(bool) bool { return true })
}
