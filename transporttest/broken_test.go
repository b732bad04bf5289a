package transporttest_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

// broken is a transport that breaks a rule, with the cases that must fail, and
// no others.
type broken struct {
	what string
	open func(t *testing.T) transport.OpenFunc
	// Used instead of open.
	on func(network *transporttest.Network) transport.OpenFunc
	// Names, sorted.
	cases string
	// queued says that Send delivers correctly. The cases of blocking
	// transports are then not run unless cases has them.
	queued bool
	// chance has the cases that are not run because the scheduler decides
	// whether they fail.
	chance string
}

// aboutSend has the names of the cases that also apply to blocking transports.
var aboutSend = sync.OnceValue(func() map[string]bool {
	names := make(map[string]bool)
	for _, c := range transporttest.Cases() {
		names[c.Name], _ = c.Applies(transporttest.Harness{Scheme: "sync"})
	}
	return names
})

// breakages returns all of them, in the order of their files.
func breakages() []broken {
	queued := slices.Concat(brokenCallbacks, brokenQueues, brokenHolds, brokenPauses)
	for i := range queued {
		queued[i].queued = true
	}
	return slices.Concat(brokenOptions, brokenDeliveries, brokenEngines, brokenCloses, brokenLeaks, queued)
}

// patience is less than the default of the option timeout, for transports that
// use the default instead of the option.
const patience = 3 * time.Second

// In a bubble, waiting for a broken transport takes no time, and no time-out
// ends too early.
func TestBrokenTransportsFailExactlyTheirCases(t *testing.T) {
	t.Parallel()
	for _, b := range breakages() {
		t.Run(b.what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				h := transporttest.Harness{Patience: patience, Network: new(transporttest.Network), Skip: make(map[string]string)}
				if b.on != nil {
					h.Open = b.on(h.Network)
				} else {
					h.Open = b.open(t)
				}
				for _, c := range transporttest.Cases() {
					if slices.Contains(strings.Fields(b.chance), c.Name) {
						h.Skip[c.Name] = "may pass or fail"
					} else if (!exactly || b.queued && aboutSend()[c.Name]) && !slices.Contains(strings.Fields(b.cases), c.Name) {
						h.Skip[c.Name] = "would pass"
					}
				}
				failures := transporttest.Check(t.Context(), h)
				got := strings.Join(slices.Sorted(maps.Keys(failures)), " ")
				if got == b.cases {
					return
				}
				t.Errorf("failed cases:\n got %s\nwant %s", got, b.cases)
				for name, err := range failures {
					if !slices.Contains(strings.Fields(b.cases), name) {
						t.Logf("%v", err)
					}
				}
			})
		})
	}
}

// Every case has a broken transport that fails it.
func TestEveryCaseCatchesSomething(t *testing.T) {
	caught := make(map[string]bool)
	for _, b := range breakages() {
		for name := range strings.FieldsSeq(b.cases) {
			caught[name] = true
		}
	}
	for _, c := range transporttest.Cases() {
		if !caught[c.Name] {
			t.Errorf("no broken transport fails %s", c.Name)
		}
		delete(caught, c.Name)
	}
	for name := range caught {
		t.Errorf("the broken transports name the case %s, which does not exist", name)
	}
}

// openSound opens a correct transport: "" for the asynchronous one, "sync" for
// the blocking one.
func openSound(name string, dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
	dsn = dsn.Clone()
	base := dsn.Scheme[strings.LastIndexByte(dsn.Scheme, '+')+1:]
	dsn.Scheme = strings.TrimPrefix(name+"+"+base, "+")
	return transport.DefaultRegistry().Open(dsn, env)
}

// blocking breaks sync+….
func blocking(wrap func(t *testing.T, tr transport.Transport) transport.Transport) func(*testing.T) transport.OpenFunc {
	return func(t *testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			tr, err := openSound("sync", dsn, env)
			if err != nil {
				return nil, err
			}
			return wrap(t, tr), nil
		}
	}
}

// async breaks threaded+….
func async(wrap func(t *testing.T, tr transport.Holder) transport.Holder) func(*testing.T) transport.OpenFunc {
	return asyncOver("", wrap)
}

// asyncOver breaks a transport that may not hold.
func asyncOver(name string, wrap func(t *testing.T, tr transport.Holder) transport.Holder) func(*testing.T) transport.OpenFunc {
	return func(t *testing.T) transport.OpenFunc {
		return func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			tr, err := openSound(name, dsn, env)
			if err != nil {
				return nil, err
			}
			return wrap(t, transporttest.Inject(tr).(transport.Holder)), nil
		}
	}
}
