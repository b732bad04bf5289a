package sentrytest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Rule is a step for those requests that meet its conditions; see [Server.Rule]. Rules are values, made by [When]; the
// methods return changed copies. The zero value answers every request with [OK].
//
//	srv.Rule(sentrytest.When(sentrytest.SizeOver(100_000)).Do(sentrytest.Status(413)))
type Rule struct {
	conditions []Condition
	step       Step
	chance     *chance // nil: certain
}

// chance is what makes a rule apply to some of its requests only.
type chance struct {
	p    float64
	seed uint64
}

// When makes a rule for requests that meet all of the conditions, and without any for all requests. It answers with [OK]
// until [Rule.Do] says otherwise.
func When(conditions ...Condition) Rule { return Rule{conditions: conditions} }

// Do sets the step that the rule takes. Unlike one in a script it serves for ever, unless its Times says how often.
func (r Rule) Do(step Step) Rule {
	r.step = step
	return r
}

// Times lets the rule serve n requests and then none; a negative n, the default, serves all. Zero panics. It is the Times
// of the rule's step, so that it has to follow Do.
func (r Rule) Times(n int) Rule {
	r.step = r.step.Times(n)
	return r
}

// Optional lets the rule go unused without failing the test. It has to follow Do.
func (r Rule) Optional() Rule {
	r.step = r.step.Optional()
	return r
}

// Probability lets the rule serve only a part of the requests that meet its conditions: each with the probability p, from
// 0 to 1, by a generator that starts from the seed. The same seed gives the same sequence, request by request in the order
// of arrival. Any other p panics.
func (r Rule) Probability(p float64, seed uint64) Rule {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("sentrytest: Probability(%v, %d) is not a probability: want 0 to 1", p, seed))
	}
	r.chance = &chance{p: p, seed: seed}
	return r
}

// String returns the rule as one would write it, for example `When(WithItem("session")).Do(Status(429))`.
func (r Rule) String() string {
	texts := make([]string, len(r.conditions))
	for i, c := range r.conditions {
		texts[i] = c.String()
	}
	text := fmt.Sprintf("When(%s).Do(%s)", strings.Join(texts, ", "), r.step)
	if r.chance != nil {
		text += fmt.Sprintf(".Probability(%v, %d)", r.chance.p, r.chance.seed)
	}
	return text
}

// matches reports whether the call meets the conditions; chance is left out.
func (r Rule) matches(c *call) bool {
	for _, condition := range r.conditions {
		if condition.match != nil && !condition.match(c) {
			return false
		}
	}
	return true
}

// problem says which condition can't be known when the step takes effect, "" when all can.
func (r Rule) problem() string {
	for _, c := range r.conditions {
		if at := r.step.stage(); c.match != nil && at > c.known {
			return fmt.Sprintf("%s happens %s, when %s can't be known yet", r.step, at, c)
		}
	}
	return ""
}

// String completes "it happens …".
func (s stage) String() string {
	switch s {
	case stageConn:
		return "before anything is read"
	case stageRead:
		return "before the body is read"
	}
	return "when the request is known"
}

// dice is a rule's chance at work. The nil dice always fall well.
type dice struct {
	p   float64
	rng *rand.Rand
}

func (r Rule) newDice() *dice {
	if r.chance == nil {
		return nil
	}
	return &dice{p: r.chance.p, rng: rand.New(rand.NewPCG(r.chance.seed, 0))}
}

func (d *dice) roll() bool { return d == nil || d.rng.Float64() < d.p }
