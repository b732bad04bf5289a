package volatile

import "slices"

// sourceFields hold source, which a binary built with -trimpath does not find.
var sourceFields = []string{"context_line", "pre_context", "post_context"}

// Trim returns a JSON value without the parts that depend on sources, Go and
// dependencies.
func (c Config) Trim(value any) any { return c.trimmed(nil, value) }

func (c Config) trimmed(at []string, value any) any {
	switch value := value.(type) {
	case map[string]any:
		out := make(map[string]any, len(value))
		for key, inner := range value {
			if !c.leavesOut(at, key) {
				out[key] = c.trimmed(append(slices.Clone(at), key), inner)
			}
		}
		return out
	case []any:
		var out []any
		for _, inner := range value {
			if !c.isForeignFrame(at, inner) {
				out = append(out, c.trimmed(append(slices.Clone(at), "*"), inner))
			}
		}
		if out == nil {
			return []any{}
		}
		return out
	}
	return value
}

func (c Config) leavesOut(at []string, key string) bool {
	if !c.All && len(at) == 0 && key == "modules" {
		return true
	}
	return !c.Lines && isFrames(at[:max(len(at)-1, 0)]) && slices.Contains(sourceFields, key)
}

// isForeignFrame reports whether an entry of the list at the path is a frame
// that is marked as not in_app.
func (c Config) isForeignFrame(at []string, entry any) bool {
	frame, ok := entry.(map[string]any)
	return ok && !c.All && isFrames(at) && frame["in_app"] == false
}

// isFrames reports whether the path leads to the frames of a stack trace, whose
// interface may have its long name.
func isFrames(at []string) bool {
	if len(at) < 2 || at[len(at)-1] != "frames" {
		return false
	}
	parent := at[len(at)-2]
	return parent == "stacktrace" || parent == "raw_stacktrace" || parent == "sentry.interfaces.Stacktrace"
}
