package logrecord

import (
	"cmp"
	"context"
	"time"

	"github.com/ravenkit/ravenkit/raven"
)

// Levels are the levels of a logging library as numbers. Higher is worse.
type Levels struct {
	Info, Warn, Error, Fatal int
	Ends                     bool // fatal records end the program
}

func (l Levels) of(level int) raven.Level {
	switch {
	case level < l.Info:
		return raven.LevelDebug
	case level < l.Warn:
		return raven.LevelInfo
	case level < l.Error:
		return raven.LevelWarning
	case level < l.Fatal:
		return raven.LevelError
	}
	return raven.LevelFatal
}

// Adapter reports the records of a logging library. The options of each
// library's adapter set its fields. It is safe for concurrent use once they are
// set.
type Adapter struct {
	Event      int      // the level from which records are events
	Breadcrumb int      // the level from which other records are breadcrumbs
	Logger     string   // the logger's name of records without one
	Stack      bool     // events without an error have a stack
	Tags       []string // the names of fields that are tags of events

	client *raven.Client
	levels Levels
	inside []string
}

// New returns an adapter that makes events from the error level up, and
// breadcrumbs from the info level up. A nil client stands for the client of the
// record's context, else [raven.Default]. If a record has no Record.At, its
// stack begins at the caller of the functions whose names have one of the
// prefixes inside.
func New(client *raven.Client, levels Levels, inside ...string) Adapter {
	return Adapter{Event: levels.Error, Breadcrumb: levels.Info, client: client, levels: levels, inside: inside}
}

// With applies the options to an adapter of a library, and returns it. It skips
// nil options.
func With[A any, O ~func(*A)](to *A, opts []O) *A {
	for _, o := range opts {
		if o != nil {
			o(to)
		}
	}
	return to
}

// Reports reports whether records of the level are events or breadcrumbs.
func (a *Adapter) Reports(level int) bool { return level >= min(a.Event, a.Breadcrumb) }

// ClientFor returns the client that reports a record with the context.
func (a *Adapter) ClientFor(ctx context.Context) *raven.Client {
	if a.client != nil {
		return a.client
	}
	return raven.ClientFrom(ctx)
}

// Report makes an event or a breadcrumb of the record. It skips the client's
// own records. If the record ends the program, Report calls [Deliver] and
// returns its error.
func (a *Adapter) Report(ctx context.Context, r *Record) error {
	if !a.Reports(r.Level) || own(ctx, r.PC, r.Message) {
		return nil
	}
	r.Logger = cmp.Or(r.Logger, a.Logger)
	client := a.ClientFor(ctx)
	if r.Level < a.Event {
		client.CaptureBreadcrumb(ctx, r.breadcrumb(a.levels.of(r.Level)))
		return nil
	}
	r.tag(a.Tags)
	a.capture(ctx, client, r)
	if a.levels.Ends && r.Level >= a.levels.Fatal {
		return Deliver(client)
	}
	return nil
}

// capture captures the error of the record, or its message if there is none.
func (a *Adapter) capture(ctx context.Context, client *raven.Client, r *Record) {
	opts := make([]raven.CaptureOption, 0, 8+len(r.Options))
	opts = append(opts, a.levels.of(r.Level), raven.Logger(r.Logger), raven.Extra(r.Fields))
	if !r.Time.IsZero() {
		opts = append(opts, raven.Timestamp(r.Time))
	}
	if r.Err != nil || a.Stack {
		opts = append(opts, raven.Callers(a.callers(r)), raven.Stack(a.Stack))
	}
	if r.Err == nil {
		client.CaptureMessage(ctx, r.Message, append(opts, r.Options...)...)
		return
	}
	opts = append(opts, raven.Message(r.Message), r.origin())
	client.CaptureException(ctx, r.Err, append(opts, r.Options...)...)
}

// patience limits the wait before the program ends.
const patience = 5 * time.Second

// Deliver waits up to five seconds until events are delivered. The error is
// that of [raven.Client.Flush].
func Deliver(client *raven.Client) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return client.Flush(ctx)
}
