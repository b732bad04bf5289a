package volatile_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/volatile"
)

const event = `{
	"event_id": "fc6d8c0c43fc4630ad850ee518f1b9d0",
	"timestamp": 1700000000, "server_name": "box",
	"modules": {"m": "v1"},
	"message": "id fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0 at 127.0.0.1:4711, goroutine 7",
	"extra": {"timestamp": 5, "a": 1},
	"stacktrace": {"frames": [
		{"function": "f", "lineno": 3, "context_line": "x", "in_app": true},
		{"function": "g", "in_app": false}
	]}
}`

func stable(t *testing.T, c volatile.Config) any {
	t.Helper()
	tree, err := jsontree.Decode([]byte(event))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c.Stable(tree)
}

func at(t *testing.T, tree any, path string) any {
	t.Helper()
	v, ok := jsontree.Lookup(tree, path)
	if !ok {
		return "absent"
	}
	return v
}

func TestStable(t *testing.T) {
	t.Parallel()
	got := stable(t, volatile.Config{Mask: []string{"extra.a", "*.nothing"}})
	for path, want := range map[string]any{
		"event_id": "<id 1>", "timestamp": "<time>", "server_name": "<host>", "modules": "absent",
		// The same id has the same name, and what users fill in keeps its
		// names.
		"message":         "id <id 1> at 127.0.0.1:<port>, goroutine <n>",
		"extra.timestamp": 5.0, "extra.a": "<masked>",
		"stacktrace.frames.0.function": "f", "stacktrace.frames.0.lineno": "<line>",
		"stacktrace.frames.0.context_line": "absent", "stacktrace.frames.1": "absent",
	} {
		NewWithT(t).Expect(at(t, got, path)).To(Equal(want), path)
	}
}

func TestStableKeeps(t *testing.T) {
	t.Parallel()
	got := stable(t, volatile.Config{Lines: true, All: true})
	for path, want := range map[string]any{
		"modules.m": "<version>", "stacktrace.frames.0.lineno": 3.0, "stacktrace.frames.0.context_line": "x", "stacktrace.frames.1.function": "g",
	} {
		NewWithT(t).Expect(at(t, got, path)).To(Equal(want), path)
	}
}
