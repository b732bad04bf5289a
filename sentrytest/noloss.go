package sentrytest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Ledger is a client's own account of its events; the Client of this module's
// package raven has it.
type Ledger interface {
	// Ledger returns for each event id, 32 hexadecimal digits, what became of
	// the event: "pending", "delivered", "sampled", "filtered", "ignored",
	// "throttled", "rate_limited", "backoff", "queue_full", "too_large",
	// "rejected", "network", "closed" or "invalid", which ": details" may
	// follow. forgotten is how many older ids it no longer remembers.
	Ledger() (outcomes map[string]string, forgotten uint64)
}

// dropped on purpose: the client was told to.
var deliberate = map[string]bool{"sampled": true, "filtered": true, "ignored": true, "throttled": true}

// RequireNoLoss compares a client's ledger with what the source has, event by
// event, and fails the test with Fatalf if one is missing. The message says of
// each where it ended; worst of all is one that the client believes to be
// delivered. What was dropped on purpose, that is sampled, filtered, ignored or
// throttled, is no loss. Nor is an event that arrived although the client gave
// it up, as with a timeout that was too short.
//
// It first waits, at most five seconds, until nothing is pending, and then
// until the source has settled. A source that has events which the ledger does
// not know fails the test too: use a [Tenant] when several clients share a
// server. Events that arrived twice are logged.
func RequireNoLoss(tb TB, ledger Ledger, src Source) {
	tb.Helper()
	ctx, cancel := patience(tb, nil, defaultPatience)
	defer cancel()
	start := time.Now()
	outcomes, forgotten := settledLedger(ctx, ledger)
	// Whether it has settled or not, what has arrived by now is what counts.
	all := fullSourceOf(src)
	_ = all.settle(ctx)
	a := newAudit(all, outcomes, forgotten)
	a.waited = time.Since(start)
	text, ok := a.report()
	if !ok {
		tb.Fatalf("%s", text)
		return
	}
	if text != "" {
		tb.Logf("%s", text)
	}
}

// settledLedger reads the ledger until nothing in it is pending, or ctx ends.
func settledLedger(ctx context.Context, ledger Ledger) (outcomes map[string]string, forgotten uint64) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		outcomes, forgotten = ledger.Ledger()
		if !slices.ContainsFunc(slices.Collect(maps.Values(outcomes)), func(o string) bool { return word(o) == "pending" }) {
			return outcomes, forgotten
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return outcomes, forgotten
		}
	}
}

func word(outcome string) string {
	w, _, _ := strings.Cut(outcome, ":")
	return strings.TrimSpace(w)
}

// audit is a ledger beside what a source has.
type audit struct {
	outcomes  map[string]string // by normalised id
	forgotten uint64
	seen      map[string][]Request // the requests that brought an id
	refused   []Rejection
	dropped   int // events that the server no longer has, because of MaxHistory
	waited    time.Duration
}

func newAudit(src fullSource, outcomes map[string]string, forgotten uint64) *audit {
	a := &audit{outcomes: map[string]string{}, forgotten: forgotten, seen: map[string][]Request{}, refused: src.Rejected(), dropped: src.dropped()}
	for id, outcome := range outcomes {
		a.outcomes[cleanID(id)] = outcome
	}
	for _, e := range slices.Concat(src.Events(), src.Transactions()) {
		a.seen[e.EventID] = append(a.seen[e.EventID], e.Received)
	}
	// An id that only another type of item carries, such as feedback, has
	// arrived as well.
	for _, e := range src.Envelopes() {
		if e.EventID != "" && len(e.ItemsOfType(wire.ItemEvent))+len(e.ItemsOfType(wire.ItemTransaction)) == 0 {
			a.seen[e.EventID] = append(a.seen[e.EventID], e.Received)
		}
	}
	return a
}

func cleanID(id string) string {
	if clean, ok := eventid.Normalize(id); ok {
		return clean
	}
	return id
}

// report returns the findings and whether nothing is lost. Without findings the
// text is information, or empty.
func (a *audit) report() (string, bool) {
	var worst, lost, unknown, twice []string
	for _, id := range texts.SortedKeys(a.outcomes) {
		outcome := a.outcomes[id]
		switch w := word(outcome); {
		case len(a.seen[id]) > 0 || deliberate[w]:
		case w == "delivered":
			worst = append(worst, id+": delivered, says the client, but the server never saw it"+a.refusal(id))
		case w == "pending":
			lost = append(lost, fmt.Sprintf("%s: still pending after %s", id, a.waited.Round(time.Millisecond)))
		default:
			lost = append(lost, id+": "+texts.OneLine(outcome)+a.refusal(id))
		}
	}
	for _, id := range texts.SortedKeys(a.seen) {
		if _, known := a.outcomes[id]; !known && a.forgotten == 0 {
			unknown = append(unknown, id)
		}
		if n := len(a.seen[id]); n > 1 {
			twice = append(twice, fmt.Sprintf("%s arrived %d times", id, n))
		}
	}
	var b strings.Builder
	lost = append(worst, lost...)
	fmt.Fprintf(&b, "sentrytest: %d of %s lost%s", len(lost), texts.Count(len(a.outcomes), "event"), listedLines(lost))
	if len(lost) > 0 && a.dropped > 0 {
		fmt.Fprintf(&b, "\n  MaxHistory has made the server drop %s, of which they may be: let it keep more", texts.Count(a.dropped, "event"))
	}
	if a.forgotten > 0 {
		fmt.Fprintf(&b, "\n  the client has forgotten what became of %s: let it remember more, with raven.WithLedger(%d)",
			texts.Count(int(a.forgotten), "older event"), uint64(len(a.outcomes))+a.forgotten)
	}
	if len(unknown) > 0 {
		fmt.Fprintf(&b, "\n  the server has %s that the ledger does not know:%s", texts.Count(len(unknown), "event"), listedLines(unknown))
	}
	if len(twice) > 0 {
		b.WriteString("\n  for information, what arrived more than once:" + listedLines(twice))
	}
	ok := len(lost) == 0 && a.forgotten == 0 && len(unknown) == 0
	if ok && len(twice) == 0 {
		return "", true
	}
	return b.String(), ok
}

// refusal finds what the server said to a request with this event.
func (a *audit) refusal(id string) string {
	for _, r := range a.refused {
		if strings.Contains(r.Request.Decoded, id) {
			return "; the server refused it: " + r.String()
		}
	}
	return ""
}
