package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/account"
)

// Target is one of the destinations of a [Tee].
type Target struct {
	DSN       *DSN
	Transport Transport
}

// TeeConfig configures [NewTee]. Its zero value is the default.
type TeeConfig struct {
	// Logger logs failures of the targets after the first: one line when a
	// burst of failures begins, and one when it ends. Nil means slog.Default.
	Logger *slog.Logger
}

// Tee sends every packet to several DSNs: tee+http and tee+https, with the
// other DSNs in the option to, which may be given several times. Packets are
// addressed to the first target, the main one. The others get a copy with their
// own address, and with their own keys in X-Sentry-Auth.
//
// Each target has a transport of its own, with its own queue, pauses and rate
// limits: the failure of one does not affect the others. The results of Send
// and the callbacks are about the main target only. Failures of the others are
// logged once per burst, and counted in [Tee.Stats]. A capture waits for
// targets that block, such as sync+…. They get the packet after the main
// target, or at the same time if the main target blocks too.
//
// Use [NewTee]; a Tee is safe for concurrent use.
type Tee struct {
	own    *teeTarget
	others []*teeTarget
	crew   crew
	// Limits the flushes of the other targets; Close cancels it.
	life context.Context
	end  context.CancelFunc
}

var (
	_ Holder  = (*Tee)(nil)
	_ Spooler = (*Tee)(nil)
)

var errNoTargets = errors.New("transport: NewTee needs at least one target, each with a DSN and a transport")

// NewTee returns a transport for the targets and owns their transports. The
// first target is the main one.
func NewTee(cfg TeeConfig, targets ...Target) (*Tee, error) {
	for _, t := range targets {
		if t.DSN == nil || t.Transport == nil {
			return nil, errNoTargets
		}
	}
	if len(targets) == 0 {
		return nil, errNoTargets
	}
	logger := Env{Logger: cfg.Logger}.logger()
	t := new(Tee)
	t.life, t.end = context.WithCancel(context.Background())
	for i, target := range targets {
		o, err := newTeeTarget(target, logger)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			t.own = o
			continue
		}
		o.watch(logger)
		t.others = append(t.others, o)
	}
	return t, nil
}

func teeDriver() Driver {
	return Driver{
		Schemes: []string{"tee+http", "tee+https"},
		Name:    "tee", Engine: "those of its targets",
		Delivery: "to several DSNs: this one, and each in the option to (a DSN, escaped)",
		WhenFull: "as each target's transport does",
		// It passes on options that it does not know, so it checks its own
		// itself.
		Open: openTee,
	}
}

func openTee(dsn *DSN, env Env) (Transport, error) {
	if env.registry == nil {
		env.registry = DefaultRegistry()
	}
	dsns, err := TeeTargets(dsn)
	faults := []error{err}
	var targets []Target
	for i, d := range dsns {
		t, err := env.registry.Open(d, env)
		if err != nil {
			if i > 0 {
				err = fmt.Errorf("target %s: %w", d.Host, err)
			}
			faults = append(faults, err)
			continue
		}
		targets = append(targets, Target{d, t})
	}
	if err := errors.Join(faults...); err != nil {
		for _, t := range targets {
			// No packet was sent yet.
			_ = t.Transport.Close(context.Background())
		}
		return nil, err
	}
	return NewTee(TeeConfig{Logger: env.logger()}, targets...)
}

// TeeTargets returns the DSNs in a tee+… DSN: the DSN itself without tee+ and
// the option to, and then those in to. It omits invalid ones; the error joins
// one *[OptionError] for each fault.
func TeeTargets(dsn *DSN) ([]*DSN, error) {
	first := dsn.Clone()
	first.Scheme = dsn.baseScheme()
	first.Options.Del("to")
	dsns, faults := []*DSN{first}, []error(nil)
	for _, to := range dsn.Options["to"] {
		d, err := ParseDSN(to)
		switch {
		case err != nil:
			faults = append(faults, newOptionError("to", "", "a DSN, with its '?' and '&' escaped", err))
		case d.Option(protocolOption.Name) != "":
			faults = append(faults, newOptionError("to", d.String(), "a DSN without the option protocol, which only the first DSN may have", nil))
		default:
			dsns = append(dsns, d)
		}
	}
	return dsns, errors.Join(faults...)
}

// copyFor copies a packet for another target. The copy shares only immutable
// data, because the sender may reuse its packet before the other target is
// done.
func copyFor(p *Packet, body []byte, from, to *DSN) *Packet {
	c := *p
	c.Body = body
	if endpoint, ok := strings.CutPrefix(p.URL, from.projectURL()); ok {
		c.URL = to.projectURL() + endpoint
	}
	c.Header = p.Header.Clone()
	if auth := p.Header.Get("X-Sentry-Auth"); auth != "" {
		c.Header["X-Sentry-Auth"] = []string{rekey(auth, to)}
	}
	return &c
}

// rekey replaces the keys in an auth header, where they come last.
func rekey(auth string, to *DSN) string {
	before, _, found := strings.Cut(auth, "sentry_key=")
	if !found {
		return auth
	}
	auth = before + "sentry_key=" + to.PublicKey
	if !to.SecretKey.IsZero() {
		auth += ", sentry_secret=" + to.SecretKey.Reveal()
	}
	return auth
}

// handover is a packet for another target. Its ticket keeps Close from closing
// the target before the target has it.
type handover struct {
	to     *teeTarget
	packet *Packet
	ticket account.Ticket
}

// handovers copies a packet for the other targets.
func (t *Tee) handovers(p *Packet) []handover {
	var all []handover
	var body []byte
	for _, o := range t.others {
		ticket, ok := o.handing.Accept()
		if !ok {
			continue // Close has begun
		}
		if all == nil {
			body = bytes.Clone(p.Body)
		}
		all = append(all, handover{o, copyFor(p, body, t.own.dsn, o.dsn), ticket})
	}
	return all
}

// handOver gives the packets to the other targets at once, and waits for
// targets that block.
func handOver(ctx context.Context, all []handover) {
	if len(all) == 1 {
		all[0].to.hand(ctx, all[0])
		return
	}
	var handing sync.WaitGroup
	for _, h := range all {
		handing.Go(func() { h.to.hand(ctx, h) })
	}
	handing.Wait()
}

// maxHanding is how many packets of Send may wait at one time for another
// target to accept them.
const maxHanding = 100

// Send delivers to the main target and returns its outcome at once. The other
// targets get the packet at the same time, and deliver it in the background.
// Targets that block have as long as ctx would have lasted. At most a hundred
// packets of Send wait for one target.
func (t *Tee) Send(ctx context.Context, p *Packet) (*Response, error) {
	for _, h := range t.handovers(p) {
		if h.to.handing.Pending() > maxHanding {
			h.to.refuse(h)
			continue
		}
		spare, cancel := context.WithoutCancel(ctx), context.CancelFunc(func() {})
		if deadline, ok := ctx.Deadline(); ok {
			spare, cancel = context.WithDeadline(spare, deadline)
		}
		t.crew.start(func() {
			defer cancel()
			h.to.hand(spare, h)
		})
	}
	return t.own.send(ctx, p)
}

// SendAsync gives the packet to the main target, and then to the others. The
// outcome for done is the main target's.
func (t *Tee) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	if others := t.handovers(p); len(others) > 0 {
		if t.own.blocks {
			var handing sync.WaitGroup
			handing.Go(func() { handOver(ctx, others) })
			defer handing.Wait()
		} else {
			defer handOver(ctx, others)
		}
	}
	t.own.sendAsync(ctx, p, done)
}

// Flush waits for the main target and returns its error. It flushes the others
// in the background until ctx's deadline, or for ten seconds if there is none;
// their pauses are short meanwhile.
func (t *Tee) Flush(ctx context.Context) error {
	until, ok := ctx.Deadline()
	if !ok {
		until = time.Now().Add(DefaultShutdownTimeout)
	}
	for _, o := range t.others {
		o.flush(t.life, &t.crew, until)
	}
	return t.own.Flush(ctx)
}

// Close closes all targets at once, and each has the time that ctx has. The
// error is about the main target. Losses of the others are logged and counted
// in [Tee.Stats].
func (t *Tee) Close(ctx context.Context) error {
	t.end()
	var others sync.WaitGroup
	for _, o := range t.others {
		others.Go(func() { o.close(ctx) })
	}
	defer func() {
		others.Wait()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
		defer cancel()
		t.crew.join(grace)
	}()
	return t.own.Close(ctx)
}

// HoldState returns the state of the main target's delivery, or the zero
// HoldState if that target holds nothing.
func (t *Tee) HoldState() HoldState {
	if h, ok := t.own.AsyncTransport.(Holder); ok {
		return h.HoldState()
	}
	return HoldState{}
}

// SpoolState returns the state of the main target's spool, or the zero value if
// it has none.
func (t *Tee) SpoolState() SpoolState {
	if s, ok := t.own.AsyncTransport.(Spooler); ok {
		return s.SpoolState()
	}
	return SpoolState{}
}

// Watch calls fn when a pause of the main target begins and when it ends. It
// returns false if the main target holds nothing.
func (t *Tee) Watch(fn func(Notice)) bool {
	h, ok := t.own.AsyncTransport.(Holder)
	return ok && h.Watch(fn)
}

// Stats returns the counts of each target, in the order given to NewTee.
func (t *Tee) Stats() []TargetStats {
	all := []TargetStats{t.own.stats()}
	for _, o := range t.others {
		all = append(all, o.stats())
	}
	return all
}
