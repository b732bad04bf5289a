package fasthttptransport

import (
	"errors"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Defaults where they differ from those of other queued transports.
const (
	DefaultWorkers   = 1
	DefaultQueueSize = 1000
)

// Config configures [New]. Its zero value is the default; the fields that a DSN
// can hold are named with their options.
type Config struct {
	// HTTPConfig holds what every transport has. Its Client and Engine must be
	// nil: fasthttp is in their place.
	transport.HTTPConfig
	// Workers (workers) is how many goroutines deliver at most. 0 means 1.
	Workers int
	// QueueSize (qsize) is how many packets may wait. 0 means 1000.
	QueueSize int
	// QueueBytes (queue_bytes) is how many bytes the waiting packets may take
	// together, as [transport.ThreadedConfig] counts them. 0 means 64 MiB.
	QueueBytes int
	// Overflow (overflow) is [transport.DropOldest] (also ""), DropNewest or
	// Block.
	Overflow string
	// ShutdownTimeout (shutdown_timeout) is how long Close drains the queue. 0
	// means 10 s.
	ShutdownTimeout time.Duration
	// Logger hears of callbacks that panic; nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions names the options of fasthttp+….
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	o.Int("workers", &c.Workers, DefaultWorkers, 1, math.MaxInt, "how many goroutines deliver at most; they are started as needed")
	transport.BindOption(o, transport.OptionSpec{
		Name: "qsize", Aliases: []string{"queue_size"}, Default: strconv.Itoa(DefaultQueueSize),
		Allowed: "a whole number, at least 1", Help: "how many events may wait",
	}, &c.QueueSize, atLeastOne)
	o.Int("queue_bytes", &c.QueueBytes, transport.DefaultQueueBytes, 1, math.MaxInt, "how many bytes may wait, 256 for each event included; from half of it on, what events have in common is held once")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full",
		transport.DropOldest, transport.DropNewest, transport.Block)
	o.Duration("shutdown_timeout", &c.ShutdownTimeout, transport.DefaultShutdownTimeout, "how long Close delivers what is waiting before it gives up")
}

func atLeastOne(s string) (int, error) {
	n, err := strconv.Atoi(s)
	switch {
	case errors.Is(err, strconv.ErrRange), err == nil && n < 1:
		return 0, errOutOfRange
	case err != nil:
		return 0, strconv.ErrSyntax
	}
	return n, nil
}

var (
	errOutOfRange = errors.New("out of range")
	errTwoEngines = errors.New("fasthttptransport: Config.Client and Config.Engine have to be nil: fasthttp carries the requests")
)

func (c Config) threaded() transport.ThreadedConfig {
	t := transport.ThreadedConfig{
		Workers: c.Workers, QueueSize: c.QueueSize, QueueBytes: c.QueueBytes,
		Overflow: c.Overflow, ShutdownTimeout: c.ShutdownTimeout, Logger: c.Logger,
	}
	if t.Workers == 0 {
		t.Workers = DefaultWorkers
	}
	if t.QueueSize == 0 {
		t.QueueSize = DefaultQueueSize
	}
	if t.Overflow == "" {
		t.Overflow = transport.DropOldest
	}
	return t
}
