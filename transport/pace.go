package transport

import (
	"slices"
	"time"
)

// Bounds of workers=auto.
const (
	startPace   = 4  // attempts at a time, before anything is known
	maxPaceHTTP = 32 // over HTTP/1.1, where each takes a connection
	maxPace2    = 64 // over HTTP/2
	slowRounds  = 4  // after which a longer way is taken for the way
)

// pace is how many attempts may be under way at a time. With a fixed number of
// workers it falls when attempts fail, and grows back. With workers=auto it
// also looks for the number from which on more makes each take longer: it
// doubles with each round trip until then, and changes by one after that. Its
// owner guards it.
type pace struct {
	limit int // 1 to most
	most  int
	auto  bool
	conns int // that the transport below may open

	threshold int             // up to which it grows fast
	round     []time.Duration // successful attempts, for the next judgement
	least     time.Duration   // the shortest round; 0: none yet
	slow      int             // rounds in a row that took longer, with the limit at its start
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

// ceiling is the largest limit, by protocol.
func (p *pace) ceiling(http2 bool) int {
	if http2 {
		return maxPace2
	}
	return min(maxPaceHTTP, p.conns)
}

// succeeded notes an attempt that took a time, while more packets wait or not.
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

// judge compares a round with the shortest one. It looks at the quarter that
// was fastest: attempts that had to open a connection took longer for that.
func (p *pace) judge(more bool) {
	slices.Sort(p.round)
	typical := p.round[len(p.round)/4]
	if p.least == 0 || typical < p.least {
		p.least = max(typical, 1)
	}
	if !more {
		return // it says nothing about how many fit
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
	} else if p.slow++; p.slow >= slowRounds { // fewer at a time make it no shorter
		p.slow, p.least, p.threshold = 0, typical, p.most
		return
	}
	p.threshold = p.limit
}

// failed notes an attempt that failed.
func (p *pace) failed() {
	p.limit = max(p.limit/2, 1)
	p.threshold = p.limit
	p.round = p.round[:0]
}

// restart begins again with one attempt at a time. It grows fast up to where
// the last failure has left it.
func (p *pace) restart() {
	p.limit = 1
	p.round = p.round[:0]
}
