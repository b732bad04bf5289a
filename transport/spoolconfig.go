package transport

import (
	"cmp"
	"errors"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// Defaults of the options of a spool.
const (
	DefaultSpoolBytes = 256 << 20
	DefaultSpoolAge   = 72 * time.Hour
)

// MaxSpoolAge is the largest spool_age. Sentry replaces the time of older
// events.
const MaxSpoolAge = 30 * 24 * time.Hour

// What a spool survives, for SpoolConfig.Sync.
const (
	// SyncWrite gives each packet to the operating system before its capture
	// returns. It survives the end of the process by any means.
	SyncWrite = "write"
	// SyncFsync waits until the disk has it. It survives the loss of power.
	// Captures at the same time share one wait.
	SyncFsync = "fsync"
)

// SpoolConfig configures the spool of a queued transport: a directory with the
// packets that are not settled yet. The zero value is no spool. Fields with an
// option in a DSN name it.
//
// A packet is on disk before SendAsync returns. What an earlier process left
// there is delivered, too. Any number of processes may share a directory on a
// local file system. With [SyncWrite], packets survive the end of the process,
// with [SyncFsync] the loss of power.
//   - A packet may arrive twice: if the process ends, or Close gives up, after
//     the server has it and before that is on disk. Sentry drops the second
//     event with an id.
//   - QueueBytes bounds the memory, and Overflow has no meaning. Memory holds
//     4 MiB of packets at most, and about 150 bytes and the callback for each
//     other packet of this process.
//   - A packet that cannot be written is accepted all the same, and waits in
//     memory. SendAsync waits 100 ms for the disk at most.
//   - Flush also waits for the packets that earlier processes left. Close waits
//     for them too, but not during a pause.
//   - Close leaves on disk what it cannot deliver. The error of these packets
//     is a *[SpooledError].
//   - Packets of [CategoryInternal], and those of Send, are not written.
//   - The keys of the DSN and headers other than Content-Type, User-Agent and
//     X-Sentry-Auth are not written. A packet that is read gets the DSN's keys.
type SpoolConfig struct {
	// Dir (spool_dir) is the directory. Each DSN has one of its own in it.
	// Those that are made can only be read by this user. "" means no spool.
	Dir string
	// Sync (spool_sync) is SyncWrite (also "") or SyncFsync.
	Sync string
	// Bytes (spool_bytes) bounds the size of the files. The oldest ones that
	// have no packet in the queue are removed to make room. 0 means 256 MiB.
	Bytes int
	// Age (spool_age) is the age above which packets are removed. 0 means 72
	// hours; MaxSpoolAge is the largest.
	Age time.Duration
	// DSN is the DSN of the packets. It is required with Dir; a driver sets it
	// before the options are decoded.
	DSN *DSN

	fs   seglog.FS     // nil: the machine's
	wait time.Duration // for the disk, at most; 0: 100 ms
}

// BindOptions binds the options of a spool. Fields that are set already are the
// defaults.
func (c *SpoolConfig) BindOptions(o *OptionSet) {
	o.Text("spool_dir", &c.Dir, "a directory on a local disk", "the directory in which events are kept until they are delivered; they survive the end of the program", spoolable)
	o.OneOf("spool_sync", &c.Sync, "what events in spool_dir survive: write, the end of the program by any means; fsync, the loss of power", SyncWrite, SyncFsync)
	o.Int("spool_bytes", &c.Bytes, cmp.Or(c.Bytes, DefaultSpoolBytes), 1, math.MaxInt, "the size of the files in spool_dir above which the oldest are removed")
	spec := OptionSpec{
		Name: "spool_age", Default: strconv.FormatFloat(cmp.Or(c.Age, DefaultSpoolAge).Seconds(), 'f', -1, 64),
		Allowed: "seconds or a duration such as 72h, more than 0, at most 720h",
		Help:    "the age above which events are removed from spool_dir",
	}
	BindOption(o, spec, &c.Age, func(s string) (time.Duration, error) {
		age, err := parseDuration(s)
		if err == nil && age > MaxSpoolAge {
			err = errOutOfRange
		}
		return age, err
	})
	o.rechecked(spec.Allowed, func() (string, error) {
		if c.Age < 0 || c.Age > MaxSpoolAge {
			return c.Age.String(), errNotAllowed
		}
		return "", nil
	})
}

func spoolable(dir string) error {
	if dir == "" || strings.ContainsRune(dir, 0) {
		return errNotAllowed
	}
	return nil
}

func (c SpoolConfig) withDefaults() SpoolConfig {
	c.Sync = cmp.Or(c.Sync, SyncWrite)
	c.Bytes = cmp.Or(c.Bytes, DefaultSpoolBytes)
	c.Age = cmp.Or(c.Age, DefaultSpoolAge)
	return c
}

// check checks how the fields fit together, and to the overflow of the queue.
func (c SpoolConfig) check(overflow string) error {
	var faults []error
	fault := func(option, value, allowed string) {
		faults = append(faults, newOptionError(option, value, allowed, errNotAllowed))
	}
	if c.Dir == "" {
		const alone = "no such option without spool_dir"
		if c.Sync != "" {
			fault("spool_sync", c.Sync, alone)
		}
		if c.Bytes != 0 {
			fault("spool_bytes", strconv.Itoa(c.Bytes), alone)
		}
		if c.Age != 0 {
			fault("spool_age", c.Age.String(), alone)
		}
		return errors.Join(faults...)
	}
	if overflow != "" {
		fault("overflow", overflow, "no such option with spool_dir: events that do not fit into memory wait on disk (spool_bytes)")
	}
	if c.DSN == nil {
		fault("spool_dir", c.Dir, "no such option for this transport: its driver does not set SpoolConfig.DSN")
	}
	return errors.Join(faults...)
}

// ignored logs that a transport without a queue ignores the spool.
func (c SpoolConfig) ignored(logger *slog.Logger) {
	if c.Dir != "" {
		logger.Warn("transport: spool_dir is ignored: on this platform each event is delivered before its capture returns", "dir", c.Dir)
	}
}
