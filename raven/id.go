package raven

import "math/rand/v2"

const hexDigits = "0123456789abcdef"

// newID returns a random UUID (version 4) without dashes. An event's id has to
// be unique, not secret, so the generator that Go seeds from the system will
// do; it takes a fraction of the time of a system call.
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
