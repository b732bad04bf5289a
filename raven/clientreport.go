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

// discardReasons are the words that the server knows (protocol 4.6).
var discardReasons = [...]string{
	"sample_rate", "before_send", "event_processor", "queue_overflow", "ratelimit_backoff", "network_error", "send_error", "internal_sdk_error",
}

// reasonNone is about what the server knows already, or can't be told.
const reasonNone = ""

// discardReason is the one table from outcomes to reasons. What the server
// answered with 429 it has counted itself; what is lost at Close can't be told
// any more.
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

// errBeforeSend marks what the function of [WithBeforeSend] dropped.
var errBeforeSend = errors.New("BeforeSend returned nil")

// discards counts events by reason, with the indexes of discardReasons.
type discards [len(discardReasons)]int

// reports holds what the server is to be told about events that it will never
// see (protocol 4.6). The zero value is ready.
type reports struct {
	off bool
	due atomic.Bool // there is something to tell

	mu     sync.Mutex
	counts discards // guarded by mu
}

func (r *reports) count(o *Outcome) {
	if r.off || o.Kind == OutcomeDelivered {
		return
	}
	reason := discardReason(o)
	for i, known := range discardReasons {
		if known == reason {
			var one discards
			one[i] = 1
			r.add(&one)
		}
	}
}

// take hands out what is due, nil for nothing.
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

// add adds counts that are due, also again.
func (r *reports) add(d *discards) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, n := range d {
		r.counts[i] += n
	}
	r.due.Store(true)
}

// reportArrived reports whether counts that travelled in an envelope need not
// be told again: a server that answers 429 has still read what it does not
// limit.
func reportArrived(o *Outcome) bool {
	return o.Kind == OutcomeDelivered || o.Status == http.StatusTooManyRequests
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

// reportPacket makes an envelope of what is due, nil for nothing. While sending
// fails it waits.
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

// addReport puts what is due into an event's envelope.
func (c *Client) addReport(p outgoing, now time.Time) {
	if p.report = c.reports.take(); p.report != nil {
		p.packet.Body = appendReport(p.packet.Body, p.report, now)
	}
}

// sendReport tells the server what is due. What does not arrive is told with a
// later envelope; that it did not is nobody's business.
func (c *Client) sendReport(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	if p, d := c.reportPacket(); p != nil {
		_, err := c.call(ctx, p)
		c.reportSent(d, err)
	}
}

// queueReport does the same without waiting.
func (c *Client) queueReport(ctx context.Context) {
	p, d := c.reportPacket()
	if p == nil {
		return
	}
	done := func(_ *transport.Response, err error) { c.reportSent(d, err) }
	if err := c.enqueue(ctx, p, done); err != nil {
		c.reportSent(d, err)
	}
}

func (c *Client) reportSent(d *discards, err error) {
	limited, _ := err.(*transport.RateLimitedError) // an error of the program's own is not asked
	if err != nil && (limited == nil || limited.Held) {
		c.reports.add(d)
	}
}

// WithClientReports says whether the server is told how many events were
// dropped, and why, so that its own figures add up (protocol 4.6). It is by
// default: the counts travel in the next envelope, or in one of their own on
// Flush and Close. What the server itself refused with 429 is not among them.
// The store protocol has no room for them.
func WithClientReports(send bool) Option {
	return setting(func(cfg *config) { cfg.noReports = !send })
}

// sinks reports whether events are shown to somebody near in place of being
// sent: there is no server then whose figures have to add up.
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
