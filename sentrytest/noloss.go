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
)

// Ledger is a client's own account of its events, such as the Client of package
// raven.
type Ledger interface {
	// Ledger returns what became of each event, by its id of 32 hexadecimal
	// digits: "pending", "delivered", "recovered" (captured by an earlier
	// process, and delivered), "sampled", "filtered", "ignored", "throttled",
	// "spooled" (left on disk for the next process), "rate_limited", "backoff",
	// "queue_full", "too_large", "rejected", "network", "closed" or "invalid",
	// which ": details" may follow. forgotten counts the older ids that it no
	// longer remembers.
	Ledger() (outcomes map[string]string, forgotten uint64)
}

// deliberate are the outcomes that the user asked for.
var deliberate = map[string]bool{"sampled": true, "filtered": true, "ignored": true, "throttled": true}

// claimed are the outcomes of events that must have arrived.
var claimed = map[string]bool{"delivered": true, "recovered": true}

// RequireNoLoss compares a client's ledger with what the source has, and fails
// the test with Fatalf if an event is missing. The message says what became of
// each missing event, and starts with those that the client reports as
// delivered. Sampled, filtered, ignored and throttled events are not missing,
// nor are spooled ones, which wait on disk for the next process; they are
// logged. Nor is an event that arrived although the client gave it up, as after
// a short timeout.
//
// It first waits, at most five seconds, until nothing is pending and the source
// is idle. It also fails if the source has events that the ledger does not
// know: use a [Tenant] when several clients share a server. Events that arrived
// twice are logged.
func RequireNoLoss(tb TB, ledger Ledger, src Source) {
	tb.Helper()
	ctx, cancel := patience(tb, nil, defaultPatience)
	defer cancel()
	start := time.Now()
	outcomes, forgotten := settledLedger(ctx, ledger)
	// Whether the source is idle or not: what has arrived by now counts.
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
	seen      map[string]int // how often an id arrived
	refused   []Rejection
	dropped   int // events that MaxHistory dropped
	waited    time.Duration
}

func newAudit(src fullSource, outcomes map[string]string, forgotten uint64) *audit {
	a := &audit{outcomes: map[string]string{}, forgotten: forgotten, seen: src.brought(), refused: src.Rejected(), dropped: src.dropped()}
	for id, outcome := range outcomes {
		a.outcomes[cleanID(id)] = outcome
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
	spooled := 0
	for _, id := range texts.SortedKeys(a.outcomes) {
		outcome := a.outcomes[id]
		switch w := word(outcome); {
		case a.seen[id] > 0 || deliberate[w]:
		case w == "spooled":
			spooled++
		case claimed[w]:
			worst = append(worst, id+": the client reports it as "+w+", but the server never received it"+a.refusal(id))
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
		if n := a.seen[id]; n > 1 {
			twice = append(twice, fmt.Sprintf("%s arrived %d times", id, n))
		}
	}
	var b strings.Builder
	lost = append(worst, lost...)
	fmt.Fprintf(&b, "sentrytest: %d of %s lost%s", len(lost), texts.Count(len(a.outcomes), "event"), listedLines(lost))
	if len(lost) > 0 && a.dropped > 0 {
		fmt.Fprintf(&b, "\n  MaxHistory dropped %s, which may be these: let it keep more", texts.Count(a.dropped, "event"))
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
	if spooled > 0 {
		fmt.Fprintf(&b, "\n  for information, %s on disk for the next process", texts.Count(spooled, "event"))
	}
	ok := len(lost) == 0 && a.forgotten == 0 && len(unknown) == 0
	if ok && len(twice) == 0 && spooled == 0 {
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
