package ravenzap

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Context returns a field that gives an entry a context, because zap's loggers
// have none. The event has the user, the request and the breadcrumbs of the
// raven.Context in ctx. Other cores skip the field.
func Context(ctx context.Context) zap.Field {
	return zap.Field{Type: zapcore.SkipType, Interface: carriedContext{ctx}}
}

// Apply returns a field that applies an option to the event, such as
// raven.Fingerprint or raven.Tags. Other cores skip the field.
func Apply(o raven.CaptureOption) zap.Field {
	return zap.Field{Type: zapcore.SkipType, Interface: o}
}

type carriedContext struct{ ctx context.Context }

// collect adds fields to a record and returns the context of a [Context] field.
func collect(r *logrecord.Record, lists ...[]zapcore.Field) context.Context {
	ctx := context.Background()
	data := zapcore.NewMapObjectEncoder()
	for _, fields := range lists {
		for _, f := range fields {
			switch x := f.Interface.(type) {
			case carriedContext:
				if x.ctx != nil {
					ctx = x.ctx
				}
				continue
			case raven.CaptureOption:
				r.Take(x)
				continue
			case error:
				if f.Type == zapcore.ErrorType {
					if text, stays := r.Take(x); stays {
						_ = data.AddReflected(f.Key, text) // never fails
					}
					continue
				}
			}
			add(data, f)
		}
	}
	if len(data.Fields) > 0 {
		r.Fields = data.Fields
	}
	return ctx
}

// add encodes a field. If a method of the value panics, it adds the panic's
// text under the key that zap uses for such errors.
func add(enc zapcore.ObjectEncoder, f zapcore.Field) {
	if f.Type == zapcore.UnknownType || f.Type > zapcore.InlineMarshalerType {
		// zap would panic and format the value, which may never end.
		enc.AddString(f.Key+"Error", "PANIC=unknown field type")
		return
	}
	if r := guard.Do(func() { f.AddTo(enc) }); r != nil {
		enc.AddString(f.Key+"Error", "PANIC="+guard.Plain(r))
	}
}

// snapshot copies fields. A logger keeps them, and the program may change its
// own values later. zap's cores encode fields at this point for the same
// reason.
func snapshot(fields []zapcore.Field) []zapcore.Field {
	own := make([]zapcore.Field, 0, len(fields))
	var c guard.Copier
	for _, f := range fields {
		switch f.Type {
		case zapcore.ReflectType:
			f.Interface = guard.Copy(&c, f.Interface)
		case zapcore.BinaryType, zapcore.ByteStringType:
			if b, ok := f.Interface.([]byte); ok {
				f.Interface = bytes.Clone(b)
			}
		case zapcore.ObjectMarshalerType, zapcore.ArrayMarshalerType, zapcore.InlineMarshalerType, zapcore.StringerType:
			data := zapcore.NewMapObjectEncoder()
			add(data, f)
			for _, key := range slices.Sorted(maps.Keys(data.Fields)) {
				own = append(own, zap.Reflect(key, guard.Copy(&c, data.Fields[key])))
			}
			continue
		}
		own = append(own, f)
	}
	return own
}
