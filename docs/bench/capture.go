package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"time"
)

// All events of a batch fit into the smallest queue, so that delivery can be
// held back without losses.
const (
	warmups   = 4  // captures before the measurement
	batchSize = 64 // measured captures
)

// captureCase is one row of a table: the same captures by two clients.
type captureCase struct {
	name       string
	procs      int  // processors for Go code
	silent     bool // no event must arrive
	capture    func(contender, error)
	ours, peer contender
	peerName   string
	oursID     int // the projects of both clients
	peerID     int
}

// cost is the cost of a capture for its caller.
type cost struct{ nanos, bytes, allocs float64 }

type captureRow struct {
	name       string
	timeOnly   bool // other goroutines ran, so memory is not comparable
	ours, peer cost
}

func measureCapture(ctx context.Context, s settings, table func(context.Context, *server) ([]captureCase, error)) ([]captureRow, error) {
	srv, err := startServer(ctx)
	if err != nil {
		return nil, err
	}
	cases, err := table(ctx, srv)
	if err != nil {
		return nil, err
	}
	var rows []captureRow
	for i := range cases {
		row, err := cases[i].measure(ctx, srv, s.rounds*s.batches)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	var lost error
	for _, c := range cases {
		c.ours.close()
		c.peer.close()
		if lost == nil {
			lost = c.verify(srv, s.rounds*s.batches)
		}
	}
	if err := srv.stop(); err != nil {
		return nil, err
	}
	return rows, lost
}

// captureOf returns the measurement of some cases.
func captureOf(cases func(context.Context, *server) ([]captureCase, error)) func(context.Context, settings) ([]captureRow, error) {
	return func(ctx context.Context, s settings) ([]captureRow, error) { return measureCapture(ctx, s, cases) }
}

// captureCases are the rows. The first is the one with a budget.
func captureCases(ctx context.Context, srv *server) ([]captureCase, error) {
	exception := func(c contender, err error) { c.exception(err) }
	message := func(c contender, _ error) { c.message(messageText) }
	cases := []captureCase{
		{name: "error, wrapped twice, 10 calls deep", procs: 1, capture: exception},
		{name: "the same, with all cores", procs: runtime.NumCPU(), capture: exception},
		{name: "message", procs: 1, capture: message},
		{name: "error, empty DSN", procs: 1, capture: exception, silent: true},
		{name: "error, no client", procs: 1, capture: exception, silent: true},
	}
	for i := range cases {
		c := &cases[i]
		c.peerName = peerName
		if i == len(cases)-1 {
			c.ours, c.peer = oursDiscard(ctx), peerDiscard()
			break
		}
		var oursDSN, peerDSN string
		if !c.silent {
			c.oursID, c.peerID = srv.newProject(), srv.newProject()
			oursDSN, peerDSN = srv.dsn(c.oursID, ""), srv.dsn(c.peerID, "")
		}
		var err error
		if c.ours, err = newOurs(ctx, oursDSN); err != nil {
			return nil, err
		}
		if c.peer, err = newPeer(peerDSN, nil); err != nil {
			return nil, err
		}
	}
	return cases, nil
}

// measure lets the clients take turns, and alternates which goes first, so that
// other load on the machine affects both equally.
func (c *captureCase) measure(ctx context.Context, srv *server, batches int) (captureRow, error) {
	var ours, peers []cost
	for i := range batches {
		turns := []struct {
			who  contender
			into *[]cost
		}{{c.ours, &ours}, {c.peer, &peers}}
		if i%2 == 1 {
			turns[0], turns[1] = turns[1], turns[0]
		}
		for _, turn := range turns {
			spent, err := c.batch(ctx, srv, turn.who)
			if err != nil {
				return captureRow{}, err
			}
			*turn.into = append(*turn.into, spent)
		}
	}
	return captureRow{name: c.name, timeOnly: c.procs > 1, ours: medianCost(ours), peer: medianCost(peers)}, nil
}

// batch measures a batch of captures on their goroutine only. The server
// answers no request meanwhile. With one processor, no other goroutine runs
// during the batch, because it takes less than the 10 ms of a time slice.
func (c *captureCase) batch(ctx context.Context, srv *server, who contender) (cost, error) {
	if err := srv.holdBack(); err != nil {
		return cost{}, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.procs))
	runtime.GC()
	percent := debug.SetGCPercent(-1)
	var spent cost
	atDepth(func() { spent = c.onTheClock(who) })
	debug.SetGCPercent(percent)
	if err := srv.letGo(); err != nil {
		return cost{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return spent, who.flush(ctx)
}

func (c *captureCase) onTheClock(who contender) cost {
	var before, after runtime.MemStats
	err := newError()
	runtime.Gosched() // starts a new time slice of 10 ms
	for range warmups {
		c.capture(who, err)
	}
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range batchSize {
		c.capture(who, err)
	}
	elapsed := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{
		nanos:  float64(elapsed.Nanoseconds()) / batchSize,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / batchSize,
		allocs: float64(after.Mallocs-before.Mallocs) / batchSize,
	}
}

// verify checks that every capture arrived.
func (c *captureCase) verify(srv *server, batches int) error {
	if c.silent {
		return nil
	}
	for name, project := range map[string]int{oursName: c.oursID, c.peerName: c.peerID} {
		t, err := srv.arrived(project)
		if err != nil {
			return err
		}
		if err := whole("capture", name, batches*(warmups+batchSize), t.events); err != nil {
			return err
		}
	}
	return nil
}
