package transport

import (
	"cmp"
	"log/slog"
	"math"
	"time"
)

// Defaults of the options of queued transports.
const (
	DefaultQueueSize       = 10_000
	DefaultQueueBytes      = 64 << 20
	DefaultWorkers         = 4
	DefaultShutdownTimeout = 10 * time.Second
)

// What a queued transport does with a packet for which its queue has no room.
const (
	// DropNewest refuses the packet: its callback gets ErrQueueFull.
	DropNewest = "drop_newest"
	// DropOldest evicts the oldest packets to make room: their callbacks get
	// ErrQueueFull.
	DropOldest = "drop_oldest"
	// Block makes the caller wait for room until its context ends.
	Block = "block"
)

var overflows = []string{DropNewest, DropOldest, Block}

// ThreadedConfig configures [NewThreaded]. Its zero value is the default; the
// fields that a DSN can hold are named with their options.
type ThreadedConfig struct {
	// QueueSize (queue_size) is how many packets may wait. 0 means 10,000.
	QueueSize int
	// QueueBytes (queue_bytes) is how many bytes the bodies of waiting packets
	// may have together, before compression. A packet that is larger than that
	// is taken when none is waiting. 0 means 64 MiB.
	QueueBytes int
	// Overflow (overflow) is DropNewest (also ""), DropOldest or Block.
	Overflow string
	// Workers (workers) is how many goroutines deliver at most. They start when
	// there is work and end when there is none. 0 means 4.
	Workers int
	// ShutdownTimeout (shutdown_timeout) is how long Close drains the queue.
	// 0 means 10 s.
	ShutdownTimeout time.Duration
	// SerialCallbacks runs all callbacks one at a time, on one goroutine that is
	// neither a worker's nor the caller's. False runs them where the packet was
	// settled: in its worker, or, for a refusal, in the caller.
	SerialCallbacks bool
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options of queued transports. Fields that are set
// already are the defaults.
func (c *ThreadedConfig) BindOptions(o *OptionSet) {
	o.Int("queue_size", &c.QueueSize, cmp.Or(c.QueueSize, DefaultQueueSize), 1, math.MaxInt, "how many events may wait")
	o.Int("queue_bytes", &c.QueueBytes, cmp.Or(c.QueueBytes, DefaultQueueBytes), 1, math.MaxInt, "how many bytes may wait, counted before compression")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full", overflows...)
	o.Int("workers", &c.Workers, cmp.Or(c.Workers, DefaultWorkers), 1, math.MaxInt, "how many goroutines deliver at most; they are started as needed")
	bindShutdown(o, &c.ShutdownTimeout)
}

// Check judges a configuration. The error joins one *[OptionError] for each
// fault.
func (c ThreadedConfig) Check() error { return checkFields(&c) }

func (c ThreadedConfig) withDefaults() ThreadedConfig {
	if c.QueueSize == 0 {
		c.QueueSize = DefaultQueueSize
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = DefaultQueueBytes
	}
	if c.Overflow == "" {
		c.Overflow = DropNewest
	}
	if c.Workers == 0 {
		c.Workers = DefaultWorkers
	}
	return c
}

// bindShutdown names the option that every transport has which Close waits for.
func bindShutdown(o *OptionSet, p *time.Duration) {
	o.Duration("shutdown_timeout", p, DefaultShutdownTimeout, "how long Close waits for what is under way before it gives up")
}

func threadedDriver() Driver {
	return Driver{
		Schemes: []string{"threaded+http", "threaded+https"},
		Name:    "threaded", Engine: "net/http",
		Delivery: "in the background, by workers that a queue feeds", Decodes: true,
		WhenFull: "as overflow says; by default the newest event is dropped",
		Options:  OptionSpecs(new(HTTPConfig), new(ThreadedConfig)),
		Open: func(dsn *DSN, env Env) (Transport, error) {
			cfg := ThreadedConfig{Logger: env.logger()}
			next, err := openHTTP(dsn, env, new(HTTPConfig), &cfg)
			if err != nil {
				return nil, err
			}
			return NewThreaded(next, cfg)
		},
	}
}
