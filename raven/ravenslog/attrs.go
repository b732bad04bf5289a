package ravenslog

import (
	"log/slog"
	"slices"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// collector turns attributes into the fields of a record. The first error
// becomes what the record is about, a value that is a [raven.CaptureOption]
// becomes an option of the capture, everything else is data, in groups where
// there are groups.
type collector struct {
	rec  *logrecord.Record
	tags []string
	seen int // attributes so far, those in groups included
}

// A LogValue may make groups of groups without end. What is beyond the bounds is
// left out.
const (
	maxAttrs  = 10_000
	maxGroups = 50 // in one another
)

// group is a type of its own so that it is told from the maps of callers, which
// are not ours to change.
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
	c.takeTags(fields)
	if len(fields) > 0 {
		c.rec.Fields = fields
	}
}

func (c *collector) addAll(into group, attrs []slog.Attr, depth int) {
	for _, a := range attrs {
		c.add(into, a, depth)
	}
}

// add follows the rules for handlers: values are resolved, empty attributes
// ignored, groups without a name inlined.
func (c *collector) add(into group, a slog.Attr, depth int) {
	if c.seen++; c.seen > maxAttrs || depth > maxGroups {
		return
	}
	v := resolved(a.Value)
	if a.Key == "" && v.Equal(slog.Value{}) {
		return
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			inner := group{}
			c.addAll(inner, v.Group(), depth+1)
			into[a.Key] = inner
			return
		}
		c.addAll(into, v.Group(), depth+1)
		return
	}
	switch x := v.Any().(type) {
	case raven.CaptureOption:
		c.rec.Options = append(c.rec.Options, x)
	case error:
		if c.rec.Err == nil {
			c.rec.Err = x
			return
		}
		into[a.Key] = guard.Error(x)
	default:
		into[a.Key] = x
	}
}

// resolved calls LogValue. slog contains its panics; a LogValue that logs is for
// the client to know of.
func resolved(v slog.Value) slog.Value {
	if v.Kind() != slog.KindLogValuer {
		return v
	}
	guard.Enter()
	defer guard.Leave()
	return v.Resolve()
}

// snapshot returns attributes as they are now, without the maps and slices of
// the program: a logger keeps them, and the program goes on changing what is its
// own. The handlers of log/slog do the same by formatting them.
func snapshot(attrs []slog.Attr, depth int) []slog.Attr {
	if depth > maxGroups {
		return nil
	}
	var c guard.Copier
	own := slices.Clone(attrs)
	for i := range own {
		v := resolved(own[i].Value)
		switch v.Kind() {
		case slog.KindAny:
			v = slog.AnyValue(guard.Copy(&c, v.Any()))
		case slog.KindGroup:
			v = slog.GroupValue(snapshot(v.Group(), depth+1)...)
		}
		own[i].Value = v
	}
	return own
}

// takeTags makes tags of the fields that were named to be.
func (c *collector) takeTags(fields group) {
	var tags raven.Tags
	for key, v := range fields {
		if !slices.Contains(c.tags, key) {
			continue
		}
		if tags == nil {
			tags = raven.Tags{}
		}
		tags[key] = guard.Plain(v)
		delete(fields, key)
	}
	if tags != nil {
		c.rec.Options = append(c.rec.Options, tags)
	}
}

// prune removes groups that turned out to have nothing in them.
func prune(m group) {
	for k, v := range m {
		if inner, ok := v.(group); ok {
			if prune(inner); len(inner) == 0 {
				delete(m, k)
			}
		}
	}
}
