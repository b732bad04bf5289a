package raven

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/transport"
)

// discardReasons are the reasons that Sentry knows (docs/protocol.md, "Client
// reports").
var discardReasons = [...]string{
	"sample_rate", "before_send", "event_processor", "queue_overflow", "cache_overflow", "ratelimit_backoff", "network_error", "send_error", "internal_sdk_error",
}

// reasonNone is for events that the server has counted or can't be told of.
const reasonNone = ""

// discardReason is the only mapping from outcomes to reasons. The server itself
// counts what it answers with 429. Losses at Close can't be reported any more.
func discardReason(o *Outcome) string {
	switch o.Kind {
	case OutcomeSampled:
		return "sample_rate"
	case OutcomeFiltered:
		if errors.Is(o.Err, errBeforeSend) {
			return "before_send"
		}
		return "event_processor"
	case OutcomeIgnored, OutcomeThrottled:
		return "event_processor"
	case OutcomeRateLimited:
		if o.Status == 0 { // held back here
			return "ratelimit_backoff"
		}
	case OutcomeBackoff:
		cause := outcomeOf("", nil, o.Err)
		if cause.Kind == OutcomeRateLimited {
			return "ratelimit_backoff"
		}
		return discardReason(&cause)
	case OutcomeQueueFull:
		if _, spool := o.Err.(*transport.SpoolError); spool {
			return "cache_overflow"
		}
		return "queue_overflow"
	case OutcomeRejected, OutcomeTooLarge:
		return "send_error"
	case OutcomeNetwork:
		return "network_error"
	case OutcomeInvalid:
		return "internal_sdk_error"
	}
	return reasonNone
}

// errBeforeSend marks events that the function of [WithBeforeSend] dropped.
var errBeforeSend = errors.New("BeforeSend returned nil")

// discards counts events by reason, in the order of discardReasons.
type discards [len(discardReasons)]int

// reports counts the events that the server has yet to be told of. The zero
// value is ready.
type reports struct {
	off bool
	due atomic.Bool // there are counts

	mu     sync.Mutex
	counts discards // guarded by mu
}

func (r *reports) count(o *Outcome) {
	if r.off || o.Kind == OutcomeDelivered {
		return
	}
	if i := slices.Index(discardReasons[:], discardReason(o)); i >= 0 {
		var one discards
		one[i] = 1
		r.add(&one)
	}
}

// take removes and returns the counts, nil if there are none.
func (r *reports) take() *discards {
	if !r.due.Load() {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.due.Swap(false) {
		return nil
	}
	taken := r.counts
	r.counts = discards{}
	return &taken
}

// add adds counts, new ones or those that did not arrive.
func (r *reports) add(d *discards) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, n := range d {
		r.counts[i] += n
	}
	r.due.Store(true)
}

// reportArrived reports whether the counts in an event's envelope arrived, or
// wait on disk with it. A server that answers 429 has still read the items that
// it does not limit.
func reportArrived(o *Outcome) bool {
	return o.Kind == OutcomeDelivered || o.Kind == OutcomeSpooled || o.Status == http.StatusTooManyRequests
}

// appendReport appends an item with the counts to an envelope.
func appendReport(dst []byte, d *discards, now time.Time) []byte {
	payload := jsontext.AppendTime([]byte(`{"timestamp":`), now, false)
	payload = append(payload, `,"discarded_events":[`...)
	for i, n := range d {
		if n > 0 {
			payload = append(payload, `{"reason":"`+discardReasons[i]+`","category":"error","quantity":`...)
			payload = append(strconv.AppendInt(payload, int64(n), 10), '}', ',')
		}
	}
	payload[len(payload)-1] = ']'
	payload = append(payload, '}')
	dst = append(dst, `{"type":"client_report","length":`...)
	dst = strconv.AppendInt(dst, int64(len(payload)), 10)
	return append(append(append(dst, "}\n"...), payload...), '\n')
}

// reportPacket returns an envelope with the counts, nil if there are none or
// sending is paused.
func (c *Client) reportPacket() (*transport.Packet, *discards) {
	if !c.reports.due.Load() || c.failing() {
		return nil, nil
	}
	d := c.reports.take()
	if d == nil {
		return nil, nil
	}
	now := time.Now()
	body := jsontext.AppendTime([]byte(`{"sent_at":`), now, false)
	body = append(body, envelopeRest...)
	return &transport.Packet{URL: c.url, Header: c.header, Body: appendReport(body, d, now), Category: transport.CategoryInternal}, d
}

// addReport adds the counts to an event's envelope.
func (c *Client) addReport(p outgoing, now time.Time) {
	if p.report = c.reports.take(); p.report != nil {
		p.packet.Body = appendReport(p.packet.Body, p.report, now)
	}
}

// sendReport sends the counts. If they don't arrive they go into a later
// envelope; that is not logged.
func (c *Client) sendReport(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	if p, d := c.reportPacket(); p != nil {
		_, err := c.call(ctx, p)
		c.reportSent(d, err)
	}
}

// queueReport is sendReport without waiting.
func (c *Client) queueReport(ctx context.Context) {
	if p, d := c.reportPacket(); p != nil {
		if err := c.enqueue(ctx, p, func(_ *transport.Response, err error) { c.reportSent(d, err) }); err != nil {
			c.reportSent(d, err)
		}
	}
}

func (c *Client) reportSent(d *discards, err error) {
	limited, _ := err.(*transport.RateLimitedError) // errors.As would call methods of the program's own errors
	if err != nil && (limited == nil || limited.Held) {
		c.reports.add(d)
	}
}

// WithClientReports turns client reports on or off; they are on by default.
// They tell the server how many events were dropped and why, so that its own
// figures add up. The counts travel in the next envelope, or in their own on
// Flush and Close. They leave out events that the server refused with 429. The
// store protocol has no room for them.
func WithClientReports(send bool) Option {
	return setting(func(cfg *config) { cfg.noReports = !send })
}

// sinks reports whether events go to a file or a screen instead of a server.
func (cfg *config) sinks(dsn *transport.DSN) bool {
	if cfg.transport != nil {
		return false
	}
	if cfg.driver != nil {
		return isSink(cfg.driver)
	}
	for _, d := range cfg.registry.Drivers() {
		if slices.Contains(d.Schemes, strings.ToLower(dsn.Scheme)) {
			return isSink(&d)
		}
	}
	return false
}

func isSink(d *transport.Driver) bool { return d.Sink != "" && d.Sink != "server" }
