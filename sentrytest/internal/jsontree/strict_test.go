package jsontree_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// What encoding/json reads and Relay does not.
func TestStrict(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for raw, want := range map[string]string{
		`{"a":"\ud83d"}`:   "unexpected end of hex escape",
		`{"\ud83dx":1}`:    "unexpected end of hex escape",
		`["\ud83d\ud83d"]`: "unexpected end of hex escape",
		`["\udc00"]`:       "lone leading surrogate in hex escape",
		`[-1e999]`:         "number out of range",
		"[\"\xff\"]":       "invalid unicode code point",
		strings.Repeat("[", 128) + strings.Repeat("]", 128): "recursion limit exceeded",
	} {
		g.Expect(jsontree.Strict([]byte(raw))).To(MatchError(want), raw)
	}
	for _, raw := range []string{
		`{}`, `["\ud83d\ude00","\\ud83d","1e999",1e308,1e-999,-0.5]`, strings.Repeat("[", 127) + strings.Repeat("]", 127),
		strings.Repeat("[],", 200), `"`, `"\`, `"\u`, `"\ud8`,
	} {
		g.Expect(jsontree.Strict([]byte(raw))).To(Succeed(), raw)
	}
}
