package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Target is one of the places that a [Tee] sends to.
type Target struct {
	DSN       *DSN
	Transport Transport
}

// Tee sends every packet to several DSNs: tee+http and tee+https, with the
// others in the option to, which may be given more than once. Packets are
// addressed to the first target; for the others the address and the keys in
// X-Sentry-Auth are replaced. Each target delivers as its own transport does,
// so captures wait for those that block. Use [NewTee]; a Tee is safe for
// concurrent use.
type Tee struct{ targets []Target }

var _ AsyncTransport = (*Tee)(nil)

var errNoTargets = errors.New("transport: NewTee needs at least one target, each with a DSN and a transport")

// NewTee returns a transport that owns those of the targets from now on.
func NewTee(targets ...Target) (*Tee, error) {
	for _, t := range targets {
		if t.DSN == nil || t.Transport == nil {
			return nil, errNoTargets
		}
	}
	if len(targets) == 0 {
		return nil, errNoTargets
	}
	return &Tee{append([]Target(nil), targets...)}, nil
}

func teeDriver() Driver {
	return Driver{
		Schemes: []string{"tee+http", "tee+https"},
		Name:    "tee", Engine: "those of its targets",
		Delivery: "to several DSNs: this one, and each in the option to (a DSN, escaped)",
		WhenFull: "as each target's transport does",
		Open:     openTee, // it passes on options that it does not know, so it checks for itself
	}
}

func openTee(dsn *DSN, env Env) (Transport, error) {
	if env.registry == nil {
		env.registry = DefaultRegistry()
	}
	first := dsn.Clone()
	first.Scheme = dsn.baseScheme()
	first.Options.Del("to")
	dsns, faults := []*DSN{first}, []error(nil)
	for _, to := range dsn.Options["to"] {
		d, err := ParseDSN(to)
		if err != nil {
			faults = append(faults, newOptionError("to", "", "a DSN, with its '?' and '&' escaped", err))
			continue
		}
		dsns = append(dsns, d)
	}
	var targets []Target
	for i, d := range dsns {
		if i > 0 && d.Option(protocolOption.Name) != "" {
			faults = append(faults, newOptionError("to", d.String(), "a DSN without the option protocol, which the first one decides for all", nil))
		}
		t, err := env.registry.Open(d, env)
		faults = append(faults, err)
		if err == nil {
			targets = append(targets, Target{d, t})
		}
	}
	if err := errors.Join(faults...); err != nil {
		for _, t := range targets {
			_ = t.Transport.Close(context.Background()) // nothing is under way
		}
		return nil, err
	}
	return NewTee(targets...)
}

// packets returns a packet for each target.
func (t *Tee) packets(p *Packet) []*Packet {
	all := []*Packet{p}
	for _, target := range t.targets[1:] {
		all = append(all, readdress(p, t.targets[0].DSN, target.DSN))
	}
	return all
}

func readdress(p *Packet, from, to *DSN) *Packet {
	c := *p
	if endpoint, ok := strings.CutPrefix(p.URL, from.projectURL()); ok {
		c.URL = to.projectURL() + endpoint
	}
	c.Header = make(http.Header, len(p.Header))
	for name, values := range p.Header {
		c.Header[name] = values
	}
	if auth := p.Header.Get("X-Sentry-Auth"); auth != "" {
		c.Header["X-Sentry-Auth"] = []string{rekey(auth, to)}
	}
	return &c
}

// rekey puts another DSN's keys into an auth header, which names them last.
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

// gather collects the outcomes of one packet, one for each target.
type gather struct {
	mu    sync.Mutex
	left  int
	first *Response
	errs  []error
	done  func(*Response, error)
}

func (t *Tee) gather(done func(*Response, error)) *gather {
	return &gather{left: len(t.targets), errs: make([]error, len(t.targets)), done: done}
}

// add notes an outcome; the last one calls done.
func (g *gather) add(i int, host string, r *Response, err error) {
	g.mu.Lock()
	if i == 0 {
		g.first = r
	}
	if err != nil {
		g.errs[i] = fmt.Errorf("target %s: %w", host, err)
	}
	g.left--
	last := g.left == 0
	g.mu.Unlock()
	if !last {
		return
	}
	err = errors.Join(g.errs...)
	if err != nil {
		g.first = nil
	}
	if g.done != nil {
		g.done(g.first, err)
	}
}

// Send delivers to all targets at once and waits for all of them. The response
// is the first target's; the error joins those of all that failed.
func (t *Tee) Send(ctx context.Context, p *Packet) (r *Response, err error) {
	g := t.gather(func(first *Response, joined error) { r, err = first, joined })
	var sends sync.WaitGroup
	for i, p := range t.packets(p) {
		target := t.targets[i]
		sends.Go(func() {
			r, err := (*Response)(nil), errNoReturn
			defer func() { g.add(i, target.DSN.Host, r, err) }() // also when the goroutine is ended
			r, err = send(ctx, target.Transport, p)
		})
	}
	sends.Wait()
	return r, err
}

// SendAsync hands the packet to every target; done runs when the last one has
// an outcome, and is told as Send tells it.
func (t *Tee) SendAsync(ctx context.Context, p *Packet, done func(*Response, error)) {
	g := t.gather(done)
	for i, p := range t.packets(p) {
		target := t.targets[i]
		report := func(r *Response, err error) { g.add(i, target.DSN.Host, r, err) }
		if background, ok := target.Transport.(AsyncTransport); ok {
			background.SendAsync(ctx, p, report)
			continue
		}
		report(target.Transport.Send(ctx, p))
	}
}

// Flush flushes every target, at once.
func (t *Tee) Flush(ctx context.Context) error {
	return t.each(func(tr Transport) error {
		if background, ok := tr.(AsyncTransport); ok {
			return background.Flush(ctx)
		}
		return nil
	})
}

// Close closes every target, at once.
func (t *Tee) Close(ctx context.Context) error {
	return t.each(func(tr Transport) error { return tr.Close(ctx) })
}

// each does something to all targets at once. What they left undelivered is
// added up.
func (t *Tee) each(do func(Transport) error) error {
	errs := make([]error, len(t.targets))
	var all sync.WaitGroup
	for i, target := range t.targets {
		all.Go(func() { errs[i] = do(target.Transport) })
	}
	all.Wait()
	var sum *UndeliveredError
	var others []error
	for _, err := range errs {
		var u *UndeliveredError
		if !errors.As(err, &u) {
			others = append(others, err)
			continue
		}
		if sum == nil {
			sum = &UndeliveredError{Err: u.Err}
		}
		sum.Pending, sum.Abandoned, sum.Stuck = sum.Pending+u.Pending, sum.Abandoned+u.Abandoned, sum.Stuck+u.Stuck
	}
	if sum != nil {
		others = append(others, sum)
	}
	return errors.Join(others...)
}
