package raven

import (
	"fmt"
	"math/rand/v2"
)

// WithSampleRate reports only a share of what is captured, from 0, nothing, to
// 1, everything, which is the default; which events these are is chance. A rate
// outside that is an error. A [SampleRate] among a capture's options, or in its
// Context, wins over it. What is left out has an id all the same, and counts as
// [OutcomeSampled].
func WithSampleRate(rate float64) Option {
	return func(cfg *config) error {
		if !(rate >= 0 && rate <= 1) {
			return fmt.Errorf("raven: WithSampleRate(%v): want a number from 0 (nothing) to 1 (everything)", rate)
		}
		cfg.sampleRate = rate
		return nil
	}
}

// sampledOut decides whether an event belongs to the share that is left out.
// The options win over the Context, which wins over the client. Rates of 0 and
// 1 leave nothing to chance.
func (d *draft) sampledOut(c *Client) bool {
	if d.bare {
		return false
	}
	rate := c.sampleRate
	if d.rate != nil {
		rate = float64(*d.rate)
	}
	if rate >= 1 {
		return false
	}
	return !(rate > 0 && rand.Float64() < rate)
}
