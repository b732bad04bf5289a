package transport

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// DefaultFile is the file that file+… writes to if the DSN has no option path.
const DefaultFile = "sentry-events.jsonl"

// FileConfig configures [NewFile].
type FileConfig struct {
	// Path (path) is the file. It is created if it does not exist, and appended
	// to if it does. "" means DefaultFile in the working directory.
	Path string
}

// BindOptions binds the option of file+….
func (c *FileConfig) BindOptions(o *OptionSet) {
	spec := OptionSpec{Name: "path", Default: DefaultFile, Allowed: "the path of a file", Help: "the file that events are appended to"}
	BindOption(o, spec, &c.Path, func(s string) (string, error) {
		if strings.ContainsRune(s, 0) {
			return "", errNotAllowed
		}
		return s, nil
	})
}

// File appends packets to a file, one line of JSON each, and sends nothing:
// file+http and file+https. A line has the fields time, url, event_id, category
// and event, which holds the event's JSON. For a packet that is not one event,
// the field body holds its body as a string instead. Lines are whole, even if
// several processes write to the file, as long as it is on a local disk that is
// not full. Use [NewFile]; a File is safe for concurrent use.
type File struct{ sight }

var _ Transport = (*File)(nil)

// NewFile opens the file. The error is an *[OptionError].
func NewFile(cfg FileConfig) (*File, error) {
	if cfg.Path == "" {
		cfg.Path = DefaultFile
	}
	// Only the owner may read events: they may hold personal data.
	f, err := os.OpenFile(cfg.Path, os.O_CREATE|os.O_APPEND|os.O_WRONLY|atOnce, 0o600)
	if err != nil {
		err = pathless(err)
		if info, _ := os.Stat(cfg.Path); info != nil && info.Mode()&os.ModeNamedPipe != 0 {
			err = fmt.Errorf("no process reads from the named pipe: %w", err)
		}
		return nil, newOptionError("path", cfg.Path, "a file that can be written", err)
	}
	t := new(File)
	t.close = f.Close
	t.write = func(p *Packet) error {
		line, err := fileLine(p, time.Now())
		if err == nil {
			_, err = f.Write(line)
		}
		if err != nil {
			return fmt.Errorf("transport: %s was not written: %w", packetText(p.EventID), err)
		}
		return nil
	}
	return t, nil
}

func fileDriver() Driver {
	return Driver{
		Schemes: []string{"file+http", "file+https"},
		Name:    "file", Engine: "os", Blocking: true, Sink: "file",
		Delivery: "appended to a file, one line of JSON each; nothing is sent",
		Options:  OptionSpecs(append([]OptionBinder{new(FileConfig)}, sightConfig...)...),
		foreign:  foreignOptions(),
		Open:     func(dsn *DSN, _ Env) (Transport, error) { return NewFile(FileConfig{Path: dsn.Option("path")}) },
	}
}

func fileLine(p *Packet, now time.Time) ([]byte, error) {
	line := struct {
		Time     string          `json:"time"`
		URL      string          `json:"url"`
		EventID  string          `json:"event_id"`
		Category string          `json:"category"`
		Event    json.RawMessage `json:"event,omitempty"`
		Body     string          `json:"body,omitempty"`
	}{Time: now.UTC().Format(time.RFC3339Nano), URL: p.URL, EventID: p.EventID, Category: p.Category}
	if event, ok := eventOf(p); ok {
		line.Event = event
	} else {
		line.Body = string(p.Body)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(line)
	return b.Bytes(), err
}
