package transport_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

const richEvent = `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","level":"error","logentry":{"formatted":"two\nlines"},"transaction":"GET /x",` +
	`"release":"1.2","environment":"prod","server_name":"db1","user":{"id":"7"},"breadcrumbs":{"values":[{"level":"info","category":"sql","message":"select 1"}]},"tags":{"b":"2","a":"1"},"extra":{"n":{"x":1}},"exception":{"values":[` +
	`{"type":"*fs.PathError","value":"open x"},{"type":"*app.Error","value":"boom","stacktrace":{"frames":[` +
	`{"function":"main","module":"main","filename":"main/main.go","lineno":7},{"function":"run","module":"main","filename":"main/run.go","abs_path":"/src/run.go","lineno":9}]}}]}}`

func envelope(payload string) []byte {
	return []byte("{}\n{\"type\":\"event\"}\n" + payload + "\n")
}

func TestStderrPrintsForPeople(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	tr := open(t, "stderr+https://k:SECRET@h/1?timeout=5&queue_size=3", transport.Env{Stderr: &out})
	_, err := tr.Send(t.Context(), &transport.Packet{URL: "https://h/api/1/envelope/", EventID: eventID, Body: envelope(richEvent)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.String()).To(Equal(`raven: event fc6d8c0c43fc4630ad850ee518f1b9d0 for https://h/api/1/envelope/, not sent
  level        error
  message      two
               lines
  transaction  GET /x
  release      1.2
  environment  prod
  server       db1
  user         id=7
  tag          a=1
  tag          b=2
  extra        n={"x":1}
  exception    *app.Error: boom
    main.run (/src/run.go:9)
    main.main (main/main.go:7)
  exception    *fs.PathError: open x
  breadcrumb   info sql: select 1
`))
}

// Printed text must not control the terminal.
func TestStderrPrintsNoEscapeSequences(t *testing.T) {
	for name, body := range map[string][]byte{
		"in an event":         envelope(`{"message":"a\u001b[2Jb\u009bc\u007f","tags":{"k\u0007":"\u202e"}}`),
		"outside of an event": []byte("{}\n{\"type\":\"log\x1b[2J\"}\n\x9b\n"),
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var out bytes.Buffer
			_, err := transport.NewStderr(transport.StderrConfig{Writer: &out}).Send(t.Context(), &transport.Packet{EventID: "x\x1b", Body: body})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(out.String()).To(ContainSubstring(`\x1b[2J`))
			g.Expect(strings.Trim(out.String(), "\n")).NotTo(MatchRegexp(`[^\PC\n]`))
		})
	}
}

func TestStderrPrintsUnreadablePackets(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	tr := transport.NewStderr(transport.StderrConfig{Writer: &out})
	_, err := tr.Send(t.Context(), &transport.Packet{URL: "https://h/", EventID: "x", Body: []byte("{}\n{\"type\":\"session\"}\n{}\n")})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.String()).To(Equal("raven: packet x for https://h/, not sent\n  {}\n  {\"type\":\"session\"}\n  {}\n"))
}

func TestStderrAndFileIgnoreFurtherItems(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	tr := transport.NewStderr(transport.StderrConfig{Writer: &out})
	event := `{"logentry":{"formatted":"boom"}}`
	body := fmt.Sprintf("{}\n{\"type\":\"event\",\"length\":%d}\n%s\n{\"type\":\"client_report\",\"length\":2}\n{}\n", len(event), event)
	_, err := tr.Send(t.Context(), &transport.Packet{URL: "https://h/", EventID: "x", Body: []byte(body)})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(out.String()).To(Equal("raven: event x for https://h/, not sent\n  message      boom\n"))
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, fs.ErrPermission }

func TestStderrAndFileCloseAndFailLikeOthers(t *testing.T) {
	g := NewWithT(t)
	tr := transport.NewStderr(transport.StderrConfig{Writer: brokenWriter{}})
	_, err := tr.Send(t.Context(), &transport.Packet{EventID: "x"})
	g.Expect(err).To(MatchError(fs.ErrPermission))
	g.Expect(tr.Close(t.Context())).To(Succeed())
	g.Expect(tr.Close(t.Context())).To(Succeed())
	_, err = tr.Send(t.Context(), &transport.Packet{EventID: "x"})
	g.Expect(err).To(MatchError(transport.ErrClosed))
}

// lines reads a file of JSON lines.
func lines(t *testing.T, path string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for line := range strings.Lines(string(data)) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func TestFileAppendsLines(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events.jsonl")
	for range 2 {
		tr := open(t, "file+http://k@h/1?verify_ssl=0&path="+path, transport.Env{})
		_, err := tr.Send(t.Context(), &transport.Packet{URL: "http://h/api/1/envelope/", EventID: eventID, Category: "error", Body: envelope(richEvent)})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(tr.Close(t.Context())).To(Succeed())
	}
	tr := open(t, "file+http://k@h/1?path="+path, transport.Env{})
	_, err := tr.Send(t.Context(), &transport.Packet{URL: "http://h/api/1/envelope/", EventID: "s", Category: "session", Body: []byte("{}\n{\"type\":\"session\"}\n{}")})
	g.Expect(err).NotTo(HaveOccurred())

	got := lines(t, path)
	g.Expect(got).To(HaveLen(3))
	g.Expect(got[1]).To(HaveKeyWithValue("event_id", eventID))
	g.Expect(got[1]).To(HaveKeyWithValue("url", "http://h/api/1/envelope/"))
	g.Expect(got[1]).To(HaveKeyWithValue("event", HaveKeyWithValue("release", "1.2")))
	g.Expect(got[2]).To(HaveKeyWithValue("body", "{}\n{\"type\":\"session\"}\n{}"))
	info, err := os.Stat(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(info.Mode().Perm()).To(Equal(fs.FileMode(0o600)))
}

func TestFileKeepsLinesWhole(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "events.jsonl")
	var writers sync.WaitGroup
	for range 4 {
		tr := open(t, "file+http://k@h/1?path="+path, transport.Env{})
		for range 4 {
			writers.Go(func() {
				for range 25 {
					_, _ = tr.Send(t.Context(), &transport.Packet{EventID: eventID, Body: envelope(richEvent)})
				}
			})
		}
	}
	writers.Wait()
	g.Expect(lines(t, path)).To(HaveLen(400))
}

func TestFileThatCannotBeWritten(t *testing.T) {
	g := NewWithT(t)
	err := openError(t, "file+http://k@h/1?path=/no/such/folder/x", transport.Env{})
	var bad *transport.OptionError
	g.Expect(errors.As(err, &bad)).To(BeTrue())
	g.Expect(bad.Option).To(Equal("path"))
	g.Expect(err).To(MatchError(fs.ErrNotExist))
}

// The prefix can be put before any DSN.
func TestStderrAndFileAcceptTheOptionsOfOthers(t *testing.T) {
	registry := transport.DefaultRegistry().Clone()
	third := transport.Driver{
		Schemes: []string{"third+https"},
		Options: []transport.OptionSpec{{Name: "boxes", Allowed: "few", Check: func(s string) error {
			if s != "few" {
				return errors.New("too many")
			}
			return nil
		}}},
		Open: func(*transport.DSN, transport.Env) (transport.Transport, error) {
			return nil, errors.New("not to be opened")
		},
	}
	if err := registry.Register(third); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"stderr+https", "file+https"} {
		for query, bad := range map[string]string{
			"pool_size=3": "", "maximum_outstanding_requests=3": "", "qsize=4": "", "queue_size=4": "", "workers=2": "", "overflow=block": "",
			"timeout=2&verify_ssl=0&keepalive=0&protocol=store": "", "shutdown_timeout=1": "",
			"to=" + url.QueryEscape("sync+https://k@h/2?timeout=2"): "", "boxes=few": "", "path=" + filepath.Join(t.TempDir(), "f"): "",
			"pool_size=0": "pool_size", "qsize=x": "qsize", "to=nonsense": "to", "boxes=many": "boxes", "timeout=-1": "timeout", "nonsense=1": "nonsense",
		} {
			t.Run(scheme+"?"+query, func(t *testing.T) {
				g := NewWithT(t)
				t.Chdir(t.TempDir())
				d, err := transport.ParseDSN(scheme + "://k@h/1?" + query)
				g.Expect(err).NotTo(HaveOccurred())
				tr, err := registry.Open(d, transport.Env{Stderr: io.Discard})
				if bad == "" {
					g.Expect(err).NotTo(HaveOccurred())
					g.Expect(tr.Close(t.Context())).To(Succeed())
					return
				}
				var option *transport.OptionError
				g.Expect(errors.As(err, &option)).To(BeTrue(), "%v", err)
				g.Expect(option.Option).To(Equal(bad))
			})
		}
	}
}
