package reactortransport

import "github.com/ravenkit/ravenkit/transport"

// NewOver returns a reactor over any transport.
func NewOver(next transport.Transport, cfg Config) (*transport.Threaded, error) {
	return newOver(next, cfg)
}
