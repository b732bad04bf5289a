package ravenslog

import (
	"context"
	"log/slog"
	"slices"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/logrecord"
)

// Handler is a [slog.Handler] that passes every record to another handler and
// reports it. Records become events from one level up and breadcrumbs from
// another. It is safe for concurrent use.
type Handler struct {
	next  slog.Handler
	to    *adapter
	scope []layer // from WithAttrs and WithGroup, the outermost first
}

// layer holds the attributes of one WithAttrs, or the name of one WithGroup.
type layer struct {
	group string
	attrs []slog.Attr
}

// NewHandler returns a handler that reports with client and passes all records
// to next unchanged. A nil next is [slog.DiscardHandler]. If client is nil,
// each record is reported with the client of the raven.Context in its ctx, else
// with the [raven.Default] of that moment.
func NewHandler(client *raven.Client, next slog.Handler, opts ...Option) *Handler {
	if next == nil {
		next = slog.DiscardHandler
	}
	return &Handler{next: next, to: logrecord.With(&adapter{logrecord.New(client, levels)}, opts)}
}

// Enabled reports whether records of the level become events or breadcrumbs, or
// the next handler is enabled for them.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.to.Reports(int(level)) || h.next.Enabled(ctx, level)
}

// Handle reports the record and passes it to the next handler if that is
// enabled for its level. It does not report records of the client itself, such
// as that events can't be delivered. The error is the next handler's.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if h.to.Reports(int(r.Level)) {
		rec := logrecord.Record{Time: r.Time, Level: int(r.Level), Message: r.Message, PC: r.PC, At: r.PC}
		(&collector{rec: &rec}).collect(h.scope, r)
		_ = h.to.Report(ctx, &rec) // nil, because slog never ends the program
	}
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs returns a handler that adds the attributes to its records.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	return h.with(layer{attrs: snapshot(attrs)}, h.next.WithAttrs(attrs))
}

// WithGroup returns a handler that puts all later attributes into a group.
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
