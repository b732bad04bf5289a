package reactortransport

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/internal/guard"
	"github.com/ravenkit/ravenkit/transport"
)

// DefaultWorkers is how many packets a [Reactor] has in flight at most. It
// leaves some of max_conns to Send.
const DefaultWorkers = 32

// Config configures [New]. Its zero value is the default; the fields that a DSN
// can hold are named with their options.
type Config struct {
	// HTTPConfig holds what every transport has.
	transport.HTTPConfig
	// Workers (workers) is how many packets may be in flight, each in an I/O
	// goroutine; MaxConns bounds it too. 0 means 32.
	Workers int
	// QueueSize (queue_size) is how many packets may wait. 0 means 10,000.
	QueueSize int
	// QueueBytes (queue_bytes) is how many bytes the bodies of waiting packets
	// may have together, before compression. A packet that is larger than that
	// is taken when none is waiting. 0 means 64 MiB.
	QueueBytes int
	// Overflow (overflow) is [transport.DropNewest] (also ""), DropOldest or
	// Block.
	Overflow string
	// ShutdownTimeout (shutdown_timeout) is how long Close drains the queue.
	// 0 means 10 s.
	ShutdownTimeout time.Duration
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

var overflows = []string{transport.DropNewest, transport.DropOldest, transport.Block}

// BindOptions names the options of reactor+….
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	o.Int("workers", &c.Workers, DefaultWorkers, 1, math.MaxInt, "how many events may be in flight, up to max_conns")
	o.Int("queue_size", &c.QueueSize, transport.DefaultQueueSize, 1, math.MaxInt, "how many events may wait")
	o.Int("queue_bytes", &c.QueueBytes, transport.DefaultQueueBytes, 1, math.MaxInt, "how many bytes may wait, counted before compression")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full", overflows...)
	o.Duration("shutdown_timeout", &c.ShutdownTimeout, transport.DefaultShutdownTimeout, "how long Close delivers what is waiting before it gives up")
}

// check judges what did not come from a DSN; NewHTTP judges the rest.
func (c Config) check() error {
	var faults []error
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"workers", int64(c.Workers)},
		{"queue_size", int64(c.QueueSize)},
		{"queue_bytes", int64(c.QueueBytes)},
		{"shutdown_timeout", int64(c.ShutdownTimeout)},
	} {
		if n.value < 0 {
			faults = append(faults, &transport.OptionError{Option: n.name, Value: fmt.Sprint(n.value), Allowed: "more than 0, or 0 for the default"})
		}
	}
	if c.Overflow != "" && !slices.Contains(overflows, c.Overflow) {
		faults = append(faults, &transport.OptionError{Option: "overflow", Value: c.Overflow, Allowed: "one of " + strings.Join(overflows, ", ")})
	}
	return errors.Join(faults...)
}

func (c Config) withDefaults() Config {
	setDefault(&c.Workers, DefaultWorkers)
	setDefault(&c.MaxConns, transport.DefaultMaxConns)
	setDefault(&c.QueueSize, transport.DefaultQueueSize)
	setDefault(&c.QueueBytes, transport.DefaultQueueBytes)
	setDefault(&c.Overflow, transport.DropNewest)
	setDefault(&c.ShutdownTimeout, transport.DefaultShutdownTimeout)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	c.Logger = guard.Logger(c.Logger)
	c.Workers = min(c.Workers, c.MaxConns)
	return c
}

func setDefault[T comparable](p *T, def T) {
	var zero T
	if *p == zero {
		*p = def
	}
}
