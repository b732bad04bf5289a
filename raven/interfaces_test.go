package raven_test

import (
	"reflect"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestSendTakesAnyKey(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"client": "1"}))
	c.TagsContext(t.Context(), raven.Tags{"context": "1"})
	g.Expect(c.Send(t.Context(), &raven.Event{Interfaces: raven.Interfaces{"type": "transaction", "spans": []any{}}},
		raven.Tags{"k": "v"}, raven.Interfaces{"a.b": 1})).To(Succeed())
	ev := only(t, rec)
	g.Expect(ev["type"]).To(Equal("transaction"))
	g.Expect(ev["spans"]).To(BeEmpty())
	g.Expect(ev["a.b"]).To(Equal(1.0))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"k": "v"}))

	g.Expect(c.Send(t.Context(), &raven.Event{Interfaces: raven.Interfaces{"level": 1}})).
		To(MatchError(`raven: Interfaces has the key "level"; set Event.Level in its place`))
	g.Expect(c.Send(t.Context(), &raven.Event{}, raven.Interfaces{"sdk": 1})).
		To(MatchError(`raven: Interfaces has the key "sdk", which the client sets itself`))
	g.Expect(rec.all()).To(HaveLen(1))
}

// No key is sent twice: Interfaces can't have the keys that events have anyway.
func TestSendKnowsItsFields(t *testing.T) {
	g := NewWithT(t)
	whole := reflect.ValueOf(everything)
	for i := range whole.NumField() {
		g.Expect(whole.Field(i).IsZero()).To(BeFalse(), "a new field of Event: %s", whole.Type().Field(i).Name)
	}
	for _, dsn := range []string{testDSN, storeDSN} {
		c, rec := newRecorded(t, dsn)
		ev := everything
		ev.Interfaces = nil
		c.Capture(t.Context(), &ev)
		ev.Culprit = ""
		c.Capture(t.Context(), &ev)
		for _, p := range rec.all() {
			for key := range eventOf(t, p) {
				if key != "sentry.interfaces.Message" {
					g.Expect(c.Send(t.Context(), &raven.Event{}, raven.Interfaces{key: 1})).To(MatchError(ContainSubstring(key)))
				}
			}
		}
	}
}
