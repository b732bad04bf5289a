package secretforms_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/secretforms"
)

const secret = "Canary0123456789abcdef0123456789"

func TestFind(t *testing.T) {
	t.Parallel()
	every := strings.Builder{}
	for _, c := range []byte(secret) {
		every.WriteString("%" + hex.EncodeToString([]byte{c}))
	}
	forms := secretforms.New(secret)
	for text, want := range map[string]string{
		"":                                 "",
		"a " + secret[1:]:                  "",
		"a " + secret + " b":               "plain",
		strings.ToUpper(secret):            "plain",
		every.String():                     "URL-encoded",
		`\u0043` + secret[1:]:              "JSON-encoded",
		hex.EncodeToString([]byte(secret)): "hex",
		url.QueryEscape(`"\u0043` + secret[1:] + `"`): "JSON-encoded",
	} {
		NewWithT(t).Expect(forms.Find(text)).To(Equal(want), text)
	}
}

// Base64 is found wherever the secret stands in what was encoded, in both
// alphabets and wrapped.
func TestFindBase64(t *testing.T) {
	t.Parallel()
	forms := secretforms.New(secret)
	for before := range 4 {
		raw := []byte(strings.Repeat("\xfb", before) + secret + "\xff\xfe")
		for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			text := alphabet.EncodeToString(raw)
			NewWithT(t).Expect(forms.Find(text)).To(Equal("base64"), text)
			wrapped := text[:20] + "\r\n" + text[20:]
			NewWithT(t).Expect(forms.Find(wrapped)).To(Equal("base64"), wrapped)
		}
	}
}
