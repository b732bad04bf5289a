package sentrytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Fault is a [Step] for the requests that meet its conditions. Faults are
// values, made by [When] or read by [ParseFaults]; the methods return changed
// copies. The zero value answers every request with [OK].
//
//	srv.Rule(sentrytest.When(sentrytest.OnSizeOver(100_000)).Do(sentrytest.Status(413)))
//
// An unused fault of [Server.Rule] fails the test; one of [Server.SetFaults]
// does not. As text a fault is a JSON object:
//
//	{"size_over": 100000, "status": 413}
//
// It has a word for each condition and each method. Durations are texts such as
// "1.5s". Words with the value 0, false or "" count as left out, except for
// body and probability. docs/fakesentry.md lists the words.
type Fault struct {
	name       string
	conditions []Condition
	step       Step
	chance     *float64 // of Probability; nil: certain
	seed       uint64
	used       int // of Server.Faults, or of its text
}

// When makes a fault for requests that meet all of the conditions, and without
// any for all requests. It answers with [OK] until [Fault.Do] sets a step.
func When(conditions ...Condition) Fault { return Fault{conditions: slices.Clone(conditions)} }

// Do sets the step of the fault. It serves all matching requests, unless its
// Times sets a limit.
func (f Fault) Do(step Step) Fault {
	f.step = step
	return f
}

// Times lets the fault serve n requests and then none; a negative n, the
// default, serves all. Zero panics. It changes the step: call it after Do.
func (f Fault) Times(n int) Fault {
	f.step = f.step.Times(n)
	return f
}

// Optional lets a fault of [Server.Rule] go unused without failing the test. It
// changes the step: call it after Do.
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

// Named gives the fault a name for people. It precedes the step in
// [Answer.Step] and in errors.
func (f Fault) Named(name string) Fault {
	f.name = name
	return f
}

// Name returns the name that [Fault.Named] gave, "" for none.
func (f Fault) Name() string { return f.name }

// Used returns how often the fault had served when [Server.Faults] returned it,
// or what its text says. It is 0 for every other fault.
func (f Fault) Used() int { return f.used }

// Spent reports whether the fault has served as often as its Times says.
func (f Fault) Spent() bool { return f.step.times > 0 && f.used >= f.step.times }

// String returns the fault as Go code without its name, for example
// `When(OnItem("session")).Do(Status(429))`.
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

// matches reports whether the call meets the conditions; chance does not count.
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

// dice decides by chance whether a fault serves a request. The nil dice always
// agree.
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
