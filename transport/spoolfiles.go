package transport

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// SpooledPacket is a packet on disk, as [ReadSpool] finds it.
type SpooledPacket struct {
	// EventID is the id of the event; "" if the packet has none.
	EventID string
	// Position is where the packet is in Dir. Each packet has another.
	Position string
	// Accepted is when the transport accepted the packet.
	Accepted time.Time
	// Attempts counts the attempts to deliver it that failed, up to 255.
	Attempts int
	// Category and ContentType are those of the packet.
	Category, ContentType string
	// Endpoint is the end of its URL, such as "envelope/" or "store/".
	Endpoint string
	// Body is the packet's body.
	Body []byte
	// Dir is the directory with the packets of the DSN.
	Dir string
	// Held is true if a running process has the packet: it delivers it, and may
	// be doing so now.
	Held bool
}

// Event returns the JSON of the event in the body. It returns false if the body
// has none.
func (p SpooledPacket) Event() (json.RawMessage, bool) { return eventOf(&Packet{Body: p.Body}) }

// SpoolDir returns the directory with the packets of a DSN. Dir is the
// spool_dir in which it is.
func SpoolDir(dir string, dsn *DSN) string { return filepath.Join(dir, spoolName(dsn)) }

// ReadSpool calls fn for each packet in a directory until fn returns false.
// Dir is a spool_dir, or the directory of one DSN in it. The packets of a
// process are in the order in which it accepted them. ReadSpool changes
// nothing, and may be called while processes use the directory. It leaves out
// packets that are delivered meanwhile, and damaged ones.
//
// The error joins those of the directories that could not be read. It wraps
// [fs.ErrNotExist] if there is no such directory.
func ReadSpool(dir string, fn func(SpooledPacket) bool) error {
	more := true
	return eachSpool(dir, func(dir string) error {
		if !more {
			return nil
		}
		return seglog.Peek(seglog.OS, dir, func(id string, f seglog.Frame) bool {
			more = fn(spooled(dir, id, f))
			return more
		})
	})
}

// DropSpool removes the packets for which fn returns true, for good. Dir is
// that of [ReadSpool]. It leaves the packets that running processes hold: held
// counts those for which fn returned true. After an error, dropped counts the
// packets that were removed.
func DropSpool(dir string, fn func(SpooledPacket) bool) (dropped, held int, err error) {
	err = eachSpool(dir, func(dir string) error {
		d, h, err := seglog.Drop(seglog.OS, dir, ackDropped, func(id string, f seglog.Frame) bool {
			return fn(spooled(dir, id, f))
		})
		dropped += d
		held += h
		return err
	})
	return dropped, held, err
}

// ackDropped is beside the reasons of the spool itself.
const ackDropped seglog.Reason = 16

// eachSpool calls fn for the directory of each DSN.
func eachSpool(dir string, fn func(dir string) error) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return spoolReadError(err)
	}
	if one, err := seglog.HasLanes(seglog.OS, dir); err == nil && one {
		return spoolReadError(fn(dir))
	}
	var errs []error
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			errs = append(errs, spoolReadError(fn(path)))
		}
	}
	return errors.Join(errs...)
}

func spoolReadError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("transport: cannot use the spool: %w", withoutDir(err))
}

// withoutDir returns the cause of a *seglog.DirError, which names a file.
func withoutDir(err error) error {
	if failed, ok := errors.AsType[*seglog.DirError](err); ok {
		return failed.Err
	}
	return err
}

func spooled(dir, id string, f seglog.Frame) SpooledPacket {
	var m packetMeta
	_ = json.Unmarshal(f.Meta, &m) // what it has of them
	return SpooledPacket{
		EventID: m.EventID, Position: id, Accepted: f.Time, Attempts: f.Attempts,
		Category: m.Category, ContentType: m.Type, Endpoint: m.Endpoint,
		Body: f.Body, Dir: dir, Held: f.Held,
	}
}

// SpoolCheck describes the directory of a DSN's packets.
type SpoolCheck struct {
	// Dir is the directory. It need not exist: a transport makes it.
	Dir string
	// NetworkFS is the file system if it is one over the network, such as
	// "nfs"; else "". Only Linux says it.
	NetworkFS string
	// Damaged counts the copies of damaged packets in the directory corrupt;
	// DamagedBytes is their size.
	Damaged      int
	DamagedBytes int64
}

// CheckSpool checks whether a transport can use a directory as the spool_dir of
// a DSN. It leaves nothing there. The error is an *[OptionError], as of a
// transport with that option.
func CheckSpool(dir string, dsn *DSN) (SpoolCheck, error) {
	path, err := filepath.Abs(SpoolDir(dir, dsn))
	if err != nil {
		return SpoolCheck{}, spoolDirError(dir, err)
	}
	check := SpoolCheck{Dir: path}
	existing, err := existingDir(path)
	if err != nil {
		return check, spoolDirError(dir, err)
	}
	check.NetworkFS = networkFS(existing)
	copies, _ := os.ReadDir(filepath.Join(path, "corrupt")) // none if it does not exist
	for _, entry := range copies {
		if info, err := entry.Info(); err == nil {
			check.Damaged++
			check.DamagedBytes += info.Size()
		}
	}
	if existing == path {
		if _, err := os.ReadDir(path); err != nil {
			return check, spoolDirError(dir, err)
		}
	}
	made, err := os.MkdirTemp(existing, ".check-*")
	if err == nil {
		err = os.Remove(made)
	}
	if err != nil {
		return check, spoolDirError(dir, err)
	}
	return check, nil
}

// existingDir returns a directory, or the nearest one above it that exists.
func existingDir(path string) (string, error) {
	for {
		info, err := os.Stat(path)
		above := filepath.Dir(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) && above != path:
			path = above
		case err == nil && !info.IsDir():
			return path, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a directory")}
		default:
			return path, err
		}
	}
}
