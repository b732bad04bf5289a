package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/transport"
)

// catalog is the drivers' descriptions, in the order and the groups in which
// `raven transports` prints them.
type catalog struct {
	drivers []transport.Driver
	common  []transport.OptionSpec // options of every transport over HTTP
	groups  []optionGroup
}

// optionGroup holds options that only some drivers have.
type optionGroup struct {
	drivers []string
	options []transport.OptionSpec
	notes   []string
}

func newCatalog(drivers []transport.Driver) catalog {
	c := catalog{drivers: drivers, common: append(transport.OptionSpecs(new(transport.HTTPConfig)), transport.ClientOptions()...)}
	for _, d := range drivers {
		own, notes := c.beyondCommon(d, drivers)
		i := slices.IndexFunc(c.groups, func(g optionGroup) bool {
			return slices.EqualFunc(g.options, own, sameSpec) && slices.Equal(g.notes, notes)
		})
		if i >= 0 {
			c.groups[i].drivers = append(c.groups[i].drivers, d.Name)
			continue
		}
		c.groups = append(c.groups, optionGroup{drivers: []string{d.Name}, options: own, notes: notes})
	}
	return c
}

// schemesOf returns the schemes with the driver's name, and the others.
func schemesOf(d transport.Driver) (schemes, aliases []string) {
	for _, scheme := range d.Schemes {
		prefix, _, named := strings.Cut(scheme, "+http")
		if !named || prefix == d.Name {
			schemes = append(schemes, scheme)
		} else {
			aliases = append(aliases, scheme)
		}
	}
	if len(schemes) == 0 {
		return aliases, nil
	}
	return schemes, aliases
}

func blocking(d transport.Driver) string {
	if d.Blocking {
		return "yes"
	}
	return "no"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// queueOf returns the options that limit the queue, with their defaults.
func queueOf(d transport.Driver) (bounds []string) {
	if d.Sink != "server" {
		// These accept the options of queues without effect.
		return nil
	}
	for _, spec := range d.Options {
		if spec.Default == "" {
			continue
		}
		if strings.HasPrefix(spec.Name, "queue_") || spec.Name == "qsize" || spec.Name == "pool_size" {
			bounds = append(bounds, spec.Name+" "+spec.Default)
		}
	}
	return bounds
}

// beyondCommon returns the options that only this driver has. Transports that
// print or store accept the options of the others, so that their prefix can be
// put before any DSN; a note says that, and the options are not listed.
func (c catalog) beyondCommon(d transport.Driver, all []transport.Driver) (own []transport.OptionSpec, notes []string) {
	if d.Options == nil {
		return nil, []string{"checks its own options, and has no list of them"}
	}
	ignores := false
	for _, spec := range d.Options {
		switch {
		case d.Sink != "server" && sent(spec, all):
			ignores = true
		case !has(c.common, spec):
			own = append(own, spec)
		}
	}
	if ignores {
		return own, []string{"accepts the options of other transports, too, without effect, so that its name can be put before any DSN"}
	}
	if names := missing(d); len(names) > 0 {
		notes = append(notes, "does not have the common options "+strings.Join(names, ", "))
	}
	return own, notes
}

// sent reports whether an option belongs to a transport that sends.
func sent(spec transport.OptionSpec, all []transport.Driver) bool {
	return slices.ContainsFunc(all, func(d transport.Driver) bool { return d.Sink == "server" && has(d.Options, spec) })
}

func has(specs []transport.OptionSpec, spec transport.OptionSpec) bool {
	return slices.ContainsFunc(specs, func(s transport.OptionSpec) bool { return sameSpec(s, spec) })
}

func missing(d transport.Driver) (names []string) {
	for _, spec := range transport.OptionSpecs(new(transport.HTTPConfig)) {
		has := slices.ContainsFunc(d.Options, func(s transport.OptionSpec) bool { return s.Name == spec.Name })
		if !has {
			names = append(names, spec.Name)
		}
	}
	return names
}

func sameSpec(a, b transport.OptionSpec) bool {
	return fmt.Sprint(a.Name, a.Aliases, a.Default, a.Allowed, a.Help) == fmt.Sprint(b.Name, b.Aliases, b.Default, b.Allowed, b.Help)
}

func (g optionGroup) empty() bool { return len(g.options) == 0 && len(g.notes) == 0 }
