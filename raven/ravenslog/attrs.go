package ravenslog

import (
	"log/slog"
	"maps"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// collector adds attributes to a record: errors, options of the capture and
// fields, which groups nest.
type collector struct {
	rec  *logrecord.Record
	left int // attributes that the groups in one attribute may still have
}

// A LogValue may return groups in groups without end. Attributes beyond these
// limits are left out.
const (
	maxAttrs  = 1000 // in the groups of one attribute
	maxGroups = 50   // nested in one attribute
)

// group differs in type from the maps of callers, which prune must not change.
type group map[string]any

func (c *collector) collect(scope []layer, r slog.Record) {
	fields := group{}
	into := fields
	for _, l := range scope {
		if l.group == "" {
			c.addAll(into, l.attrs, 0)
			continue
		}
		inner := group{}
		into[l.group] = inner
		into = inner
	}
	r.Attrs(func(a slog.Attr) bool {
		c.add(into, a, 0)
		return true
	})
	prune(fields)
	if len(fields) > 0 {
		c.rec.Fields = fields
	}
}

func (c *collector) addAll(into group, attrs []slog.Attr, depth int) {
	for _, a := range attrs {
		c.add(into, a, depth)
	}
}

// add follows the rules of [slog.Handler]: it resolves values, ignores empty
// attributes and inlines groups without a name.
func (c *collector) add(into group, a slog.Attr, depth int) {
	if depth == 0 {
		c.left = maxAttrs
	}
	if c.left--; c.left < 0 || depth > maxGroups {
		return
	}
	v := resolved(a.Value)
	if a.Key == "" && v.Equal(slog.Value{}) {
		return
	}
	if v.Kind() == slog.KindGroup {
		inner := into
		if a.Key != "" {
			inner = group{}
			into[a.Key] = inner
		}
		c.addAll(inner, v.Group(), depth+1)
		return
	}
	if data, stays := c.rec.Take(v.Any()); stays {
		into[a.Key] = data
	}
}

// resolved calls LogValue. slog recovers its panics. guard tells the client
// about a LogValue that logs.
func resolved(v slog.Value) slog.Value {
	if v.Kind() != slog.KindLogValuer {
		return v
	}
	guard.Enter()
	defer guard.Leave()
	return v.Resolve()
}

// snapshot copies attributes with their maps and slices. A logger keeps them,
// and the program may change its own maps later. The handlers of log/slog
// format attributes at this point for the same reason.
func snapshot(attrs []slog.Attr) []slog.Attr {
	left := 0
	return snapshotOf(attrs, 0, &left)
}

func snapshotOf(attrs []slog.Attr, depth int, left *int) []slog.Attr {
	if depth > maxGroups {
		return nil
	}
	var c guard.Copier
	own := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if depth == 0 {
			*left = maxAttrs
		}
		if *left--; *left < 0 {
			break
		}
		a.Value = resolved(a.Value)
		switch a.Value.Kind() {
		case slog.KindAny:
			a.Value = slog.AnyValue(guard.Copy(&c, a.Value.Any()))
		case slog.KindGroup:
			a.Value = slog.GroupValue(snapshotOf(a.Value.Group(), depth+1, left)...)
		}
		own = append(own, a)
	}
	return own
}

// prune removes empty groups.
func prune(m group) {
	maps.DeleteFunc(m, func(_ string, v any) bool {
		inner, ok := v.(group)
		prune(inner)
		return ok && len(inner) == 0
	})
}
