package raven

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"unique"

	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

// AuthHeader returns a [CaptureOption]: the header is sent as X-Sentry-Auth, as
// it is, in place of what the client makes of its DSN. Control characters,
// which no header may have, are left out. "" says nothing. The header may hold a
// secret, so fmt, encoding/json and log/slog show a mask or an address wherever
// the option is printed.
func AuthHeader(header string) CaptureOption {
	if header == "" {
		return authHeader{}
	}
	return authHeader{unique.Make(header)}
}

// authHeader holds a reference to its text, since fmt calls no methods of what
// stands in unexported fields.
type authHeader struct{ text unique.Handle[string] }

func (o authHeader) apply(d *draft) {
	if o != (authHeader{}) {
		d.auth = o
	}
}

// over returns headers with the own one of the capture. Those of the client
// are shared by its packets, and stay as they are.
func (o authHeader) over(h http.Header) http.Header {
	if o == (authHeader{}) {
		return h
	}
	h = maps.Clone(h)
	h["X-Sentry-Auth"] = []string{strings.Map(printable, o.text.Value())}
	return h
}

func printable(r rune) rune {
	if r < ' ' || r == 0x7f {
		return -1
	}
	return r
}

// String masks the header.
func (o authHeader) String() string { return mask.Hidden }

// Format masks the header for every verb.
func (o authHeader) Format(f fmt.State, _ rune) { fmt.Fprint(f, mask.Hidden) }

// MarshalText masks the header for JSON.
func (o authHeader) MarshalText() ([]byte, error) { return []byte(mask.Hidden), nil }

// LogValue masks the header for log/slog.
func (o authHeader) LogValue() slog.Value { return slog.StringValue(mask.Hidden) }
