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
// with [zerolog.MultiLevelWriter]. It is safe for concurrent use.
type Writer struct {
	client *raven.Client
	ctx    context.Context // that of a logger, for a Writer made by WithContext
	cfg    config
}

// Option sets up a [Writer].
type Option func(*config)

type config struct {
	event, breadcrumb zerolog.Level
	logger            string
	stack             bool
	tags              []string
}

// WithEventLevel makes events of the records from this level up, in place of
// [zerolog.ErrorLevel].
func WithEventLevel(level zerolog.Level) Option {
	return func(c *config) { c.event = level }
}

// WithBreadcrumbLevel makes breadcrumbs of the records from this level up to
// those that are events, in place of [zerolog.InfoLevel].
func WithBreadcrumbLevel(level zerolog.Level) Option {
	return func(c *config) { c.breadcrumb = level }
}

// WithLogger names the logger in events, and in breadcrumbs as their category.
func WithLogger(name string) Option {
	return func(c *config) { c.logger = name }
}

// WithStack records the stack with events that are about no error, too.
func WithStack() Option {
	return func(c *config) { c.stack = true }
}

// WithTags makes tags, by which Sentry indexes, of the fields with these names.
// All others are extra data.
func WithTags(names ...string) Option {
	return func(c *config) { c.tags = append(c.tags, names...) }
}

// NewWriter returns a writer that reports with client. With a nil client it
// uses raven.Default, as it is when the record comes, or the client of
// [Writer.WithContext].
func NewWriter(client *raven.Client, opts ...Option) *Writer {
	w := &Writer{client: client, ctx: context.Background(), cfg: config{event: zerolog.ErrorLevel, breadcrumb: zerolog.InfoLevel}}
	for _, o := range opts {
		if o != nil {
			o(&w.cfg)
		}
	}
	return w
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

// Write takes a record without a level, as the log package of the standard
// library sends it: a breadcrumb, if those have no level to reach.
func (w *Writer) Write(p []byte) (int, error) { return w.WriteLevel(zerolog.NoLevel, p) }

// WriteLevel reports a record. Records that end the program, by a panic or by
// exiting, are delivered before it returns, as far as the transport's timeout
// allows. It returns no error: delivery failures are the client's to log.
func (w *Writer) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	if l == zerolog.NoLevel || l == zerolog.Disabled || l < min(w.cfg.event, w.cfg.breadcrumb) {
		return len(p), nil
	}
	client := w.client
	if client == nil {
		client = raven.ClientFrom(w.ctx)
	}
	r := logrecord.Record{Level: level(l), Logger: w.cfg.logger, Stack: w.cfg.stack}
	w.read(&r, p)
	if l < w.cfg.event {
		r.Breadcrumb(w.ctx, client)
		return len(p), nil
	}
	r.Callers = logrecord.CallersOutside("github.com/ravenkit/ravenkit/raven/ravenzerolog.", "github.com/rs/zerolog.", "github.com/rs/zerolog/")
	r.Capture(w.ctx, client)
	if l == zerolog.FatalLevel || l == zerolog.PanicLevel {
		logrecord.Deliver(w.ctx, client)
	}
	return len(p), nil
}

// read takes a record apart. What is no JSON object is a message as it is.
func (w *Writer) read(r *logrecord.Record, p []byte) {
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		r.Message = string(bytes.TrimSpace(p))
		return
	}
	r.Message, _ = take(fields, zerolog.MessageFieldName).(string)
	if text, ok := take(fields, zerolog.ErrorFieldName).(string); ok {
		r.Err = errors.New(text)
	}
	delete(fields, zerolog.LevelFieldName)
	// Most formats keep no more than seconds, and the record was made just now.
	delete(fields, zerolog.TimestampFieldName)
	var tags raven.Tags
	for _, name := range w.cfg.tags {
		if v := take(fields, name); v != nil {
			if tags == nil {
				tags = raven.Tags{}
			}
			tags[name] = text(v)
		}
	}
	if tags != nil {
		r.Options = append(r.Options, tags)
	}
	if len(fields) > 0 {
		r.Fields = fields
	}
}

func take(fields map[string]any, name string) any {
	v := fields[name]
	delete(fields, name)
	return v
}

func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	// What came out of JSON goes into it again.
	b, _ := json.Marshal(v)
	return string(b)
}

func level(l zerolog.Level) raven.Level {
	switch {
	case l <= zerolog.DebugLevel:
		return raven.LevelDebug
	case l == zerolog.InfoLevel:
		return raven.LevelInfo
	case l == zerolog.WarnLevel:
		return raven.LevelWarning
	case l == zerolog.ErrorLevel:
		return raven.LevelError
	}
	return raven.LevelFatal
}
