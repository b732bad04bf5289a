// Package secretforms finds a secret in a text in any of these encodings: as it
// is, percent-encoded, escaped as in JSON, in base64 and in hexadecimal.
//
// It must know nothing of requests or events: it looks at one text.
package secretforms

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// Forms are the encodings of a secret.
type Forms struct {
	plain  string // in lower case
	hex    string
	base64 []string // one for each position in a group of three bytes, in the standard alphabet
}

// New returns the forms of a secret.
func New(secret string) Forms {
	f := Forms{plain: strings.ToLower(secret), hex: hex.EncodeToString([]byte(secret))}
	for before := range 3 {
		text := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + secret))
		// The characters at the edges also hold bits of the neighbours.
		text = text[(before*8+5)/6:]
		if (before+len(secret))%3 != 0 {
			text = text[:len(text)-1]
		}
		f.base64 = append(f.base64, text)
	}
	return f
}

// standard turns wrapped base64 of the URL alphabet into the standard form.
var standard = strings.NewReplacer("-", "+", "_", "/", "\r", "", "\n", "")

// Find returns the form in which a text holds the secret, "" if it doesn't.
func (f Forms) Find(text string) string {
	if form := f.inLayer(text); form != "" {
		return form
	}
	// Escapes can contain any of the forms and each other, as in a JSON text in
	// a query.
	for range 3 {
		unescaped, by := unescapeURL(text), "URL-encoded"
		if unescaped == text {
			unescaped, by = unescapeJSON(text), "JSON-encoded"
		}
		if unescaped == text {
			return ""
		}
		if form := f.inLayer(unescaped); form != "" {
			if form != "plain" {
				by += " " + form
			}
			return by
		}
		text = unescaped
	}
	return ""
}

func (f Forms) inLayer(text string) string {
	folded := strings.ToLower(text)
	if strings.Contains(folded, f.plain) {
		return "plain"
	}
	if strings.Contains(folded, f.hex) {
		return "hex"
	}
	text = standard.Replace(text)
	for _, b := range f.base64 {
		if strings.Contains(text, b) {
			return "base64"
		}
	}
	return ""
}

var percentEscape = regexp.MustCompile(`%[0-9A-Fa-f]{2}`)

// unescapeURL undoes percent-encoding in any text.
func unescapeURL(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	return percentEscape.ReplaceAllStringFunc(text, func(escape string) string {
		plain, err := url.PathUnescape(escape)
		if err != nil {
			return escape
		}
		return plain
	})
}

var jsonEscape = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|["\\/bfnrt])`)

// unescapeJSON undoes the escapes of JSON in any text.
func unescapeJSON(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	return jsonEscape.ReplaceAllStringFunc(text, func(escape string) string {
		var plain string
		if json.Unmarshal([]byte(`"`+escape+`"`), &plain) != nil {
			return escape
		}
		return plain
	})
}
