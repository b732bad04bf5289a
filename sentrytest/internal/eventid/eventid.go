// Package eventid reads and makes the ids of events, which are UUIDs.
//
// It must know nothing of events or of where an id stands.
package eventid

import (
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// Normalize turns any spelling of a UUID into 32 lower-case hexadecimal digits:
// plain, with dashes at their places, in braces, or as a URN.
func Normalize(text string) (string, bool) {
	text = strings.TrimPrefix(strings.ToLower(text), "urn:uuid:")
	if len(text) == 38 && text[0] == '{' && text[37] == '}' {
		text = text[1:37]
	}
	if len(text) == 36 {
		for _, at := range []int{8, 13, 18, 23} {
			if text[at] != '-' {
				return "", false
			}
		}
		text = text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	}
	if len(text) != 32 {
		return "", false
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return "", false
		}
	}
	return text, true
}

// Dashed spells an id of 32 digits with the dashes of a UUID.
func Dashed(id string) string {
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}

// New makes a random UUID, version 4, for an event that came without one.
func New() string {
	id := []byte(RandomHex())
	id[12] = '4'
	id[16] = "89ab"[id[16]&3]
	return string(id)
}

// RandomHex returns 32 random hexadecimal digits.
func RandomHex() string {
	var b [16]byte
	// Since Go 1.24 this never returns an error.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
