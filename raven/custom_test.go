package raven_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type outOfStock struct{ article int }

func (o outOfStock) FillEvent(ev *raven.Event) {
	if o.article < 0 {
		panic("no such article")
	}
	ev.Message, ev.Params = "out of stock: %d", raven.Params{o.article}
	ev.Fingerprint = raven.Fingerprint{"stock", fmt.Sprint(o.article)}
	ev.Tags = raven.Tags{"article": fmt.Sprint(o.article), "kind": "stock"}
	ev.Exceptions = []raven.Exception{{Type: "OutOfStock"}}
}

// orNothing can be asked as a nil pointer.
type orNothing struct{ _ int }

func (o *orNothing) FillEvent(ev *raven.Event) {
	if o == nil {
		ev.Tags = raven.Tags{"stock": "none"}
	}
}

func TestCustomEvents(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	id := c.Capture(t.Context(), &raven.Event{EventID: "fc6d8c0c43fc4630ad850ee518f1b9d0", Tags: raven.Tags{"a": "event", "kind": "event"}, Logger: "l"},
		raven.Custom(outOfStock{7}), raven.Tags{"b": "call"}, raven.Custom(nil))
	ev := eventOf(t, rec.all()[0])
	g.Expect(id).To(Equal("fc6d8c0c43fc4630ad850ee518f1b9d0"))
	g.Expect(ev.at("logentry", "formatted")).To(Equal("out of stock: 7"))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"a": "event", "article": "7", "kind": "stock", "b": "call"}))
	g.Expect(ev["fingerprint"]).To(Equal([]any{"stock", "7"}))
	g.Expect(ev["logger"]).To(Equal("l"))
	g.Expect(ev.at("exception", "values", 0, "type")).To(Equal("OutOfStock"))

	c.Capture(t.Context(), nil, raven.Custom(outOfStock{-1}))
	g.Expect(eventOf(t, rec.all()[1]).at("logentry", "formatted")).To(Equal("<raven_test.outOfStock: FillEvent panicked: no such article>"))

	c.CaptureMessage(t.Context(), "kept", raven.Custom((*outOfStock)(nil)), raven.Custom((*orNothing)(nil)))
	ev = eventOf(t, rec.all()[2])
	g.Expect(ev.at("logentry", "formatted")).To(Equal("kept"))
	g.Expect(ev["tags"]).To(Equal(map[string]any{"stock": "none"}), "a method that takes a nil pointer is asked")

	whole := everything
	c.Capture(t.Context(), &whole)
	c.Capture(t.Context(), &whole, raven.Custom(new(orNothing)))
	g.Expect(eventOf(t, rec.all()[4])).To(Equal(eventOf(t, rec.all()[3])), "fields that it leaves empty stay")

	asked := 0
	c.Context().Merge(raven.Lazy(func() []raven.CaptureOption { asked++; return nil }), raven.Custom(outOfStock{8}))
	g.Expect(c.Context().Get().Exceptions).To(BeEmpty())
	c.CaptureMessage(t.Context(), "50%")
	ev = eventOf(t, rec.all()[5])
	g.Expect(ev.at("logentry", "formatted")).To(Equal("50%"))
	g.Expect(ev.at("tags", "article")).To(Equal("8"))
	g.Expect(ev).NotTo(HaveKey("exception"))
	g.Expect(asked).To(Equal(1), "FillEvent is called once")
}
