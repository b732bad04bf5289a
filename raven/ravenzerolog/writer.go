package ravenzerolog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Writer is a [zerolog.LevelWriter] that reports records: as an event from one
// level up, as a breadcrumb from another. Put it beside the writer that writes
// with [zerolog.MultiLevelWriter]; [io.MultiWriter] does as well. It is safe for
// concurrent use.
type Writer struct {
	to  *adapter
	ctx context.Context // that of a logger, for a Writer made by WithContext
}

// NewWriter returns a writer that reports with client. With a nil client it
// uses raven.Default, as it is when the record comes, or the client of
// [Writer.WithContext].
func NewWriter(client *raven.Client, opts ...Option) *Writer {
	to := &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenzerolog.", "github.com/rs/zerolog.", "github.com/rs/zerolog/", "io.(*multiWriter).")}
	for _, o := range opts {
		if o != nil {
			o(to)
		}
	}
	return &Writer{to: to, ctx: context.Background()}
}

// WithContext returns a writer for one raven.Context, such as that of a
// request: its events have the user, the request and the breadcrumbs that
// belong to ctx. zerolog hands writers no context, so a logger for each is
// needed: logger.Output(zerolog.MultiLevelWriter(out, w.WithContext(ctx))).
func (w *Writer) WithContext(ctx context.Context) *Writer {
	with := *w
	if with.ctx = ctx; ctx == nil {
		with.ctx = context.Background()
	}
	return &with
}

// Write reports the records in p, a line each, by the level that each names in its
// level field: a writer in between, such as [io.MultiWriter], passes on no level.
// What names none, such as a line of the standard library's log package, is
// skipped. The error is always nil, so that the writers behind this one get
// the record too.
func (w *Writer) Write(p []byte) (int, error) {
	// Not bytes.Lines: its function would be on the stack that is reported.
	for _, line := range bytes.SplitAfter(p, []byte("\n")) {
		if fields, ok := decoded(line); ok {
			_ = w.report(levelIn(fields), line, fields)
		}
	}
	return len(p), nil
}

// WriteLevel reports a record. For records that end the program, by a panic or by
// exiting, it waits until they are delivered, for five seconds at most; the error
// is then that of [raven.Client.Flush]. Otherwise it is nil: what is not delivered
// later is for the client to log. What the client itself logs, such as that
// events can't be delivered, is skipped.
func (w *Writer) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	if !w.reports(l) {
		return len(p), nil
	}
	fields, _ := decoded(p)
	return len(p), w.report(l, p, fields)
}

func (w *Writer) reports(l zerolog.Level) bool {
	return l != zerolog.NoLevel && l != zerolog.Disabled && w.to.Reports(int(l))
}

// report reports a record, given as it was written and, if it is a JSON object,
// decoded.
func (w *Writer) report(l zerolog.Level, p []byte, fields map[string]any) error {
	if !w.reports(l) {
		return nil
	}
	r := logrecord.Record{Level: int(l)}
	if fields == nil {
		r.Message = string(bytes.TrimSpace(p))
	} else {
		read(&r, fields)
	}
	return w.to.Report(w.ctx, &r)
}

// decoded returns the fields of a record that is a JSON object.
func decoded(p []byte) (map[string]any, bool) {
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	if d.Decode(&fields) != nil || fields == nil {
		return nil, false
	}
	return fields, true
}

// levelIn is the level that a record names.
func levelIn(fields map[string]any) zerolog.Level {
	name, _ := fields[zerolog.LevelFieldName].(string)
	if name == "" {
		return zerolog.NoLevel
	}
	l, err := zerolog.ParseLevel(name)
	if err != nil {
		return zerolog.NoLevel
	}
	return l
}

// read takes a record apart.
func read(r *logrecord.Record, fields map[string]any) {
	r.Message, _ = take(fields, zerolog.MessageFieldName).(string)
	switch err := fields[zerolog.ErrorFieldName].(type) {
	case nil:
		delete(fields, zerolog.ErrorFieldName)
	case string:
		r.Err, r.ErrText = errors.New(err), true
		delete(fields, zerolog.ErrorFieldName)
	default: // what a zerolog.LogObjectMarshaler or ErrorMarshalFunc made of it
		r.Err, r.ErrText = errors.New(textOf(err)), true
	}
	delete(fields, zerolog.LevelFieldName)
	// Most formats keep no more than seconds, and the record was made just now.
	delete(fields, zerolog.TimestampFieldName)
	if len(fields) > 0 {
		r.Fields = fields
	}
}

func take(fields map[string]any, name string) any {
	v := fields[name]
	delete(fields, name)
	return v
}

// textOf is the text of an error that was written as an object: that of the field
// which says what happened, else all of it. The object itself is data.
func textOf(err any) string {
	if object, ok := err.(map[string]any); ok {
		for _, name := range []string{zerolog.MessageFieldName, zerolog.ErrorFieldName, "message", "msg", "error"} {
			if s, ok := object[name].(string); ok && s != "" {
				return s
			}
		}
	}
	return text(err)
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	// What came out of JSON goes into it again.
	b, _ := json.Marshal(v)
	return string(b)
}
