package transporttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Test runs the conformance suite: it checks every rule in the comments of
// [transport.Transport], [transport.AsyncTransport] and [transport.Holder],
// with the harness's transport and fake servers on loopback.
//
//	func TestConformance(t *testing.T) {
//		transporttest.Test(t, transporttest.Harness{Scheme: "sync"})
//	}
//
// If the host has subtests, as *testing.T has, every case is one. Otherwise all
// cases run before the failures are reported together. Cases that do not apply
// are logged with the reason.
func Test[S T](t S, h Harness) {
	t.Helper()
	for _, name := range h.unknownSkips() {
		t.Errorf("the harness skips the case %q, which does not exist", name)
	}
	// The functions of subtests take the host's own type. Only a type parameter
	// can name it without an import of package testing.
	if host, ok := any(t).(interface {
		Run(name string, f func(S)) bool
	}); ok {
		for _, c := range Cases() {
			if ok, why := c.Applies(h); !ok {
				t.Logf("%s: %s", c.Name, why)
				continue
			}
			host.Run(c.Name, func(t S) { c.try(t, h) })
		}
		return
	}
	failures := check(t.Context(), h)
	if len(failures) == 0 {
		return
	}
	all := make([]error, 0, len(failures))
	for _, name := range slices.Sorted(maps.Keys(failures)) {
		all = append(all, failures[name])
	}
	t.Errorf("%d of %d cases failed:\n%v", len(failures), len(Cases()), errors.Join(all...))
}

// Check runs the suite without a test, one case after the other, and returns
// the failures by the cases' names. The map is empty if all passed. A name in
// the harness's Skip that no case has is a failure. When ctx ends, Check ends:
// the remaining cases fail with its cause.
func Check(ctx context.Context, h Harness) map[string]error {
	failures := check(ctx, h)
	for _, name := range h.unknownSkips() {
		failures[name] = fmt.Errorf("the harness skips the case %q, which does not exist", name)
	}
	return failures
}

func check(ctx context.Context, h Harness) map[string]error {
	failures := make(map[string]error)
	for _, c := range Cases() {
		err := context.Cause(ctx)
		if err == nil {
			err = collect(ctx, func(t T) { c.try(t, h) })
		}
		if err != nil {
			failures[c.Name] = err
		}
	}
	return failures
}
