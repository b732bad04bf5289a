package sentrytest

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// Fault is a [Rule] as plain data, for programs that switch faults while they run and for configuration files. The first
// group of fields says which requests it is for, and all that are set have to be met; the second what becomes of them; the
// third how often. The zero value answers every request as usual. Durations are texts such as "1.5s" or "200ms".
//
// See [ParseFaults], [Fault.Rule] and [Server.SetFaults].
type Fault struct {
	Name string `json:"name,omitempty"` // for people and messages

	Endpoint  string `json:"endpoint,omitempty"`   // see OnEndpoint
	Path      string `json:"path,omitempty"`       // see OnPath
	SizeOver  int    `json:"size_over,omitempty"`  // bytes; 0 for no such condition, see SizeOver
	SizeUnder int    `json:"size_under,omitempty"` // bytes; 0 for no such condition, see SizeUnder
	Level     string `json:"level,omitempty"`      // see WithLevel
	Item      string `json:"item,omitempty"`       // see WithItem
	Category  string `json:"category,omitempty"`   // see WithCategory
	Message   string `json:"message,omitempty"`    // a regular expression for an event's message, see HasMessageMatching
	Attempt   int    `json:"attempt,omitempty"`    // 0 for no such condition, see OnAttempt

	Do            string            `json:"do,omitempty"`     // what happens, see FaultKinds; "" is "answer"
	Status        int               `json:"status,omitempty"` // of the answer; 0 is 200
	RetryAfter    string            `json:"retry_after,omitempty"`
	RateLimits    string            `json:"rate_limits,omitempty"` // the header X-Sentry-Rate-Limits
	Headers       map[string]string `json:"headers,omitempty"`     // of the answer
	Body          *string           `json:"body,omitempty"`        // of the answer; nil for the usual one
	Informational []int             `json:"informational,omitempty"`
	ThenClose     bool              `json:"then_close,omitempty"`
	Bytes         int               `json:"bytes,omitempty"`      // the n of the kinds that have one
	Pace          string            `json:"pace,omitempty"`       // the d of the kinds that have one
	Delay         string            `json:"delay,omitempty"`      // see Step.After
	BodyDelay     string            `json:"body_delay,omitempty"` // see Step.BodyAfter

	Times       int      `json:"times,omitempty"`       // how many requests it serves; 0 is all
	Probability *float64 `json:"probability,omitempty"` // nil is certain, see Rule.Probability
	Seed        uint64   `json:"seed,omitempty"`        // of Probability

	Used int `json:"used"` // how often it has served; set by Server.Faults, and ignored elsewhere
}

// faultKind is one value of Fault.Do.
type faultKind struct {
	step              func(n int, d time.Duration) Step
	bytes, pace, sent bool // it uses Bytes, it uses Pace, it sends an answer
	least             int  // the smallest Bytes
}

// plain adapts a step without parameters.
func plain(make func() Step) func(int, time.Duration) Step {
	return func(int, time.Duration) Step { return make() }
}

// counted adapts a step that counts bytes.
func counted(make func(int) Step) func(int, time.Duration) Step {
	return func(n int, _ time.Duration) Step { return make(n) }
}

// paced adapts a step that takes its time.
func paced(make func(time.Duration) Step) func(int, time.Duration) Step {
	return func(_ int, d time.Duration) Step { return make(d) }
}

const answerKind = "answer"

var faultKinds = map[string]faultKind{
	answerKind:          {step: plain(OK), sent: true},
	"hang":              {step: plain(Hang)},
	"reset":             {step: plain(Reset)},
	"close_conn":        {step: plain(CloseConn)},
	"stall_body":        {step: plain(StallBody), sent: true},
	"slow_body":         {step: paced(SlowBody), pace: true, sent: true},
	"truncate":          {step: counted(Truncate), bytes: true, sent: true},
	"reset_after_write": {step: counted(ResetAfterWrite), bytes: true, sent: true},
	"not_http":          {step: plain(NotHTTP)},
	"bad_chunking":      {step: plain(BadChunking), sent: true},
	"wrong_length":      {step: counted(WrongLength), bytes: true, sent: true},
	"slow_read":         {step: SlowRead, bytes: true, pace: true, least: 1, sent: true},
	"reset_after_read":  {step: counted(ResetAfterRead), bytes: true},
	"slow_accept":       {step: paced(SlowAccept), pace: true},
	"reset_conn":        {step: plain(ResetConn)},
	"reset_stream":      {step: plain(ResetStream)},
	"goaway":            {step: plain(GoAway), sent: true},
	"black_hole":        {step: plain(BlackHole)},
}

// FaultKinds returns the values of Fault.Do in alphabetical order. Each is the name of a function that makes a [Step], such
// as "reset_after_read" for [ResetAfterRead], or "answer", which is [OK] and [Status].
func FaultKinds() []string { return slices.Sorted(maps.Keys(faultKinds)) }

// Rule returns the fault as a rule, which can be given to [Server.Rule]. The error is a [*FaultError] that names every
// field which is not in order.
func (f Fault) Rule() (Rule, error) {
	check := faultCheck{fault: f}
	kind := check.kind()
	rule := When(check.conditions()...)
	step := check.step(kind)
	step.fault = f.Name
	if f.Times > 0 {
		step = step.Times(f.Times)
	}
	rule = rule.Do(step)
	if p := f.Probability; p != nil && check.that(*p >= 0 && *p <= 1, "probability", *p, "a number from 0 to 1") {
		rule = rule.Probability(*p, f.Seed)
	}
	check.that(f.Times >= 0, "times", f.Times, "a number of requests, or 0 for all of them")
	check.that(f.Seed == 0 || f.Probability != nil, "seed", f.Seed, "a probability beside it")
	if len(check.problems) == 0 {
		if problem := rule.problem(); problem != "" {
			check.add("do", f.Do, "a step that comes later: "+problem)
		}
	}
	if len(check.problems) > 0 {
		return Rule{}, &FaultError{Name: f.Name, Problems: check.problems}
	}
	return rule, nil
}

// clone returns a copy that shares nothing which can be modified.
func (f Fault) clone() Fault {
	f.Headers = maps.Clone(f.Headers)
	f.Informational = slices.Clone(f.Informational)
	f.Body = clonePointer(f.Body)
	f.Probability = clonePointer(f.Probability)
	return f
}

// header returns the headers that the fault sets in the answer.
func (f Fault) header() http.Header {
	h := http.Header{}
	for key, value := range f.Headers {
		h.Set(key, value)
	}
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
	if f.RateLimits != "" {
		h.Set("X-Sentry-Rate-Limits", f.RateLimits)
	}
	return h
}
