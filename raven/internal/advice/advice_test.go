package advice_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/advice"
	"github.com/ravenkit/ravenkit/transport"
)

// A server that says in JSON what it did not like speaks no TLS, and knows best.
func TestForABadRequest(t *testing.T) {
	const (
		key = "compare the DSN with the project's settings in Sentry (Client Keys): is key the key of project 1, and is it enabled?"
		tls = "if the server speaks TLS on this port, the DSN has to say https; otherwise its log tells what it did not like"
		log = "the server's log tells what it did not like; a server from before envelopes needs protocol=store in the DSN"
	)
	for _, tt := range []struct{ scheme, says, want string }{
		{"http", "bad sentry DSN public key", key},
		{"https", "bad sentry DSN public key", key},
		{"https", "invalid sentry_key", key},
		{"http", "invalid event envelope", log},
		{"https", "invalid event envelope", log},
		{"http", "", tls},
		{"https", "", log},
	} {
		t.Run(tt.scheme+" "+tt.says, func(t *testing.T) {
			g := NewWithT(t)
			dsn, err := transport.ParseDSN(tt.scheme + "://key@h/1")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(advice.For(&transport.APIError{Status: 400, Message: tt.says}, dsn)).To(Equal(tt.want))
		})
	}
}
