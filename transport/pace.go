package transport

import (
	"slices"
	"time"
)

// Limits of workers=auto.
const (
	startPace   = 4  // attempts at a time at the start
	maxPaceHTTP = 32 // over HTTP/1.1, where each attempt takes a connection
	maxPace2    = 64 // over HTTP/2
	slowRounds  = 4  // slow rounds after which the slower time becomes the base
)

// pace is the limit of concurrent attempts. With a fixed number of workers it
// falls when attempts fail, and grows again. With workers=auto it also searches
// for the number above which each attempt takes longer: it doubles with each
// round trip up to that number. Afterwards it grows by one and falls by an
// eighth. The caller must lock it.
type pace struct {
	limit int // from 1 to most
	most  int
	auto  bool
	conns int // connections that the transport below may open

	threshold int // the limit grows fast below it
	// Durations of successful attempts since the last judgement.
	round []time.Duration
	least time.Duration // the shortest round; 0: none yet
	// Slow rounds in a row with the limit at its start.
	slow int
}

func newPace(workers, conns int) pace {
	p := pace{limit: workers, most: workers, auto: workers == 0, conns: conns}
	if p.auto {
		p.most = p.ceiling(false)
		p.limit = min(startPace, p.most)
	}
	p.threshold = p.most
	return p
}

// ceiling is the largest limit for a protocol.
func (p *pace) ceiling(http2 bool) int {
	if http2 {
		return maxPace2
	}
	return min(maxPaceHTTP, p.conns)
}

// succeeded records a successful attempt. more says whether more packets wait.
func (p *pace) succeeded(took time.Duration, r *Response, more bool) {
	if !p.auto {
		p.limit = min(p.limit+1, p.most)
		return
	}
	if r != nil && r.Proto != "" {
		most := p.ceiling(r.Proto == "HTTP/2.0")
		if p.threshold == p.most {
			p.threshold = most
		}
		p.most = most
		p.limit = min(p.limit, most)
	}
	if p.limit < p.threshold && more {
		p.limit = min(p.limit+1, p.most)
	}
	p.round = append(p.round, took)
	if len(p.round) < p.limit {
		return
	}
	p.judge(more)
	p.round = p.round[:0]
}

// judge compares a round with the shortest one. It uses the fastest quarter,
// because attempts that open a connection take longer.
func (p *pace) judge(more bool) {
	slices.Sort(p.round)
	typical := p.round[len(p.round)/4]
	if p.least == 0 || typical < p.least {
		p.least = max(typical, 1)
	}
	if !more {
		return // without demand, the time says nothing about the limit
	}
	if typical <= p.least+p.least/2 {
		p.slow = 0
		if p.limit >= p.threshold {
			p.limit = min(p.limit+1, p.most)
		}
		return
	}
	start := min(startPace, p.most)
	if p.limit > start {
		p.limit = max(p.limit-max(p.limit/8, 1), start)
		// a lower limit would not make it faster
	} else if p.slow++; p.slow >= slowRounds {
		p.slow, p.least, p.threshold = 0, typical, p.most
		return
	}
	p.threshold = p.limit
}

func (p *pace) failed() {
	p.limit = max(p.limit/2, 1)
	p.threshold = p.limit
	p.round = p.round[:0]
}

// restart begins again with one attempt at a time. The limit grows fast up to
// the threshold that the last failure set.
func (p *pace) restart() {
	p.limit = 1
	p.round = p.round[:0]
}
