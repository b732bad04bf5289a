package raven_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

type server struct{ capture func() }

//go:noinline
func (s *server) Serve() { s.capture() }

//go:noinline
func (s server) Value() { s.capture() }

func (*server) closure(capture func()) { func() { invoke(capture); invoke(func() {}) }() }

type list[T any] struct{ items []T }

//go:noinline
func (l *list[T]) each(fn func(T)) {
	for _, v := range l.items {
		fn(v)
	}
}

//go:noinline
func mapped[T, U any](v T, fn func(T) U) U { return fn(v) }

//go:noinline
func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

//go:noinline
func ranging(capture func()) {
	for range count(1) {
		capture()
	}
}

//go:noinline
func nested(capture func()) {
	func() { func() { capture() }() }()
}

//go:noinline
func deferring(capture func()) { defer invoke(capture) }

//go:noinline
func starting(capture func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go invokeAnd(capture, wg.Done)
	wg.Wait()
}

//go:noinline
func invokeAnd(a, b func()) { a(); b() }

//go:noinline
func invoke(fn func()) { fn() }

func inlined(fn func()) { fn() }

//go:noinline
func inlining(fn func()) { inlined(fn) }

var packageLevel = func(fn func()) { fn() }

// atInit is the stack of a capture in an init function.
var atInit []any

func init() { atInit = namesIn(func(capture func()) { capture() }) }

// namesIn returns the functions on the stack of a capture, the innermost first,
// without the function that captures.
func namesIn(run func(capture func())) []any {
	rec := new(recorder)
	c, err := raven.New(testDSN, raven.WithTransport(rec))
	if err != nil {
		panic(err)
	}
	run(func() { c.CaptureException(context.Background(), errors.New("x")) })
	_, event, _ := bytes.Cut(rec.all()[0].Body, []byte("}\n{"))
	_, event, _ = bytes.Cut(event, []byte("}\n"))
	var ev object
	if err := json.Unmarshal(event, &ev); err != nil {
		panic(err)
	}
	return functions(ev.at("exception", "values", 0).(map[string]any))[1:]
}

// The compiler chooses the numbers of closures; the function before the number
// is known.
func TestNames(t *testing.T) {
	for _, tt := range []struct {
		name string
		run  func(capture func())
		want []string // as regular expressions
	}{
		{"function", func(capture func()) { invoke(capture) }, []string{`invoke`, `TestNames\.func\d+`}},
		{"method", func(capture func()) { (&server{capture}).Serve() }, []string{`\(\*server\)\.Serve`}},
		{"method of a value", func(capture func()) { server{capture}.Value() }, []string{`server\.Value`}},
		{"method value", func(capture func()) { invoke((&server{capture}).Serve) }, []string{`\(\*server\)\.Serve`, `invoke`}},
		{"generic function", func(capture func()) { mapped(1, func(int) string { capture(); return "" }) }, []string{`TestNames\.func[\d.]+`, `mapped`}},
		{"generic method", func(capture func()) {
			(&list[map[string]int]{make([]map[string]int, 1)}).each(func(map[string]int) { capture() })
		}, []string{`TestNames\.func[\d.]+`, `\(\*list\)\.each`}},
		{"nested closures", nested, []string{`nested\.func[\w.]+`, `nested\.func1`, `nested`}},
		{"inlined", inlining, []string{`inlined`, `inlining`}},
		{"closure of an inlined method", func(capture func()) { (*server)(nil).closure(capture) }, []string{`invoke`, `\(\*server\)\.closure\.func\d+`, `\(\*server\)\.closure`}},
		{"body of a loop over a function", ranging, []string{`ranging`, `count\.func1`, `ranging`}},
		{"deferred", deferring, []string{`invoke`, `deferring`}},
		{"started", starting, []string{`invokeAnd`}},
		{"package variable", packageLevel, []string{`init\.func\d+`}},
		{"init function", nil, []string{`init\.func\d+`, `namesIn`, `init`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			got := atInit
			if tt.run != nil {
				got = namesIn(tt.run)
			}
			for i, want := range tt.want {
				g.Expect(got[i]).To(MatchRegexp("^"+want+"$"), "%v", got)
			}
		})
	}
}
