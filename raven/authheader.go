package raven

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
)

// AuthHeader is a [CaptureOption]: it is sent as X-Sentry-Auth, as it is, in
// place of what the client makes of its DSN. Control characters, which no
// header may have, are left out. Empty says nothing. It may hold a secret, and
// so it is masked wherever it is printed.
type AuthHeader string

func (o AuthHeader) apply(d *draft) {
	if o != "" {
		d.auth = o
	}
}

// over returns headers with the own one of the capture. Those of the client
// are shared by its packets, and stay as they are.
func (o AuthHeader) over(h http.Header) http.Header {
	if o == "" {
		return h
	}
	h = maps.Clone(h)
	h["X-Sentry-Auth"] = []string{strings.Map(printable, string(o))}
	return h
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// masked stands in the place of secrets.
const masked = "********"

// String masks the header.
func (o AuthHeader) String() string { return masked }

// Format masks the header for every verb.
func (o AuthHeader) Format(f fmt.State, _ rune) { fmt.Fprint(f, masked) }

// MarshalText masks the header for JSON.
func (o AuthHeader) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue masks the header for log/slog.
func (o AuthHeader) LogValue() slog.Value { return slog.StringValue(masked) }
