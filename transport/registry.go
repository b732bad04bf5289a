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

// Registry maps the scheme of a DSN to the driver that opens its transport. A
// program has one default registry. Tests and programs that need other drivers
// make their own and give it to the client. The zero value is empty and ready
// to use. A Registry is safe for concurrent use.
type Registry struct {
	mu      sync.RWMutex
	drivers map[string]*Driver // by scheme
}

// NewRegistry returns a registry without drivers. To start with the default
// drivers, clone [DefaultRegistry].
func NewRegistry() *Registry { return new(Registry) }

// Register adds a driver under all its schemes. If it fails, it adds none. The
// error is a *[DuplicateSchemeError] if a scheme is taken, and a *[DSNError] if
// a scheme is invalid.
func (r *Registry) Register(d Driver) error { return r.add(d, false) }

// RegisterFunc adds a transport with one scheme and a function that opens it.
// The function gets the DSN's options unchecked; [DecodeOptions] checks them.
func (r *Registry) RegisterFunc(scheme string, open OpenFunc) error {
	return r.Register(Driver{Schemes: []string{scheme}, Open: open})
}

// Replace is like Register, but takes over schemes that are registered.
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

// Unregister removes schemes; it ignores those that are not registered.
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

// Drivers returns the registered drivers, sorted by name, each with its schemes
// in this registry.
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

// Clone returns an independent registry with the same drivers.
func (r *Registry) Clone() *Registry {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return &Registry{drivers: maps.Clone(r.drivers)}
}

// Open checks every option and makes the transport for the DSN's scheme. The
// error is an *[UnknownSchemeError], one or more joined *[OptionError], or the
// driver's error. Open does not send, resolve or dial.
func (r *Registry) Open(dsn *DSN, env Env) (Transport, error) {
	d := r.lookup(dsn.Scheme)
	if d == nil {
		return nil, r.unknownScheme(dsn.Scheme)
	}
	return r.OpenDriver(*d, dsn, env)
}

// OpenDriver is like Open, but uses the given driver for the DSN, whatever its
// scheme. The driver need not be registered. If the driver opens other DSNs, as
// tee does, it finds their drivers in r.
func (r *Registry) OpenDriver(d Driver, dsn *DSN, env Env) (Transport, error) {
	_, err := dsn.Protocol()
	if err != nil || d.Open == nil || !d.Decodes {
		if err := r.CheckDriver(d, dsn); err != nil {
			return nil, err
		}
	}
	env.registry = r
	t, err := d.Open(dsn.withoutClientOptions(), env)
	if err == nil {
		return t, nil
	}
	if d.Decodes {
		// This check comes first because it includes the client's options.
		if fault := r.CheckDriver(d, dsn); fault != nil {
			err = fault
		}
	}
	return nil, err // the driver may return a nil pointer as the transport
}

// CheckDriver checks a DSN's options as OpenDriver does, and opens nothing.
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
	// The driver's own are last, so that they take precedence.
	known = append(known, d.Options...)
	return checkOptions(dsn.Options, append(known, protocolOption))
}

// CheckOptions checks a DSN's options as Open does, and opens nothing. It is
// for clients that get their transport from the program. If the scheme is not
// registered, it checks only the client's own options.
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

// engineImports maps transports' names to the packages of this module that
// register them. The packages are not linked.
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

// DefaultRegistry returns the registry of clients that have no other. It
// contains the transports of this package and those of the imported engine
// packages.
func DefaultRegistry() *Registry { return defaultRegistry.Load() }

// SetDefaultRegistry makes r the default registry and returns a function that
// restores the previous one. It panics if r is nil. Existing clients keep their
// transports.
func SetDefaultRegistry(r *Registry) (restore func()) {
	if r == nil {
		panic("transport: SetDefaultRegistry(nil)")
	}
	old := defaultRegistry.Swap(r)
	return func() { defaultRegistry.Store(old) }
}

// Register adds a driver to the default registry. It is for init functions and
// panics if [Registry.Register] returns an error.
func Register(d Driver) {
	if err := DefaultRegistry().Register(d); err != nil {
		panic(err)
	}
}

var errNoOpen = errors.New("transport: a driver needs the function Open")
