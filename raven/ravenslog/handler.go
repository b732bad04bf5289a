package ravenslog

import (
	"context"
	"log/slog"
	"slices"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Handler is a [slog.Handler] that hands every record on to another one, and
// reports it: as an event from one level up, as a breadcrumb from another.
// It is safe for concurrent use.
type Handler struct {
	next  slog.Handler
	to    *adapter
	scope []layer // what WithAttrs and WithGroup gave, the outermost first
}

// layer is what was given to a logger at one time: attributes, or the group
// that everything after it is in.
type layer struct {
	group string
	attrs []slog.Attr
}

// NewHandler returns a handler that reports with client and hands all records
// on to next as it got them. A nil next is [slog.DiscardHandler]. With a nil
// client it uses the client whose Context the record's ctx carries, else
// [raven.Default], as it is when the record comes.
func NewHandler(client *raven.Client, next slog.Handler, opts ...Option) *Handler {
	if next == nil {
		next = slog.DiscardHandler
	}
	to := &adapter{logrecord.New(client, levels)}
	for _, o := range opts {
		if o != nil {
			o(to)
		}
	}
	return &Handler{next: next, to: to}
}

// Enabled reports whether the next handler takes records of the level, or this
// one makes events or breadcrumbs of them.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.to.Reports(int(level)) || h.next.Enabled(ctx, level)
}

// Handle reports the record and hands it on to the next handler, if that is
// enabled for its level. What the client itself logs, that events can't be
// delivered, is only handed on. The error is the next handler's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if h.to.Reports(int(r.Level)) {
		rec := logrecord.Record{Time: r.Time, Level: int(r.Level), Message: r.Message, PC: r.PC, At: r.PC}
		(&collector{rec: &rec}).collect(h.scope, r)
		_ = h.to.Report(ctx, &rec) // nil: no record of slog ends the program
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs returns a handler whose records have the attributes as well.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return h.with(layer{attrs: snapshot(attrs)}, h.next.WithAttrs(attrs))
}

// WithGroup returns a handler that puts the attributes that come after into a
// group.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(layer{group: name}, h.next.WithGroup(name))
}

func (h *Handler) with(l layer, next slog.Handler) *Handler {
	c := *h
	c.next, c.scope = next, append(slices.Clip(h.scope), l)
	return &c
}
