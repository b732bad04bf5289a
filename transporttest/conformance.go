package transporttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Test runs the conformance suite: every rule that the comments of
// [transport.Transport], [transport.AsyncTransport] and [transport.Holder]
// state, proven on the harness's transport against fake servers on loopback.
//
//	func TestConformance(t *testing.T) {
//		transporttest.Test(t, transporttest.Harness{Scheme: "sync"})
//	}
//
// Where the host has subtests, as *testing.T has, every case is one. Elsewhere
// all cases run before the failures are reported together. Cases that do not
// apply are logged with the reason.
func Test[S T](t S, h Harness) {
	t.Helper()
	for _, name := range h.unknownSkips() {
		t.Errorf("the harness skips %q, which is no case", name)
	}
	// The subtests' functions take the host's own type, which only a type
	// parameter can name without importing package testing.
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

// Check runs the suite without a test around it, one case after the other, and
// returns what failed, by the names of the cases. The map is empty when all was
// well. A name in the harness's Skip that is no case counts as failed. When ctx
// ends, so does the check: the cases that were left fail with its cause.
func Check(ctx context.Context, h Harness) map[string]error {
	failures := check(ctx, h)
	for _, name := range h.unknownSkips() {
		failures[name] = fmt.Errorf("the harness skips %q, which is no case", name)
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
