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

// Writer is a [zerolog.LevelWriter] that reports records. They become events
// from one level up and breadcrumbs from another. It writes no output: combine
// it with another writer by [zerolog.MultiLevelWriter] or [io.MultiWriter]. It
// is safe for concurrent use.
type Writer struct {
	to  *adapter
	ctx context.Context // from WithContext
}

// NewWriter returns a writer that reports with client. If client is nil, each
// record is reported with the client of the raven.Context from
// [Writer.WithContext], else with the [raven.Default] of that moment.
func NewWriter(client *raven.Client, opts ...Option) *Writer {
	to := &adapter{logrecord.New(client, levels, "github.com/ravenkit/ravenkit/raven/ravenzerolog.", "github.com/rs/zerolog.", "github.com/rs/zerolog/", "io.(*multiWriter).")}
	return &Writer{to: logrecord.With(to, opts), ctx: context.Background()}
}

// WithContext returns a writer whose events have the user, the request and the
// breadcrumbs of the raven.Context in ctx. zerolog passes no context to
// writers, so each context needs its own logger:
//
//	logger.Output(zerolog.MultiLevelWriter(out, w.WithContext(ctx)))
func (w *Writer) WithContext(ctx context.Context) *Writer {
	with := *w
	if with.ctx = ctx; ctx == nil {
		with.ctx = context.Background()
	}
	return &with
}

// Write reports the records in p, one a line, by their level fields. Writers
// such as [io.MultiWriter] call it, because they pass on no level. It skips
// lines without a level, such as those of the standard library's log package.
// The error is always nil, so that the writers after this one get the record
// too.
func (w *Writer) Write(p []byte) (int, error) {
	// bytes.Lines would add its functions to the reported stack.
	for _, line := range bytes.SplitAfter(p, []byte("\n")) {
		if fields, ok := decoded(line); ok {
			_ = w.report(levelIn(fields), line, fields)
		}
	}
	return len(p), nil
}

// WriteLevel reports a record. Records at [zerolog.FatalLevel] and above end
// the program, so WriteLevel waits up to five seconds for their delivery and
// returns the error of [raven.Client.Flush]. For other records the error is
// nil, and the client logs losses. WriteLevel skips records that the client
// itself logs, such as that events can't be delivered.
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

// report reports the record p. fields is p decoded, or nil if p is not a JSON
// object.
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

// decoded returns the fields of a record, and false if it is not a JSON object.
func decoded(p []byte) (map[string]any, bool) {
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	if d.Decode(&fields) != nil || fields == nil {
		return nil, false
	}
	return fields, true
}

// levelIn returns the level in a record's level field.
func levelIn(fields map[string]any) zerolog.Level {
	name, _ := fields[zerolog.LevelFieldName].(string)
	l, err := zerolog.ParseLevel(name)
	if name == "" || err != nil {
		return zerolog.NoLevel
	}
	return l
}

// read moves the fields of a record into r.
func read(r *logrecord.Record, fields map[string]any) {
	r.Message, _ = fields[zerolog.MessageFieldName].(string)
	delete(fields, zerolog.MessageFieldName)
	switch err := fields[zerolog.ErrorFieldName].(type) {
	case nil:
		delete(fields, zerolog.ErrorFieldName)
	case string:
		r.Err, r.ErrText = errors.New(err), true
		delete(fields, zerolog.ErrorFieldName)
	default: // made by a zerolog.LogObjectMarshaler or ErrorMarshalFunc
		r.Err, r.ErrText = errors.New(textOf(err)), true
	}
	delete(fields, zerolog.LevelFieldName)
	// Most formats only have seconds, and the record is new.
	delete(fields, zerolog.TimestampFieldName)
	if len(fields) > 0 {
		r.Fields = fields
	}
}

// textOf returns the text of an error that was written as an object: the field
// with the message, else the whole object as JSON.
func textOf(err any) string {
	if object, ok := err.(map[string]any); ok {
		for _, name := range []string{zerolog.MessageFieldName, zerolog.ErrorFieldName, "message", "msg", "error"} {
			if s, ok := object[name].(string); ok && s != "" {
				return s
			}
		}
	}
	b, _ := json.Marshal(err) // never fails, because err was decoded from JSON
	return string(b)
}
