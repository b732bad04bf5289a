package raven_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// After any failures in any order, every event has one outcome, and all counts
// agree.
func TestEveryEventHasOneOutcome(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newTrial(t, rand.New(rand.NewPCG(seed, 1))).run() })
		})
	}
}

// trial is one client with failures, and the expected counts.
type trial struct {
	*testing.T
	*WithT
	rng    *rand.Rand
	client *raven.Client
	server *sentrytest.Server // nil over a recorder

	mu       sync.Mutex
	reported int             // calls that capture
	outcomes []raven.Outcome // as they were observed
}

func newTrial(t *testing.T, rng *rand.Rand) *trial {
	tr := &trial{T: t, WithT: NewWithT(t), rng: rng}
	opts := []raven.Option{
		quiet, raven.WithLedger(10000), raven.WithOnOutcome(tr.observe),
		raven.WithIgnore(raven.As[gone]()), raven.WithSampleRate([]float64{1, 1, 0.7}[rng.IntN(3)]),
	}
	if rng.IntN(2) == 0 {
		opts = append(opts, raven.Throttle(1+rng.IntN(5), time.Duration(1+rng.IntN(10))*time.Second))
	}
	if rng.IntN(2) == 0 {
		opts = append(opts, raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
			if ev.Message == "message 3" {
				return nil
			}
			return ev
		}))
	}
	dsn := testDSN
	if rng.IntN(3) == 0 {
		opts = append(opts, raven.WithTransport(tr.recorder()))
	} else {
		tr.server = sentrytest.NewServer(t, sentrytest.InMemory())
		tr.server.Script(tr.script()...)
		schemes := []string{"sync", "threaded", "threaded", "pool", "spawn"}
		scheme := schemes[rng.IntN(len(schemes))]
		params := []sentrytest.DSNOption{sentrytest.DSNScheme(scheme), sentrytest.DSNParam("timeout", "2")}
		if scheme == "threaded" {
			params = append(params,
				sentrytest.DSNParam("queue_size", fmt.Sprint(1+rng.IntN(20))),
				sentrytest.DSNParam("overflow", []string{"drop_newest", "drop_oldest", "block"}[rng.IntN(3)]))
		}
		dsn = tr.server.DSN(params...)
		opts = append(opts, raven.WithEnv(transport.Env{DialContext: tr.server.DialContext}))
	}
	client, err := raven.New(dsn, opts...)
	tr.Expect(err).NotTo(HaveOccurred())
	tr.client = client
	return tr
}

func (tr *trial) recorder() transport.Transport {
	rec := transporttest.NewRecorder()
	rec.Delay(time.Duration(tr.rng.IntN(3000)) * time.Millisecond)
	var next transport.Transport = rec
	if tr.rng.IntN(2) == 0 {
		next = rec.Blocking()
	}
	return transporttest.Inject(next,
		transporttest.EveryNth(2+tr.rng.IntN(9), errDown),
		transporttest.EveryNth(2+tr.rng.IntN(9), rateLimited(tr.rng.IntN(2) == 0)),
		transporttest.EveryNth(2+tr.rng.IntN(9), &transport.APIError{Status: 413}))
}

func (tr *trial) script() []sentrytest.Step {
	steps := make([]sentrytest.Step, 5+tr.rng.IntN(30))
	for i := range steps {
		step := sentrytest.OK()
		switch tr.rng.IntN(9) {
		case 0:
			step = sentrytest.Status(500 + tr.rng.IntN(4))
		case 1:
			step = sentrytest.Status([]int{302, 400, 403, 413}[tr.rng.IntN(4)])
		case 2:
			step = sentrytest.Status(429).RetryAfter(fmt.Sprint(tr.rng.IntN(10)))
		case 3:
			step = sentrytest.Reset()
		case 4:
			step = sentrytest.Hang()
		case 5:
			step = sentrytest.StallBody()
		}
		steps[i] = step.Optional()
	}
	return steps
}

func (tr *trial) observe(o raven.Outcome) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.outcomes = append(tr.outcomes, o)
}

func (tr *trial) run() {
	var workers sync.WaitGroup
	for range 1 + tr.rng.IntN(5) {
		rng := rand.New(rand.NewPCG(tr.rng.Uint64(), 2))
		workers.Go(func() {
			for range 40 {
				tr.act(rng)
				tr.addsUp(tr.client.Stats())
			}
		})
	}
	early := tr.rng.IntN(3) == 0
	if early { // while captures go on
		time.Sleep(time.Duration(tr.rng.IntN(10)) * time.Second)
		tr.close()
	}
	workers.Wait()
	tr.close()
	tr.judge()
}

// act performs one action of a program.
func (tr *trial) act(rng *rand.Rand) {
	ctx, cancel := context.WithTimeout(tr.Context(), time.Duration(rng.IntN(5000))*time.Millisecond)
	defer cancel()
	message := fmt.Sprint("message ", rng.IntN(4))
	capture := func(do func()) {
		tr.mu.Lock()
		tr.reported++
		tr.mu.Unlock()
		do()
	}
	switch rng.IntN(12) {
	case 0:
		time.Sleep(time.Duration(rng.IntN(5000)) * time.Millisecond)
	case 1:
		_ = tr.client.Flush(ctx)
	case 2:
		capture(func() { _, _ = tr.client.Deliver(ctx, &raven.Event{Message: message}) })
	case 3:
		capture(func() { _ = tr.client.Send(ctx, &raven.Event{Message: message}) })
	case 4:
		capture(func() { tr.client.CaptureException(ctx, gone{message}) })
	case 5:
		capture(func() { tr.client.CaptureMessage(ctx, message, breaking) })
	case 6, 7:
		capture(func() { tr.client.CaptureException(ctx, errors.New(message)) })
	default:
		capture(func() { tr.client.CaptureMessage(ctx, message) })
	}
}

func (tr *trial) addsUp(s raven.Stats) {
	sum := s.Pending + s.Delivered + s.Sampled + s.Filtered + s.Ignored + s.Throttled + s.Lost()
	tr.Expect(s.Captured).To(Equal(sum), "%+v", s)
}

func (tr *trial) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = tr.client.Close(ctx) // another test checks the error
}

func (tr *trial) judge() {
	stats := tr.client.Stats()
	tr.addsUp(stats)
	tr.Expect(stats.Pending).To(BeZero())
	tr.Expect(stats.Captured).To(Equal(uint64(tr.reported)))
	tr.Expect(tr.outcomes).To(HaveLen(tr.reported))

	want := make(map[string]string)
	kinds := make(map[raven.OutcomeKind]uint64)
	for _, o := range tr.outcomes {
		kinds[o.Kind]++
		if o.EventID != "" {
			tr.Expect(want).NotTo(HaveKey(o.EventID), "a second outcome")
			want[o.EventID] = o.String()
		}
	}
	ledger, forgotten := tr.client.Ledger()
	tr.Expect(forgotten).To(BeZero())
	tr.Expect(ledger).To(Equal(want))
	for kind, n := range kinds {
		tr.Expect(stats.Of(kind)).To(Equal(n), string(kind))
	}
	if tr.server == nil {
		return
	}
	arrived := make(map[string]bool)
	for _, e := range tr.server.Events() {
		arrived[e.EventID] = true
	}
	for id, fate := range ledger {
		if fate == "delivered" {
			tr.Expect(arrived).To(HaveKey(id))
		}
	}
}
