package bodies

import (
	"bytes"
	"strings"
)

// RepairNaN replaces the tokens NaN, Infinity and -Infinity outside of strings
// by null.
func RepairNaN(body []byte) []byte {
	out := make([]byte, 0, len(body))
	inString := false
	for i := 0; i < len(body); {
		if inString {
			if body[i] == '\\' && i+1 < len(body) {
				out = append(out, body[i], body[i+1])
				i += 2
				continue
			}
			inString = body[i] != '"'
			out = append(out, body[i])
			i++
			continue
		}
		if token := notANumber(body[i:]); token != "" {
			out = append(out, "null"...)
			i += len(token)
			continue
		}
		inString = body[i] == '"'
		out = append(out, body[i])
		i++
	}
	return out
}

func notANumber(at []byte) string {
	for _, token := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(at, []byte(token)) {
			return token
		}
	}
	return ""
}

// WritesNaN reports whether the client is one whose JSON encoder is known to
// write NaN and Infinity.
func WritesNaN(client string) bool {
	return strings.HasPrefix(client, "raven-python/") || strings.HasPrefix(client, "sentry-python/")
}
