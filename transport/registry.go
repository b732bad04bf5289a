package transport

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Registry leads from the scheme of a DSN to the driver that opens its
// transport. A program has one default registry; tests and programs that want
// other drivers make their own and hand it to the client. The zero value is
// empty and ready. A Registry is safe for concurrent use.
type Registry struct {
	mu      sync.RWMutex
	drivers map[string]*Driver // by scheme
}

// NewRegistry returns a registry without drivers. To start from the default
// ones, clone [DefaultRegistry].
func NewRegistry() *Registry { return new(Registry) }

// Register adds a driver under all its schemes, or under none: the error is a
// *[DuplicateSchemeError] where a scheme is taken and a *[DSNError] where it
// can't be one.
func (r *Registry) Register(d Driver) error { return r.add(d, false) }

// RegisterFunc adds a transport by one scheme and the function that opens it.
// The function is handed the DSN's options unchecked; [DecodeOptions] checks
// them.
func (r *Registry) RegisterFunc(scheme string, open OpenFunc) error {
	return r.Register(Driver{Schemes: []string{scheme}, Open: open})
}

// Replace is Register for schemes that may be taken: the driver takes them
// over.
func (r *Registry) Replace(d Driver) error { return r.add(d, true) }

func (r *Registry) add(d Driver, replace bool) error {
	d, err := d.normalized()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, scheme := range d.Schemes {
		if holder := r.drivers[scheme]; holder != nil && !replace {
			return &DuplicateSchemeError{Scheme: scheme, Holder: holder.Name}
		}
	}
	if r.drivers == nil {
		r.drivers = make(map[string]*Driver)
	}
	for _, scheme := range d.Schemes {
		r.drivers[scheme] = &d
	}
	return nil
}

// Unregister removes schemes; those that are not registered are passed over.
func (r *Registry) Unregister(schemes ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, scheme := range schemes {
		delete(r.drivers, strings.ToLower(scheme))
	}
}

// Supports reports whether a scheme is registered.
func (r *Registry) Supports(scheme string) bool { return r.lookup(scheme) != nil }

func (r *Registry) lookup(scheme string) *Driver {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.drivers[strings.ToLower(scheme)]
}

// Schemes returns the registered schemes, sorted.
func (r *Registry) Schemes() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return sortedKeys(r.drivers)
}

// Drivers returns the registered drivers, sorted by name, each with the schemes
// it holds here.
func (r *Registry) Drivers() []Driver {
	r.mu.RLock()
	defer r.mu.RUnlock()
	held := make(map[*Driver][]string)
	for _, scheme := range sortedKeys(r.drivers) {
		d := r.drivers[scheme]
		held[d] = append(held[d], scheme)
	}
	drivers := make([]Driver, 0, len(held))
	for d, schemes := range held {
		c := *d
		c.Schemes = schemes
		drivers = append(drivers, c)
	}
	slices.SortFunc(drivers, func(a, b Driver) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Schemes, b.Schemes))
	})
	return drivers
}

// Clone returns a registry with the same drivers that can be changed on its
// own.
func (r *Registry) Clone() *Registry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return &Registry{drivers: maps.Clone(r.drivers)}
}

// Open makes the transport that the DSN's scheme names, after checking every
// option. The error is an *[UnknownSchemeError], one or more joined
// *[OptionError], or what the driver says. Nothing is sent, resolved or
// dialled.
func (r *Registry) Open(dsn *DSN, env Env) (Transport, error) {
	d := r.lookup(dsn.Scheme)
	if d == nil {
		return nil, r.unknownScheme(dsn.Scheme)
	}
	return r.OpenDriver(*d, dsn, env)
}

// OpenDriver is Open with a driver that stands in for whatever the DSN's scheme
// names; it need not be registered. Drivers that open other DSNs, as tee does,
// find those in r.
func (r *Registry) OpenDriver(d Driver, dsn *DSN, env Env) (Transport, error) {
	_, err := dsn.Protocol()
	if err != nil || d.Open == nil || !d.Decodes {
		if err := r.CheckDriver(d, dsn); err != nil {
			return nil, err
		}
	}
	env.registry = r
	t, err := d.Open(dsn.withoutClientOptions(), env)
	if err != nil && d.Decodes {
		// The check knows the client's options too, and names them.
		if fault := r.CheckDriver(d, dsn); fault != nil {
			return nil, fault
		}
	}
	return t, err
}

// CheckDriver judges a DSN's options as OpenDriver would, and opens nothing.
func (r *Registry) CheckDriver(d Driver, dsn *DSN) error {
	if d.Open == nil {
		return errNoOpen
	}
	return r.checkOptions(&d, dsn)
}

func (r *Registry) checkOptions(d *Driver, dsn *DSN) error {
	if d.Options == nil {
		_, err := dsn.Protocol()
		return err
	}
	known := slices.Clone(d.foreign)
	if known != nil {
		for _, other := range r.Drivers() {
			known = append(known, other.Options...)
		}
	}
	known = append(known, d.Options...) // its own come last, and count
	return checkOptions(dsn.Options, append(known, protocolOption))
}

// CheckOptions judges a DSN's options as Open would, and opens nothing. It is
// for clients whose transport is given to them: of a scheme that is not
// registered it checks the client's own options only.
func (r *Registry) CheckOptions(dsn *DSN) error {
	d := r.lookup(dsn.Scheme)
	if d == nil {
		_, err := dsn.Protocol()
		return err
	}
	return r.checkOptions(d, dsn)
}

func (r *Registry) unknownScheme(scheme string) error {
	known := r.Schemes()
	name := scheme[:max(strings.LastIndexByte(scheme, '+'), 0)]
	return &UnknownSchemeError{Scheme: scheme, Known: known, Suggest: nearest(scheme, known), Import: engineImports[name]}
}

// engineImports names the packages that register transports of ours which need
// somebody else's module. These are words only: nothing is linked for them.
var engineImports = map[string]string{
	"resty":             enginePath + "restytransport",
	"requests":          enginePath + "restytransport",
	"threaded+resty":    enginePath + "restytransport",
	"threaded+requests": enginePath + "restytransport",
	"fasthttp":          enginePath + "fasthttptransport",
	"aiohttp":           enginePath + "fasthttptransport",
	"reactor":           enginePath + "reactortransport",
	"twisted":           enginePath + "reactortransport",
}

const enginePath = "github.com/ravenkit/ravenkit/transport/"

var defaultRegistry atomic.Pointer[Registry]

func init() {
	r := NewRegistry()
	for _, d := range []Driver{
		autoDriver(), httpDriver(), threadedDriver(), poolDriver(), spawnDriver(), loopedDriver(), teeDriver(), stderrDriver(), fileDriver(),
	} {
		if err := r.Register(d); err != nil {
			panic(err)
		}
	}
	defaultRegistry.Store(r)
}

// DefaultRegistry returns the registry that clients use which are given no
// other. It begins with the transports of this package; packages of engines add
// theirs when they are imported.
func DefaultRegistry() *Registry { return defaultRegistry.Load() }

// SetDefaultRegistry makes r the default registry and returns what puts the
// earlier one back. It panics on nil. Clients that exist already keep their
// transports.
func SetDefaultRegistry(r *Registry) (restore func()) {
	if r == nil {
		panic("transport: SetDefaultRegistry(nil)")
	}
	old := defaultRegistry.Swap(r)
	return func() { defaultRegistry.Store(old) }
}

// Register adds a driver to the default registry. It is for init functions and
// panics where [Registry.Register] returns an error.
func Register(d Driver) {
	if err := DefaultRegistry().Register(d); err != nil {
		panic(err)
	}
}

var errNoOpen = errors.New("transport: a driver needs a function Open")
