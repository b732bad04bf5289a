package sentrytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Fault says what becomes of which requests: a [Step] for those that meet its
// conditions. Faults are values, made by [When] or read by [ParseFaults]; the
// methods return changed copies. The zero value answers every request with
// [OK].
//
//	srv.Rule(sentrytest.When(sentrytest.OnSizeOver(100_000)).Do(sentrytest.Status(413)))
//
// [Server.Rule] takes faults as claims about the client, [Server.SetFaults] as
// settings. As text a fault is a JSON object:
//
//	{"size_over": 100000, "status": 413}
//
// It has a word for each condition and each method, and durations such as
// "1.5s". Words that are left out, and 0, false and empty ones, say nothing; an
// empty body is one. docs/fakesentry.md lists the words.
type Fault struct {
	name       string
	conditions []Condition
	step       Step
	chance     *float64 // of Probability; nil: certain
	seed       uint64
	used       int // for a fault that Server.Faults has returned
}

// When makes a fault for requests that meet all of the conditions, and without
// any for all requests. It answers with [OK] until [Fault.Do] says otherwise.
func When(conditions ...Condition) Fault { return Fault{conditions: slices.Clone(conditions)} }

// Do sets the step that the fault takes. Unlike one in a script it serves for
// ever, unless its Times says how often.
func (f Fault) Do(step Step) Fault {
	f.step = step
	return f
}

// Times lets the fault serve n requests and then none; a negative n, the
// default, serves all. Zero panics. It is the Times of the step, so that it has
// to follow Do.
func (f Fault) Times(n int) Fault {
	f.step = f.step.Times(n)
	return f
}

// Optional lets a fault of [Server.Rule] go unused without failing the test. It
// has to follow Do.
func (f Fault) Optional() Fault {
	f.step = f.step.Optional()
	return f
}

// Probability lets the fault serve only a part of the requests that meet its
// conditions: each with the probability p, from 0 to 1, by a generator that
// starts from the seed. The same seed gives the same sequence, request by
// request in the order of arrival. Any other p panics.
func (f Fault) Probability(p float64, seed uint64) Fault {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("sentrytest: Probability(%v, %d) is not a probability: want 0 to 1", p, seed))
	}
	f.chance, f.seed = &p, seed
	return f
}

// Named gives the fault a name for people, which stands before the step in
// [Answer.Step] and in errors.
func (f Fault) Named(name string) Fault {
	f.name = name
	return f
}

// Name returns the name that [Fault.Named] gave, "" for none.
func (f Fault) Name() string { return f.name }

// Used returns how often the fault had served when [Server.Faults] returned it.
// It is 0 for every other fault.
func (f Fault) Used() int { return f.used }

// Spent reports whether the fault has served as often as its Times says.
func (f Fault) Spent() bool { return f.step.times > 0 && f.used >= f.step.times }

// String returns the fault as one would write it, for example
// `When(OnItem("session")).Do(Status(429))`. It leaves the name out.
func (f Fault) String() string {
	conditions := make([]string, len(f.conditions))
	for i, c := range f.conditions {
		conditions[i] = c.String()
	}
	text := fmt.Sprintf("When(%s).Do(%s)", strings.Join(conditions, ", "), f.step)
	if f.chance != nil {
		text += fmt.Sprintf(".Probability(%v, %d)", *f.chance, f.seed)
	}
	return text
}

// matches reports whether the call meets the conditions; chance is left out.
func (f Fault) matches(c *call) bool {
	return !slices.ContainsFunc(f.conditions, func(on Condition) bool { return on.match != nil && !on.match(c) })
}

// problem says which condition can't be known when the step takes effect, ""
// when all can.
func (f Fault) problem() string {
	for _, c := range f.conditions {
		if at := f.step.stage(); c.match != nil && at > c.known {
			return fmt.Sprintf("%s happens %s, when %s can't be known yet", f.step, at, c)
		}
	}
	return ""
}

// dice is a fault's chance at work. The nil dice always fall well.
type dice struct {
	p   float64
	rng *rand.Rand
}

func (f Fault) newDice() *dice {
	if f.chance == nil {
		return nil
	}
	return &dice{p: *f.chance, rng: rand.New(rand.NewPCG(f.seed, 0))}
}

func (d *dice) roll() bool { return d == nil || d.rng.Float64() < d.p }
