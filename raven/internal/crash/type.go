package crash

import (
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Type returns the type and package that the panic would have if it were
// recovered, as far as the crash shows them: those of a runtime error, or the
// innermost in-app function among frames; else the crash's kind.
func (c *Crash) Type(frames []stack.Frame) (name, module string) {
	if c.Kind != "panic" {
		return c.Kind, ""
	}
	if name := runtimeErrorType(c.Text); name != "" {
		return name, "runtime"
	}
	for _, f := range frames {
		if f.InApp {
			return stack.Place(f.Module, f.Function), f.Module
		}
	}
	return c.Kind, ""
}

// plainRuntimeErrors are the texts of runtime errors that don't begin with
// "runtime error: ". The stack does not identify them.
var plainRuntimeErrors = []string{
	"assignment to entry in nil map",
	"close of closed channel",
	"close of nil channel",
	"send on closed channel",
	"makechan: size out of range",
	"runtime: allocation size out of range",
	"arg size to reflect.call more than 1GB",
}

// runtimeErrorType returns the type of a panic of the runtime, by its text; ""
// for a panic of the program.
func runtimeErrorType(text string) string {
	switch {
	case strings.HasPrefix(text, "interface conversion: "):
		return "*runtime.TypeAssertionError"
	case strings.HasPrefix(strings.TrimPrefix(text, "runtime error: "), "panic called with nil argument"): // Go 1.27 has the prefix
		return "*runtime.PanicNilError"
	case strings.HasPrefix(text, "runtime error: "), slices.Contains(plainRuntimeErrors, text),
		strings.HasPrefix(text, "value method ") && strings.HasSuffix(text, " pointer"):
		return "runtime.Error"
	}
	return ""
}
