package ravenslog

import (
	"log/slog"
	"slices"

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
}

// group is a type of its own so that it is told from the maps of callers, which
// are not ours to change.
type group map[string]any

func (c *collector) collect(scope []layer, r slog.Record) {
	fields := group{}
	into := fields
	for _, l := range scope {
		if l.group == "" {
			c.addAll(into, l.attrs)
			continue
		}
		inner := group{}
		into[l.group] = inner
		into = inner
	}
	r.Attrs(func(a slog.Attr) bool {
		c.add(into, a)
		return true
	})
	prune(fields)
	c.takeTags(fields)
	if len(fields) > 0 {
		c.rec.Fields = fields
	}
}

func (c *collector) addAll(into group, attrs []slog.Attr) {
	for _, a := range attrs {
		c.add(into, a)
	}
}

// add follows the rules for handlers: values are resolved, empty attributes
// ignored, groups without a name inlined.
func (c *collector) add(into group, a slog.Attr) {
	v := a.Value.Resolve()
	if a.Key == "" && v.Equal(slog.Value{}) {
		return
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			inner := group{}
			c.addAll(inner, v.Group())
			into[a.Key] = inner
			return
		}
		c.addAll(into, v.Group())
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
		into[a.Key] = x.Error()
	default:
		into[a.Key] = x
	}
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
		tags[key] = slog.AnyValue(v).String()
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
