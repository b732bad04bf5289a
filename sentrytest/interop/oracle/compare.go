package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// fate is what a server does with an event.
type fate string

const (
	keeps   fate = "kept"    // as it is, or changed without an annotation
	changes fate = "changed" // with an annotation: a value is dropped or cut
	loses   fate = "lost"
)

// relayFate says what Relay does, and at which attributes of the event.
func relayFate(n normalized) (fate, map[string]bool) {
	if n.Lost != "" {
		return loses, nil
	}
	meta, _ := n.Event["_meta"].(map[string]any)
	places := map[string]bool{}
	for key := range meta {
		places[key] = true
	}
	if len(places) > 1 {
		delete(places, "errors") // it repeats the others
	}
	if len(places) == 0 {
		return keeps, nil
	}
	return changes, places
}

// canonical are the names that Relay gives to attributes with old names.
var canonical = map[string]string{"message": "logentry", "server_name": "tags", "site": "tags"}

// ourFate says what the findings of the event announce.
func ourFate(found []sentrytest.Finding) (fate, map[string]bool) {
	places := map[string]bool{}
	for _, one := range found {
		switch one.Severity {
		case sentrytest.SeverityFatal:
			return loses, nil
		case sentrytest.SeverityWarning:
			name, _, _ := strings.Cut(one.Path, ".")
			if rest, ok := strings.CutPrefix(one.Path, "sentry.interfaces."); ok {
				name, _, _ = strings.Cut(rest, ".")
				name = map[string]string{"Http": "request", "Message": "logentry"}[name]
				if name == "" {
					name = strings.ToLower(strings.Split(rest, ".")[0])
				}
			}
			if other := canonical[name]; other != "" {
				name = other
			}
			places[name] = true
		}
	}
	if len(places) == 0 {
		return keeps, nil
	}
	return changes, places
}

// findings judges an event as a server does that has just received it.
func findings(raw []byte) []sentrytest.Finding {
	e, err := sentrytest.ParseEvent(raw)
	if err != nil {
		return sentrytest.Validate(raw)
	}
	e.Received.Time, e.Received.Protocol = time.Now(), "envelope"
	return e.Findings()
}

// artefact says why the answer of Relay's library is not what a server does
// with the event. It is "" if it is.
func artefact(raw []byte) string {
	trimmed := bytes.TrimSpace(raw)
	var id struct {
		EventID any `json:"event_id"`
	}
	switch {
	case !bytes.HasPrefix(trimmed, []byte("{")):
		return "not an object: a server refuses it, and the library makes an event without attributes"
	case !utf8.Valid(raw):
		return "not UTF-8: a server refuses it, and the library expects a text"
	case bytes.Contains(raw, []byte("NaN")) || bytes.Contains(raw, []byte("Infinity")):
		return "the library reads NaN and Infinity, which a server does only for Python clients"
	case json.Unmarshal(raw, &id) == nil && id.EventID != nil:
		text, isText := id.EventID.(string)
		if e, err := sentrytest.ParseEvent(raw); !isText || err != nil || e.EventID == "" {
			return fmt.Sprintf("event_id %q: a server reads it before the event, and refuses what is no UUID", text)
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	var first json.RawMessage
	if d.Decode(&first) == nil && len(bytes.TrimSpace(raw[d.InputOffset():])) > 0 {
		return "trailing bytes: a server refuses them, and the library ignores them"
	}
	return ""
}

// difference is an event that the two judge differently.
type difference struct {
	class, kind string
	raw         []byte
	ours        string
	relays      string
}

// tally counts the events of one class.
type tally struct{ events, artefacts, fates, places, values int }

func (t *tally) add(o *tally) {
	t.events += o.events
	t.artefacts += o.artefacts
	t.fates += o.fates
	t.places += o.places
	t.values += o.values
}

func compare(ctx context.Context, r *relay, samples []sample, only string, all bool, out io.Writer) error {
	if only != "" {
		samples = slices.DeleteFunc(samples, func(s sample) bool { return s.class != only })
	}
	raws := make([][]byte, len(samples))
	for i, one := range samples {
		raws[i] = one.raw
	}
	judged, err := r.judge(ctx, raws)
	if err != nil {
		return err
	}
	var classes []string
	tallies := map[string]*tally{}
	matrix := map[string]int{}
	var differences []difference
	var losses [][]byte // events that only one of them loses
	reasons := map[string]int{}
	for i, one := range samples {
		t := tallies[one.class]
		if t == nil {
			t = &tally{}
			tallies[one.class] = t
			classes = append(classes, one.class)
		}
		t.events++
		if why := artefact(one.raw); why != "" {
			t.artefacts++
			reason, _, _ := strings.Cut(why, ":")
			reasons[reason]++
			continue
		}
		theirs, theirPlaces := relayFate(judged[i])
		found := findings(one.raw)
		ours, ourPlaces := ourFate(found)
		matrix[fmt.Sprintf("Relay %s, we say %s", theirs, ours)]++
		different := func(kind string, ourSide, relaySide any) {
			differences = append(differences, difference{one.class, kind, one.raw, fmt.Sprint(ourSide), fmt.Sprint(relaySide)})
		}
		if theirs == ours {
			t.fates++
		} else {
			places := ""
			if extra := slices.Sorted(maps.Keys(minus(theirPlaces, ourPlaces))); len(extra) > 0 {
				places = " at " + strings.Join(extra, ", ")
			}
			if extra := slices.Sorted(maps.Keys(minus(ourPlaces, theirPlaces))); len(extra) > 0 {
				places = " at " + strings.Join(extra, ", ")
			}
			different(fmt.Sprintf("Relay: %s, we: %s%s", theirs, ours, places), found, annotations(judged[i]))
			if theirs == loses || ours == loses {
				losses = append(losses, one.raw)
			}
		}
		switch {
		case maps.Equal(theirPlaces, ourPlaces):
			t.places++
		case theirs == ours:
			different(fmt.Sprintf("places: Relay %v, we %v", slices.Sorted(maps.Keys(minus(theirPlaces, ourPlaces))), slices.Sorted(maps.Keys(minus(ourPlaces, theirPlaces)))),
				found, annotations(judged[i]))
		}
		if theirs == loses {
			t.values++
			continue
		}
		if name, our, relays := firstValue(one.raw, judged[i].Event); name != "" {
			different("value of "+name, our, relays)
		} else {
			t.values++
		}
	}
	report(out, differences, all)
	var sum tally
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "class\tevents\tartefacts\tsame fate\tsame places\tsame values\t")
	for _, class := range classes {
		row(w, class, tallies[class])
		sum.add(tallies[class])
	}
	row(w, "together", &sum)
	w.Flush()
	fmt.Fprintln(out)
	for _, cell := range slices.Sorted(maps.Keys(matrix)) {
		fmt.Fprintf(out, "%5d  %s\n", matrix[cell], cell)
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		fmt.Fprintf(out, "%5d  artefact: %s\n", reasons[reason], reason)
	}
	if only != "" {
		return nil
	}
	return verdict(sum, losses)
}

func row(w io.Writer, name string, t *tally) {
	judged := t.events - t.artefacts
	fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t\n", name, t.events, t.artefacts, percent(t.fates, judged), percent(t.places, judged), percent(t.values, judged))
}

func percent(part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func minus(a, b map[string]bool) map[string]bool {
	out := maps.Clone(a)
	maps.DeleteFunc(out, func(key string, _ bool) bool { return b[key] })
	return out
}

func annotations(n normalized) string {
	if n.Lost != "" {
		return "lost, " + n.Lost
	}
	raw, _ := json.Marshal(n.Event["_meta"]) // it was JSON
	return string(raw)
}

// report prints the differences by kind.
func report(out io.Writer, differences []difference, all bool) {
	kinds := map[string][]difference{}
	for _, d := range differences {
		kinds[d.kind] = append(kinds[d.kind], d)
	}
	names := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		if n := len(kinds[b]) - len(kinds[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		fmt.Fprintf(out, "%d × %s\n", len(kinds[name]), name)
		for i, d := range kinds[name] {
			if i > 0 && !all {
				break
			}
			fmt.Fprintf(out, "    %s: %s\n      Relay: %s\n      we:    %s\n", d.class, texts.Shorten(string(d.raw), 400), texts.Shorten(d.relays, 300), texts.Shorten(d.ours, 300))
		}
	}
}

// verdict fails if the two agree on fewer events than they have to, or if only
// one of them loses an event.
func verdict(sum tally, losses [][]byte) error {
	judged := float64(sum.events - sum.artefacts)
	var errs []error
	for _, one := range []struct {
		what  string
		n     int
		least float64
	}{{"the fate", sum.fates, sameFate}, {"the places", sum.places, samePlaces}, {"the values", sum.values, sameValues}} {
		if share := 100 * float64(one.n) / judged; share < one.least {
			errs = append(errs, fmt.Errorf("both agree about %s of %.2f %% of the events, and it has to be %.2f %%", one.what, share, one.least))
		}
	}
	if len(losses) > mostLosses {
		errs = append(errs, fmt.Errorf("only one of them loses %d events, and at most %d are known, for example %s",
			len(losses), mostLosses, texts.Shorten(string(losses[0]), 300)))
	}
	return errors.Join(errs...)
}

// The shares of the corpus, in percent, that both have to judge alike. Raise
// them with the agreement.
const (
	sameFate   = 99.0
	samePlaces = 99.0
	sameValues = 99.0

	// mostLosses is the number of events that only one of them loses.
	mostLosses = 0
)
