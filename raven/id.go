package raven

import (
	"math/rand/v2"
	"strings"
)

const hexDigits = "0123456789abcdef"

// newID returns a random UUID (version 4) without dashes. An id must be unique,
// not secret, so it needs no crypto/rand, which is slower.
func newID() string {
	var id [32]byte
	hi := rand.Uint64()&^0xf000 | 0x4000
	lo := rand.Uint64()&^(0b11<<62) | 0b10<<62
	for i := range 16 {
		id[i] = hexDigits[hi>>(60-4*i)&15]
		id[16+i] = hexDigits[lo>>(60-4*i)&15]
	}
	return string(id[:])
}

// idOf returns the id of an event, or a new one.
func idOf(ev *Event) string {
	if ev != nil {
		if id := normalID(ev.EventID); id != "" {
			return id
		}
	}
	return newID()
}

// normalID returns a UUID as 32 hexadecimal digits in lower case, or "" if id
// is not a UUID.
func normalID(id string) string {
	if len(id) == 32 && strings.IndexFunc(id, notHex) < 0 {
		return id
	}
	id = strings.ToLower(strings.ReplaceAll(id, "-", ""))
	if len(id) != 32 || strings.IndexFunc(id, notHex) >= 0 {
		return ""
	}
	return id
}

func notHex(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'f') }
