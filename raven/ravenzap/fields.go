package ravenzap

import (
	"context"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Context is a field that says with which context an entry was logged, since
// zap's loggers know none: the event has the user, the request and the
// breadcrumbs of the raven.Context in ctx. Other cores skip it.
func Context(ctx context.Context) zap.Field {
	return zap.Field{Type: zapcore.SkipType, Interface: carriedContext{ctx}}
}

// Option is a field that applies an option to the event, such as
// raven.Fingerprint or raven.Tags. Other cores skip it.
func Option(o raven.CaptureOption) zap.Field {
	return zap.Field{Type: zapcore.SkipType, Interface: o}
}

type carriedContext struct{ ctx context.Context }

// collect sorts fields into a record and returns the context among them.
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
				if f.Type == zapcore.SkipType {
					r.Options = append(r.Options, x)
					continue
				}
			case error:
				if f.Type == zapcore.ErrorType && r.Err == nil {
					r.Err = x
					continue
				}
			}
			f.AddTo(data)
		}
	}
	if len(data.Fields) > 0 {
		r.Fields = data.Fields
	}
	return ctx
}
