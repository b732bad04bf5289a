package transport

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"
)

// Defaults of the options of queued transports.
const (
	DefaultQueueBytes      = 64 << 20
	DefaultShutdownTimeout = 10 * time.Second
)

// Overflow policies: what a queued transport does with a packet for which the
// queue has no room.
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

// ThreadedConfig configures [NewThreaded]. The zero value is the default.
// Fields with an option in a DSN name it.
type ThreadedConfig struct {
	// QueueBytes (queue_bytes) limits the bytes of the waiting packets: the
	// stored size of each body, and 256 bytes for each packet. Above half of
	// it, waiting packets are folded: text that they have in common is stored
	// once. Above three quarters, the caller folds its packet before it is
	// accepted. A packet larger than the limit is accepted if none is waiting.
	// 0 means 64 MiB.
	QueueBytes int
	// QueueSize (queue_size) is how many packets may wait. 0 means any number.
	QueueSize int
	// Overflow (overflow) is DropNewest (also ""), DropOldest or Block.
	Overflow string
	// Workers (workers) is how many goroutines deliver at most. They start when
	// packets wait, and end when none does. With 0 (workers=auto) the transport
	// finds the number: it begins with 4, doubles with each round trip until
	// attempts take half as long again as the shortest. After that it grows by
	// one and falls by an eighth. The maximum is 64 over HTTP/2, and over
	// HTTP/1.1 32, or max_conns if that is less.
	Workers int
	// ShutdownTimeout (shutdown_timeout) is how long Close delivers from the
	// queue. 0 means 10 s.
	ShutdownTimeout time.Duration
	// SerialCallbacks runs all callbacks one at a time, on a goroutine of their
	// own. If it is false, a callback runs in the worker that settled its
	// packet, or, for a refusal, in the caller.
	SerialCallbacks bool
	// Spool keeps packets on disk until they are delivered. The zero value
	// keeps them in memory only.
	Spool SpoolConfig
	// Logger logs callbacks that panic, and what keeps the spool from working;
	// nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options of queued transports. Fields that are set
// already are the defaults.
func (c *ThreadedConfig) BindOptions(o *OptionSet) {
	o.Int("queue_bytes", &c.QueueBytes, cmp.Or(c.QueueBytes, DefaultQueueBytes), 1, math.MaxInt, "how many bytes may wait, including 256 for each event; above half of it, text that events have in common is stored once")
	o.Int("queue_size", &c.QueueSize, c.QueueSize, 1, math.MaxInt, "how many events may wait")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full", overflows...)
	bindWorkers(o, &c.Workers)
	bindShutdown(o, &c.ShutdownTimeout)
	c.Spool.BindOptions(o)
}

// Check checks a configuration. The error joins one *[OptionError] for each
// fault.
func (c ThreadedConfig) Check() error {
	return errors.Join(checkFields(&c), c.Spool.check(c.Overflow))
}

func (c ThreadedConfig) withDefaults() ThreadedConfig {
	c.QueueSize = cmp.Or(c.QueueSize, math.MaxInt)
	c.QueueBytes = cmp.Or(c.QueueBytes, DefaultQueueBytes)
	c.Overflow = cmp.Or(c.Overflow, DropNewest)
	return c
}

// auto is the value of workers with which the transport finds the number.
const auto = "auto"

func bindWorkers(o *OptionSet, p *int) {
	spec := OptionSpec{
		Name: "workers", Default: auto, Allowed: "auto, or a whole number, at least 1",
		Help: "how many goroutines deliver at most; they start as needed. auto finds the number that the connection to the server can use",
	}
	if *p > 0 {
		spec.Default = strconv.Itoa(*p)
	}
	number := wholeNumber(1, math.MaxInt)
	BindOption(o, spec, p, func(s string) (int, error) {
		if strings.EqualFold(s, auto) {
			return 0, nil
		}
		return number(s)
	})
	o.rechecked("more than 0, or 0 for auto", negative(p))
}

// bindShutdown binds the option of every transport whose Close waits.
func bindShutdown(o *OptionSet, p *time.Duration) {
	o.Duration("shutdown_timeout", p, DefaultShutdownTimeout, "how long Close waits for deliveries before it gives up")
}

func threadedDriver() Driver {
	return overHTTP(Driver{
		Schemes:  []string{"threaded+http", "threaded+https"},
		Name:     "threaded",
		Delivery: "in the background, by workers with a queue",
		WhenFull: "overflow decides; by default the newest event is dropped",
	}, func(dsn *DSN, env Env) ThreadedConfig {
		return ThreadedConfig{Logger: env.Logger, Spool: SpoolConfig{DSN: dsn}}
	}, NewThreaded)
}
