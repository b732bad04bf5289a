package transport

import (
	"cmp"
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
	// QueueBytes (queue_bytes) is how many bytes the waiting packets may take
	// together: what is held of each body, and 256 bytes beside it. Over half
	// of it packets are folded while they wait: what they have in common is
	// held once. Over three quarters each is folded before it is taken, by its
	// caller. A packet that is larger than the bound is taken when none is
	// waiting. 0 means 64 MiB.
	QueueBytes int
	// QueueSize (queue_size) is how many packets may wait. 0 means any number.
	QueueSize int
	// Overflow (overflow) is DropNewest (also ""), DropOldest or Block.
	Overflow string
	// Workers (workers) is how many goroutines deliver at most. They start when
	// there is work and end when there is none. 0 (workers=auto) finds the
	// number by itself: it begins with 4, doubles with each round trip until
	// attempts take half as long again as the shortest, and changes by one
	// after that. It goes up to 64 over HTTP/2, and over HTTP/1.1 to 32, or
	// max_conns if that is less.
	Workers int
	// ShutdownTimeout (shutdown_timeout) is how long Close drains the queue. 0
	// means 10 s.
	ShutdownTimeout time.Duration
	// SerialCallbacks runs all callbacks one at a time, on one goroutine that
	// is neither a worker's nor the caller's. False runs them where the packet
	// was settled: in its worker, or, for a refusal, in the caller.
	SerialCallbacks bool
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options of queued transports. Fields that are set
// already are the defaults.
func (c *ThreadedConfig) BindOptions(o *OptionSet) {
	o.Int("queue_bytes", &c.QueueBytes, cmp.Or(c.QueueBytes, DefaultQueueBytes), 1, math.MaxInt, "how many bytes may wait, 256 for each event included; from half of it on, what events have in common is held once")
	o.Int("queue_size", &c.QueueSize, c.QueueSize, 1, math.MaxInt, "how many events may wait")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full", overflows...)
	bindWorkers(o, &c.Workers)
	bindShutdown(o, &c.ShutdownTimeout)
}

// Check judges a configuration. The error joins one *[OptionError] for each
// fault.
func (c ThreadedConfig) Check() error { return checkFields(&c) }

func (c ThreadedConfig) withDefaults() ThreadedConfig {
	if c.QueueSize == 0 {
		c.QueueSize = math.MaxInt
	}
	if c.QueueBytes == 0 {
		c.QueueBytes = DefaultQueueBytes
	}
	if c.Overflow == "" {
		c.Overflow = DropNewest
	}
	return c
}

// auto is the value of workers that leaves the number to the transport.
const auto = "auto"

func bindWorkers(o *OptionSet, p *int) {
	spec := OptionSpec{
		Name: "workers", Default: auto, Allowed: "auto, or a whole number, at least 1",
		Help: "how many goroutines deliver at most; they are started as needed. auto finds out how many the way to the server takes",
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
