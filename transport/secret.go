package transport

import (
	"fmt"
	"log/slog"
	"unique"
)

const mask = "xxxxx"

// Secret is a DSN's secret key. It holds a reference to the text, not the text
// itself. So fmt, encoding/json, encoding/xml and log/slog show a mask or an
// address wherever the secret is, even in an unexported field of another struct
// and as the key of a map. Only [Secret.Reveal] shows the text. Secrets with
// the same text are equal (==). The zero value is no secret and prints as "".
type Secret struct{ text unique.Handle[string] }

// NewSecret returns a secret with the given text; "" gives the zero value.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{unique.Make(text)}
}

// IsZero reports whether there is no secret.
func (s Secret) IsZero() bool { return s == Secret{} }

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.text.Value()
}

// String returns a mask, or "" for no secret.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return mask
}

// Format masks the secret for every verb and flag.
func (s Secret) Format(f fmt.State, verb rune) { format(f, verb, s.String()) }

func format(f fmt.State, verb rune, masked string) {
	if verb == 'q' || (verb == 'v' && f.Flag('#')) {
		fmt.Fprintf(f, "%q", masked)
		return
	}
	fmt.Fprint(f, masked)
}

// MarshalText masks the secret in JSON and other text encodings.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue masks the secret in log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
