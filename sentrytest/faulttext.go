package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// FaultProblem is an invalid word in the text of a [Fault].
type FaultProblem struct {
	Field string // the word
	Value string
	Want  string // what is allowed
}

// String returns the problem on one line.
func (p FaultProblem) String() string {
	return texts.OneLine(fmt.Sprintf("%s: %s is not allowed, want %s", p.Field, p.Value, p.Want))
}

// FaultError says why a [Fault] can't be used.
type FaultError struct {
	Index    int    // its place in the list, 1 being the first; 0 when there is no list
	Name     string // of the fault
	Problems []FaultProblem
}

// Error names the fault and its problems, one a line if there are several.
func (e *FaultError) Error() string {
	text := "sentrytest: fault"
	if e.Index > 0 {
		text += fmt.Sprintf(" %d", e.Index)
	}
	if e.Name != "" {
		text += fmt.Sprintf(" (%s)", texts.OneLine(e.Name))
	}
	separator := ": "
	if len(e.Problems) > 1 {
		separator = "\n\t"
	}
	for _, p := range e.Problems {
		text += separator + p.String()
	}
	return text
}

// ParseFaults reads a list of faults from JSON. The error joins a [*FaultError]
// for each invalid fault. Unknown words are errors too.
func ParseFaults(text []byte) ([]Fault, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, fmt.Errorf("sentrytest: faults: want a JSON list of objects: %w", err)
	}
	faults := make([]Fault, len(items))
	var errs []error
	for i, item := range items {
		if bad := faults[i].parse(item); bad != nil {
			bad.Index = i + 1
			errs = append(errs, bad)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return faults, nil
}

// UnmarshalJSON reads the text of a fault. The error is a [*FaultError].
func (f *Fault) UnmarshalJSON(text []byte) error {
	if bad := f.parse(text); bad != nil {
		return bad
	}
	return nil
}

// MarshalJSON returns the text of the fault, and how often it was used. It
// fails for what has no text: [OnEvent], [OnSizeOver] and [OnSizeUnder] of 0,
// two conditions of the same kind, and a step that [ParseFaults] refuses, such
// as Hang().Body("x").
func (f Fault) MarshalJSON() ([]byte, error) {
	said := make(map[string]bool)
	for _, c := range f.conditions {
		if c.match != nil && (saysNothing(c.value) || said[c.word]) {
			return nil, fmt.Errorf("sentrytest: %s: %s has no text", f, c)
		}
		said[c.word] = true
	}
	var b bytes.Buffer
	for _, w := range faultWords {
		v := w.get(f)
		if saysNothing(v) && w.name != wordUsed {
			continue
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, ",%q:%s", w.name, value)
	}
	text := append(append([]byte{'{'}, b.Bytes()[1:]...), '}')
	var again Fault
	if bad := again.parse(text); bad != nil {
		return nil, bad
	}
	return text, nil
}

// saysNothing reports whether a value counts as left out in the text of a
// fault.
func saysNothing(value any) bool {
	v := reflect.ValueOf(value)
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	}
	return v.IsZero()
}

// reading is a fault while its text is read.
type reading struct {
	fault    Fault
	said     map[string]bool // words
	problems []FaultProblem
}

func (r *reading) add(word, value, want string) {
	r.problems = append(r.problems, FaultProblem{Field: word, Value: value, Want: want})
}

func (f *Fault) parse(text []byte) *FaultError {
	r := &reading{said: make(map[string]bool)}
	var given map[string]json.RawMessage
	if json.Unmarshal(text, &given) != nil {
		r.add("fault", texts.Shorten(string(text), 40), "an object")
	}
	var names []string
	for _, w := range faultWords {
		names = append(names, w.name)
		if value, ok := given[w.name]; ok {
			w.read(r, value)
			delete(given, w.name)
		}
	}
	for _, name := range texts.SortedKeys(given) {
		r.add(name, "this field", choice(names, ""))
	}
	r.whole()
	if len(r.problems) > 0 {
		return &FaultError{Name: r.fault.name, Problems: r.problems}
	}
	*f = r.fault
	return nil
}

// whole checks words that depend on each other.
func (r *reading) whole() {
	step := r.fault.step
	k := kinds[step.kind]
	if k.pace && !r.said[wordPace] {
		r.add(wordPace, `""`, wantDuration)
	}
	if step.bytes >= 0 && step.bytes < k.least {
		r.add("bytes", fmt.Sprint(step.bytes), fmt.Sprintf("a number of bytes, at least %d", k.least))
	}
	for _, code := range step.early {
		if !isInformational(code) {
			r.add("informational", fmt.Sprint(code), "100 to 199, but for 101")
		}
	}
	if r.said["seed"] && !r.said["probability"] {
		r.add("seed", fmt.Sprint(r.fault.seed), "a probability beside it")
	}
	if len(r.problems) == 0 {
		r.problems = r.fault.tooEarly()
	}
}

// tooEarly returns the problem of a step that takes effect before a condition
// can be known.
func (f Fault) tooEarly() []FaultProblem {
	problem := f.problem()
	if problem == "" {
		return nil
	}
	return []FaultProblem{{"do", fmt.Sprintf("%q", kinds[f.step.kind].text), "a step that comes later: " + problem}}
}

const (
	wantDuration = `a duration such as "1.5s" or "200ms"`
	wordPace     = "pace"
	wordUsed     = "used"
)

// choice returns the text for one of the values, or want if there are none.
func choice(values []string, want string) string {
	switch len(values) {
	case 0:
		return want
	case 1:
		return values[0]
	}
	return "one of " + strings.Join(values, ", ")
}

// faultWord is a word of the text of faults.
type faultWord struct {
	name, doc   string          // doc may be the name of the function whose comment says it
	oneOf       []string        // the values that are allowed; nil for others than these
	least, most int             // the bounds of a number; a most of 0 is none
	want        string          // what is allowed
	kinds       func(kind) bool // what it goes with; nil for all
	from        reflect.Type    // of what it is read from
	read        func(*reading, json.RawMessage)
	get         func(Fault) any
}

// of makes a word that is read from a T. set reports whether the value is
// allowed.
func of[T any](w faultWord, set func(r *reading, v T) bool, get func(Fault) any) faultWord {
	w.from, w.get = reflect.TypeFor[T](), get
	w.read = func(r *reading, text json.RawMessage) {
		var v T
		var wrong *json.UnmarshalTypeError
		err := json.Unmarshal(text, &v)
		if err == nil && saysNothing(v) {
			return
		}
		r.said[w.name] = true
		switch value := texts.Shorten(string(text), 40); {
		case errors.As(err, &wrong):
			r.add(w.name, value, jsonKind(wrong.Type))
		case w.kinds != nil && !w.kinds(kinds[r.fault.step.kind]):
			r.add(w.name, value, "do to be "+choice(kindsWith(w.kinds), ""))
		case !set(r, v) || !w.within(v):
			r.add(w.name, value, choice(w.oneOf, w.want))
		}
	}
	return w
}

// within reports whether a number is in the bounds of the word.
func (w faultWord) within(value any) bool {
	switch v := reflect.Indirect(reflect.ValueOf(value)); {
	case v.CanInt():
		return v.Int() >= int64(w.least) && (w.most == 0 || v.Int() <= int64(w.most))
	case v.CanFloat():
		return v.Float() >= float64(w.least) && v.Float() <= float64(w.most)
	}
	return true
}

// at makes a word that is a field of the fault.
func at[T any](w faultWord, field func(*Fault) *T) faultWord {
	return of(w, func(r *reading, v T) bool {
		*field(&r.fault) = v
		return true
	}, func(f Fault) any { return *field(&f) })
}

// duration makes a word for a time of a step.
func duration(w faultWord, field func(*Step) *time.Duration) faultWord {
	w.want = wantDuration
	return of(w, func(r *reading, text string) bool {
		d, err := time.ParseDuration(text)
		*field(&r.fault.step) = d
		return err == nil && d >= 0
	}, func(f Fault) any {
		if d := *field(&f.step); d != 0 || w.name == wordPace && kinds[f.step.kind].pace {
			return d.String()
		}
		return nil
	})
}

// header makes a word for a header of the answer.
func header(w faultWord, key string) faultWord {
	w.kinds = sends
	return of(w, func(r *reading, value string) bool {
		r.fault.step = r.fault.step.Header(key, value)
		return true
	}, func(f Fault) any { return f.step.header.Get(key) })
}

// faultWord is the condition as a word.
func (o on[T]) faultWord() faultWord {
	return of(faultWord{name: o.word, doc: o.call, oneOf: o.oneOf, want: o.want}, func(r *reading, v T) bool {
		r.fault.conditions = append(r.fault.conditions, o.with(v))
		return o.allows(v)
	}, func(f Fault) any {
		if i := slices.IndexFunc(f.conditions, func(c Condition) bool { return c.word == o.word }); i >= 0 {
			return f.conditions[i].value
		}
		return nil
	})
}

func isAnswer(k kind) bool { return k.call == "OK" }
func sends(k kind) bool    { return k.sends }
func counts(k kind) bool   { return k.bytes }
func paces(k kind) bool    { return k.pace }

// faultWords are all that the text of a fault can say. They are read and
// written in this order; do precedes what depends on it.
var faultWords = []faultWord{
	at(faultWord{name: "name", doc: "For people: it stands in the lines that are printed."}, func(f *Fault) *string { return &f.name }),
	onEndpoint.faultWord(), onPath.faultWord(), onSizeOver.faultWord(), onSizeUnder.faultWord(), onLevel.faultWord(), onItem.faultWord(),
	onCategory.faultWord(), onMessage.faultWord(), onAttempt.faultWord(),
	of(faultWord{name: "do", doc: "What happens; answer when it is left out.", oneOf: FaultKinds()},
		func(r *reading, text string) bool {
			i := slices.IndexFunc(kinds[:], func(k kind) bool { return k.text == text })
			r.fault.step.kind = stepKind(max(i, 0))
			return i >= 0
		},
		func(f Fault) any { return strings.TrimPrefix(kinds[f.step.kind].text, kinds[stepAnswer].text) }),
	at(faultWord{name: "status", doc: "Of the answer; 200 when it is left out.", least: minFinal, most: maxFinal, want: "a final status, 200 to 999", kinds: isAnswer},
		func(f *Fault) *int { return &f.step.status }),
	header(faultWord{name: "retry_after", doc: "The header Retry-After of the answer, such as 30."}, headerRetryAfter),
	header(faultWord{name: "rate_limits", doc: "The header X-Sentry-Rate-Limits of the answer, such as 60:error:organization."}, headerRateLimits),
	of(faultWord{name: "headers", doc: "Other headers of the answer.", kinds: sends},
		func(r *reading, headers map[string]string) bool {
			for _, key := range texts.SortedKeys(headers) {
				if r.fault.step.header.Get(key) == "" {
					r.fault.step = r.fault.step.Header(key, headers[key])
				}
			}
			return true
		},
		func(f Fault) any {
			headers := make(map[string]string)
			for key := range f.step.header {
				value := f.step.header.Get(key) // retry_after and rate_limits can't be ""
				if value == "" || key != headerRetryAfter && key != headerRateLimits {
					headers[key] = value
				}
			}
			return headers
		}),
	at(faultWord{name: "body", doc: "Of the answer.", kinds: sends}, func(f *Fault) **string { return &f.step.body }),
	at(faultWord{name: "informational", doc: "Statuses of answers that come before it; 101 is none.", least: 100, most: 199, kinds: sends},
		func(f *Fault) *[]int { return &f.step.early }),
	at(faultWord{name: "then_close", doc: "Whether the connection closes after the answer.", kinds: isAnswer}, func(f *Fault) *bool { return &f.step.thenClose }),
	at(faultWord{name: "bytes", doc: "For the values of do that count bytes.", want: "a number of bytes", kinds: counts}, func(f *Fault) *int { return &f.step.bytes }),
	duration(faultWord{name: wordPace, doc: "For the values of do that take their time.", kinds: paces}, func(s *Step) *time.Duration { return &s.pace }),
	duration(faultWord{name: "delay", doc: "A wait before the answer."}, func(s *Step) *time.Duration { return &s.delay }),
	duration(faultWord{name: "body_delay", doc: "A wait between the head of the answer and its body.", kinds: sends}, func(s *Step) *time.Duration { return &s.bodyDelay }),
	of(faultWord{name: "times", doc: "How many requests it serves; all when it is left out.", want: "a number of requests, or 0 for all of them"},
		func(r *reading, n int) bool { r.fault.step.times = n; return true },
		func(f Fault) any { return max(f.step.times, 0) }),
	at(faultWord{name: "probability", doc: "The share of these requests that it serves.", most: 1, want: "a number from 0 to 1"}, func(f *Fault) **float64 { return &f.chance }),
	at(faultWord{name: "seed", doc: "Of the choice that probability makes: the same seed makes the same choices."}, func(f *Fault) *uint64 { return &f.seed }),
	at(faultWord{name: wordUsed, doc: "How often it has served: in answers only.", want: "a number of uses"}, func(f *Fault) *int { return &f.used }),
}

// jsonKind says in the words of JSON what a Go type is read from.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}
