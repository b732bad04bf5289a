package fasthttptransport

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// Defaults that differ from those of other queued transports.
const (
	DefaultWorkers   = 1
	DefaultQueueSize = 1000
)

// Config configures [New]. The zero value is the default. Fields with an option
// in a DSN name it.
type Config struct {
	// HTTPConfig has the options of every transport. Its Client and Engine must
	// be nil, because fasthttp sends the requests.
	transport.HTTPConfig
	// Workers (workers) is how many goroutines deliver at most. 0 means 1.
	Workers int
	// QueueSize (qsize) is how many packets may wait. 0 means 1000.
	QueueSize int
	// QueueBytes (queue_bytes) limits the bytes of the waiting packets, counted
	// as in [transport.ThreadedConfig]. 0 means 64 MiB.
	QueueBytes int
	// Overflow (overflow) is [transport.DropOldest] (also ""), DropNewest or
	// Block.
	Overflow string
	// ShutdownTimeout (shutdown_timeout) is how long Close delivers from the
	// queue. 0 means 10 s.
	ShutdownTimeout time.Duration
	// Spool keeps packets on disk until they are delivered. The zero value
	// keeps them in memory only.
	Spool transport.SpoolConfig
	// Logger logs callbacks that panic, and what keeps the spool from working;
	// nil means slog.Default.
	Logger *slog.Logger
}

// BindOptions binds the options of fasthttp+….
func (c *Config) BindOptions(o *transport.OptionSet) {
	c.HTTPConfig.BindOptions(o)
	o.Int("workers", &c.Workers, DefaultWorkers, 1, math.MaxInt, "how many goroutines deliver at most; they start as needed")
	o.Int("qsize", &c.QueueSize, DefaultQueueSize, 1, math.MaxInt, "how many events may wait", "queue_size")
	o.Int("queue_bytes", &c.QueueBytes, transport.DefaultQueueBytes, 1, math.MaxInt, "how many bytes may wait, including 256 for each event; above half of it, text that events have in common is stored once")
	o.OneOf("overflow", &c.Overflow, "what happens to an event when the queue is full",
		transport.DropOldest, transport.DropNewest, transport.Block)
	o.Duration("shutdown_timeout", &c.ShutdownTimeout, transport.DefaultShutdownTimeout, "how long Close delivers from the queue before it gives up")
	c.Spool.BindOptions(o)
}

var errTwoEngines = errors.New("fasthttptransport: Config.Client and Config.Engine must be nil: fasthttp sends the requests")

func (c Config) threaded() transport.ThreadedConfig {
	overflow := c.Overflow
	if c.Spool.Dir == "" {
		overflow = cmp.Or(overflow, transport.DropOldest)
	}
	return transport.ThreadedConfig{
		Workers: cmp.Or(c.Workers, DefaultWorkers), QueueSize: cmp.Or(c.QueueSize, DefaultQueueSize),
		QueueBytes: c.QueueBytes, Overflow: overflow, Spool: c.Spool,
		ShutdownTimeout: c.ShutdownTimeout, Logger: c.Logger,
	}
}
