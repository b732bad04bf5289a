package seen_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
	"github.com/ravenkit/ravenkit/raven/internal/seen"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

func has(s *seen.Errors, err error, how seen.Way, now time.Time) bool {
	known := s.At(now)
	return known.Has(err, how)
}

func TestErrors(t *testing.T) {
	g := NewWithT(t)
	var s seen.Errors
	now, err := time.Unix(1000, 0), errors.New("x")
	known := s.At(now)
	g.Expect(known.Empty()).To(BeTrue())

	ticket := s.Add(err, seen.ByProgram, now)
	g.Expect(has(&s, err, seen.ByLog, now)).To(BeTrue())
	g.Expect(has(&s, err, seen.Ways, now)).To(BeTrue())
	g.Expect(has(&s, err, seen.ByProgram, now)).To(BeFalse(), "two captures by the program are two events")
	g.Expect(has(&s, errors.New("x"), seen.ByLog, now)).To(BeFalse())
	g.Expect(has(&s, err, seen.ByLog, now.Add(5*time.Minute))).To(BeFalse(), "it is forgotten after five minutes")

	s.Forget(ticket)
	g.Expect(has(&s, err, seen.ByLog, now)).To(BeFalse())

	s.Add(err, seen.ByProgram, now)
	s.Add(err, seen.ByProgram, now)
	g.Expect(has(&s, err, seen.ByLog, now)).To(BeFalse(), "an error that was captured twice may be a sentinel")

	s.Clear()
	list := make([]error, 18)
	for i := range list {
		list[i] = errors.New("x")
		ticket = s.Add(list[i], seen.ByProgram, now)
	}
	s.Forget(ticket)
	for i, err := range list {
		g.Expect(has(&s, err, seen.ByLog, now)).To(Equal(i > 1 && i < 17), "sixteen are kept, and the last was lost: %d", i)
	}
}

func TestRecent(t *testing.T) {
	g := NewWithT(t)
	now, err := time.Unix(1000, 0), errors.New("x")
	call := stack.Stack{{Frame: stack.Frame{Function: "f"}}}
	mark := seen.Mark{Type: errchain.TypeOf(err), Text: seen.Text("x"), Context: 1, How: seen.ByProgram, At: now, Stack: call}
	later := func(change func(*seen.Mark)) seen.Mark {
		m := mark
		m.How, m.At = seen.ByLog, now.Add(time.Second)
		change(&m)
		return m
	}
	for name, tt := range map[string]struct {
		change func(*seen.Mark)
		want   bool
	}{
		"the same":            {func(*seen.Mark) {}, true},
		"only the text":       {func(m *seen.Mark) { m.Type = nil }, true},
		"another text":        {func(m *seen.Mark) { m.Text++ }, false},
		"another type":        {func(m *seen.Mark) { m.Type = errchain.TypeOf("") }, false},
		"another error":       {func(m *seen.Mark) { m.Addr = 1 }, false},
		"no Context":          {func(m *seen.Mark) { m.Context = 0 }, true},
		"another Context":     {func(m *seen.Mark) { m.Context = 2 }, false},
		"the same way":        {func(m *seen.Mark) { m.How = seen.ByProgram }, false},
		"too late":            {func(m *seen.Mark) { m.At = now.Add(5 * time.Second) }, false},
		"from somewhere else": {func(m *seen.Mark) { m.Stack = stack.Stack{{Frame: stack.Frame{Function: "g"}}} }, false},
	} {
		var r seen.Recent
		r.Add(mark)
		g.Expect(r.Take(later(tt.change))).To(Equal(tt.want), name)
	}

	var r seen.Recent
	g.Expect(r.Awaits(seen.ByLog, now)).To(BeFalse())
	r.Add(mark)
	g.Expect(r.Awaits(seen.ByLog, now)).To(BeTrue())
	g.Expect(r.Awaits(seen.ByProgram, now)).To(BeFalse())
	g.Expect(r.Awaits(seen.ByLog, now.Add(5*time.Second))).To(BeFalse())
	same := later(func(*seen.Mark) {})
	g.Expect(r.Take(same)).To(BeTrue())
	g.Expect(r.Take(same)).To(BeFalse(), "it is found once")

	ticket := r.Add(mark)
	mark.Context, mark.Text = 0, mark.Text+1
	r.Add(mark)
	r.Forget(ticket)
	g.Expect(r.Take(same)).To(BeFalse(), "the event was lost")
	same.Text++
	g.Expect(r.Take(same)).To(BeTrue(), "the other was not, and it has no Context")
}
