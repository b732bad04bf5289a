package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// spooled is a spool_dir with events for a DSN.
type spooled struct {
	t   *testing.T
	dir string
	dsn *transport.DSN
}

func newSpooled(t *testing.T, dsn string) *spooled {
	t.Helper()
	s := &spooled{t: t, dir: filepath.Join(t.TempDir(), "spool")}
	return s.of(dsn)
}

// of returns the same directory for another DSN.
func (s *spooled) of(dsn string) *spooled {
	s.t.Helper()
	parsed, err := transport.ParseDSN(dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	return &spooled{t: s.t, dir: s.dir, dsn: parsed}
}

// with returns the DSN with the spool_dir and other options.
func (s *spooled) with(options ...string) string {
	dsn := s.dsn.Clone()
	dsn.Options.Set("spool_dir", s.dir)
	for i := 0; i < len(options); i += 2 {
		dsn.Options.Set(options[i], options[i+1])
	}
	return dsn.Reveal()
}

// away is a server that nobody reaches.
type away struct{}

func (away) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	return nil, &transport.NetworkError{EventID: p.EventID, Host: "h:1", Err: &fs.PathError{Op: "dial", Path: "h", Err: os.ErrDeadlineExceeded}}
}

func (away) Close(context.Context) error { return nil }

// program opens the spool as a program does, and captures events. The result
// ends it.
func (s *spooled) program(messages ...string) (ids []string, end func()) {
	s.t.Helper()
	tr, err := transport.NewSpool(away{}, s.dsn, transport.SpoolConfig{Dir: s.dir})
	if err != nil {
		s.t.Fatal(err)
	}
	for i, message := range messages {
		id := fmt.Sprintf("%032x", 0xabc0+i)
		ids = append(ids, id)
		event, err := json.Marshal(map[string]any{"event_id": id, "message": message, "level": "error", "timestamp": 1, "platform": "go"})
		if err != nil {
			s.t.Fatal(err)
		}
		tr.SendAsync(context.Background(), &transport.Packet{
			URL: s.dsn.EnvelopeURL(), EventID: id, Category: "error",
			Header: http.Header{
				"Content-Type":  {"application/x-sentry-envelope"},
				"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_client=raven.go/1, sentry_key=" + s.dsn.PublicKey + ", sentry_secret=" + secret},
			},
			Body: fmt.Appendf(nil, "{\"event_id\":%q}\n{\"type\":\"event\",\"length\":%d}\n%s\n", id, len(event), event),
		}, nil)
	}
	end = func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = tr.Close(ctx) // it reports what stays
	}
	return ids, end
}

// left leaves events as a program that has ended.
func (s *spooled) left(messages ...string) []string {
	s.t.Helper()
	ids, end := s.program(messages...)
	end()
	return ids
}

// waiting returns the ids of the events that wait.
func (s *spooled) waiting() (ids []string) {
	s.t.Helper()
	err := transport.ReadSpool(s.dir, func(p transport.SpooledPacket) bool {
		ids = append(ids, p.EventID)
		return true
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return ids
}

func (s *spooled) files() (names []string) {
	s.t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return names
}

const anyDSN = "http://key:" + secret + "@sentry.example/1"

func TestSpoolLs(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids := s.left("disk full\nand more", "net down")
	other := s.of("http://other:" + secret + "@sentry.example/2")
	_, end := other.program("third")
	r := runRaven(t, "spool", "ls", s.dir)
	end()
	g.Expect(r.code).To(BeZero())
	g.Expect(r.errs).To(BeEmpty())
	g.Expect(r.out).To(MatchRegexp(`^` + transport.SpoolDir(s.dir, s.dsn) + `

ID                                AGE  TRIES  SIZE       KIND   HELD  EVENT
` + ids[0] + `  \d+s +\d +20\d bytes  error  no    disk full
` + ids[1] + `  \d+s +\d +19\d bytes  error  no    net down

2 events, 3\d\d bytes, the oldest \d+s old\.

` + transport.SpoolDir(s.dir, other.dsn) + `

ID .*
` + ids[0] + ` .* yes   third

1 event, 19\d bytes, \d+s old; a running process holds and delivers it\.

In all: 3 events, \d+ bytes, the oldest \d+s old; running processes hold and deliver 1 of them\.
$`))
	before := s.files()
	for _, args := range [][]string{{transport.SpoolDir(s.dir, s.dsn)}, {}, {s.with()}} {
		t.Setenv("SENTRY_DSN", s.with())
		r := runRaven(t, append([]string{"spool", "ls"}, args...)...)
		g.Expect(r.code).To(BeZero())
		g.Expect(r.out).To(ContainSubstring("net down"))
	}
	g.Expect(s.files()).To(Equal(before))
}

func TestSpoolLsAsJSON(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids := s.left("disk full")
	r := runRaven(t, "spool", "ls", "--format=json", s.dir)
	g.Expect(r.code).To(BeZero())
	var row spoolRow
	g.Expect(json.Unmarshal([]byte(r.out), &row)).To(Succeed())
	g.Expect(time.Since(row.Accepted)).To(BeNumerically("<", time.Hour))
	row.Accepted, row.Attempts, row.Bytes = time.Time{}, 0, 0
	g.Expect(row).To(Equal(spoolRow{
		ID: ids[0], EventID: ids[0], Kind: "error", ContentType: "application/x-sentry-envelope", Endpoint: "envelope/",
		Event: "disk full", Dir: transport.SpoolDir(s.dir, s.dsn),
	}))
}

func TestEmptySpool(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	g.Expect(runRaven(t, "spool", "ls", dir)).To(Equal(result{0, "No events wait in " + dir + ".\n", ""}))
	g.Expect(runRaven(t, "spool", "ls", "--format=json", dir)).To(Equal(result{}))
	g.Expect(runRaven(t, "spool", "drop", "--all", "--yes", dir)).To(Equal(result{0, "No events wait in " + dir + ".\n", ""}))
	r := runRaven(t, "spool", "retry", "--dir", dir, anyDSN)
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(HavePrefix("Nothing to deliver for http://key:"))
	g.Expect((&spooled{t: t, dir: dir}).files()).To(HaveLen(1), "nothing is made")
}

func TestHeadlines(t *testing.T) {
	g := NewWithT(t)
	for event, want := range map[string]string{
		`{"message":"m"}`: "m",
		`{"logentry":{"message":"a %s","formatted":"a b"}}`:                   "a b",
		`{"message":{"formatted":"x"},"transaction":"GET /"}`:                 "GET /",
		`{"exception":{"values":[{"type":"A"},{"type":"B","value":"late"}]}}`: "B: late",
		`{"exception":{"values":[{"value":"late"}]}}`:                         "late",
		`{"exception":{"values":[{"type":"B"}]}}`:                             "B",
		`[]`:  "",
		`{"a`: "",
		`{"message":"` + strings.Repeat("ü", 200) + `"}`: strings.Repeat("ü", 119) + "…",
	} {
		g.Expect(headline(transport.SpooledPacket{Body: []byte(event)})).To(Equal(want))
	}
}

func TestSpoolShow(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids := s.left("disk full", "net down")
	for _, id := range []string{ids[1], strings.ToUpper(ids[1]), "00000000-0000-0000-0000-00000000abc1"} {
		r := runRaven(t, "spool", "show", id, s.dir)
		g.Expect(r.code).To(BeZero())
		g.Expect(r.out).To(MatchRegexp(`^id          ` + ids[1] + `
accepted    \S+Z, \d+s ago
attempts    \d failed
kind        error, application/x-sentry-envelope for envelope/
size        \d+ bytes
file        lane-0001/\d+/\d+ in ` + transport.SpoolDir(s.dir, s.dsn) + `

\{
  "event_id": "` + ids[1] + `"
\}

item \{"type":"event","length":\d+\}
\{
  "event_id": "` + ids[1] + `",
  "level": "error",
  "message": "net down",
  "platform": "go",
  "timestamp": 1
\}
$`))
	}
	r := runRaven(t, "spool", "show", strings.Repeat("1", 32), s.dir)
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.errs).To(Equal("raven: no event " + strings.Repeat("1", 32) + " waits in " + s.dir + "\n  fix: raven spool ls lists those that wait; others are delivered or lost\n"))
}

func TestRequestParts(t *testing.T) {
	for body, want := range map[string][]string{
		"{\"a\":1}":                               {`{"a":1}`},
		"{}\n{\"type\":\"a\"}\nx\n":               {"{}", `*{"type":"a"}`, "x"},
		"{}\n{\"length\":3}\na\nb\n{}\nrest":      {"{}", `*{"length":3}`, "a\nb", "*{}", "rest"},
		"{}\n{\"length\":99}\nshort":              {"{}", `*{"length":99}`, "short"},
		"{}\n{\"length\":-1}\nline\nnot a header": {"{}", `*{"length":-1}`, "line", "*not a header", ""},
		"{}\n": {"{}"},
	} {
		var found []string
		for _, p := range requestParts(transport.SpooledPacket{Body: []byte(body), Endpoint: "envelope/"}) {
			star := ""
			if p.isItem {
				star = "*"
			}
			found = append(found, star+string(p.text))
		}
		NewWithT(t).Expect(found).To(Equal(want), "%q", body)
	}
}

func TestSpoolDrop(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids := s.left("one", "two", "three")

	r := runRaven(t, "spool", "drop", ids[1], s.dir)
	g.Expect(r).To(Equal(result{
		1, "1 event would be removed:\n  " + ids[1] + "  two\n",
		"raven: nothing was removed\n  fix: add --yes to remove them for good; raven spool retry delivers them\n",
	}))
	g.Expect(s.waiting()).To(Equal(ids))

	r = runRaven(t, "spool", "drop", "--yes", ids[1], s.dir)
	g.Expect(r).To(Equal(result{0, "1 event removed:\n  " + ids[1] + "  two\n", ""}))
	g.Expect(s.waiting()).To(Equal([]string{ids[0], ids[2]}))

	t.Setenv("SENTRY_DSN", s.with())
	r = runRaven(t, "spool", "drop", "--yes", ids[1], ids[0])
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.out).To(Equal("1 event removed:\n  " + ids[0] + "  one\n"))
	g.Expect(r.errs).To(HavePrefix("raven: no such event waits in " + s.dir + ": " + ids[1] + "\n"))

	r = runRaven(t, "spool", "drop", "--yes", "--all")
	g.Expect(r).To(Equal(result{0, "1 event removed:\n  " + ids[2] + "  three\n", ""}))
	g.Expect(s.waiting()).To(BeEmpty())
}

func TestSpoolDropLeavesWhatAProcessHolds(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids, end := s.program("one")
	defer end()
	for _, args := range [][]string{{"--all"}, {ids[0]}, {"--yes", "--all"}, {"--yes", ids[0]}} {
		r := runRaven(t, append(append([]string{"spool", "drop"}, args...), s.dir)...)
		g.Expect(r).To(Equal(result{
			1, "1 event left to running processes:\n  " + ids[0] + "  one\n",
			"raven: not removed: 1 event\n  fix: a running process holds and delivers what is left: end it first\n",
		}))
	}
	g.Expect(s.waiting()).To(Equal(ids))
}

func TestSpoolDropNamesTheFirstOfMany(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	s.left(make([]string, 25)...)
	r := runRaven(t, "spool", "drop", "--yes", "--all", s.dir)
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(And(HavePrefix("25 events removed:\n"), HaveSuffix("  and 5 more\n")))
}

func TestSpoolRetry(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	ids := s.left("one", "two", "three")
	s.of(anyDSN).left("of another")
	files := s.files()

	r := runRaven(t, "spool", "retry", s.with())
	g.Expect(r).To(Equal(result{0, "3 events delivered. The directory has 1 event of other DSNs.\n", ""}))
	var arrived []string
	for _, e := range srv.Events() {
		arrived = append(arrived, e.EventID)
	}
	g.Expect(arrived).To(ConsistOf(ids))
	g.Expect(files).To(ContainElements(s.files()), "no lane was made")

	r = runRaven(t, "spool", "retry", "--dir", s.dir, dsnOf(srv))
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(And(HavePrefix("Nothing to deliver for http"), HaveSuffix(" The directory has 1 event of other DSNs.\n")))
	s.left("again")
	r = runRaven(t, "spool", "retry", "--dir", transport.SpoolDir(s.dir, s.dsn), dsnOf(srv, "overflow", "block"))
	g.Expect(r.out).To(HavePrefix("1 event delivered."), "the directory of the DSN")
}

func TestSpoolRetryThroughEveryTransportWithASpool(t *testing.T) {
	srv := sentrytest.NewServer(t)
	tried := 0
	for _, d := range transport.DefaultRegistry().Drivers() {
		for _, scheme := range d.Schemes {
			if d.Sink != "server" || !strings.HasSuffix(scheme, "http") || !(&target{driver: &d}).hasSpool() {
				continue
			}
			tried++
			t.Run(scheme, func(t *testing.T) {
				g := NewWithT(t)
				srv.Clear()
				s := newSpooled(t, srv.DSN(sentrytest.DSNScheme(strings.TrimSuffix(strings.TrimSuffix(scheme, "http"), "+")), sentrytest.DSNSecret(secret)))
				s.left("one")
				g.Expect(runRaven(t, "spool", "retry", s.with())).To(Equal(result{0, "1 event delivered.\n", ""}))
				sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("one"))
			})
		}
	}
	NewWithT(t).Expect(tried).To(BeNumerically(">", 4))
}

func TestSpoolRetryWhenTheServerRefuses(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv, "workers", "1"))
	s.left("one", "two", "three")
	srv.Script(sentrytest.OK(), sentrytest.Status(413), sentrytest.OK())
	r := runRaven(t, "spool", "retry", s.with())
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.out).To(Equal("2 events delivered, 1 refused.\n"))
	g.Expect(r.errs).To(MatchRegexp(`^raven: 1 event refused or lost, and removed from the directory\n  server refused event ` + anID + ` with status 413.*\n  fix: send less data`))
	g.Expect(s.waiting()).To(BeEmpty())
}

// Close may make one more attempt.
func TestSpoolRetryWhenTheKeyIsWrong(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv, "workers", "1"))
	s.left("one", "two", "three")
	srv.Script(sentrytest.Status(403))
	r := runRaven(t, "spool", "retry", s.with())
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.out).To(Or(Equal("0 events delivered, 1 refused, 2 left.\n"), Equal("1 event delivered, 1 refused, 1 left.\n")))
	g.Expect(r.errs).To(And(MatchRegexp("\n  [12] events? left in "+transport.SpoolDir(s.dir, s.dsn)), ContainSubstring("fix: compare the DSN")))
	g.Expect(s.waiting()).NotTo(BeEmpty())
}

func TestSpoolRetryWhenTheServerAsksForALongWait(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv, "workers", "1"))
	s.left("one", "two")
	srv.Script(sentrytest.Status(503).RetryAfter("600"))
	r := runRaven(t, "spool", "retry", s.with())
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.out).To(Or(Equal("0 events delivered, 2 left.\n"), Equal("1 event delivered, 1 left.\n")))
	g.Expect(r.errs).To(And(ContainSubstring("with status 503"), ContainSubstring("fix: ")))
	g.Expect(s.waiting()).NotTo(BeEmpty())
}

// through returns a registry whose scheme test+http has a spool before another
// transport.
func through(t *testing.T, next transport.Transport, workers int) *transport.Registry {
	t.Helper()
	registry := transport.NewRegistry()
	err := registry.RegisterFunc("test+http", func(dsn *transport.DSN, _ transport.Env) (transport.Transport, error) {
		return transport.NewThreaded(next, transport.ThreadedConfig{
			Workers: workers, Spool: transport.SpoolConfig{Dir: dsn.Option("spool_dir"), DSN: dsn},
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return registry
}

func TestSpoolRetryWhenNobodyAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := newSpooled(t, "test+"+anyDSN)
		ids := s.left("one", "two")
		start := time.Now()
		r := runWith(t, through(t, away{}, 1), "spool", "retry", s.with())
		g.Expect(r.code).To(Equal(1))
		g.Expect(r.out).To(Equal("0 events delivered, 2 left.\n"))
		g.Expect(r.errs).To(And(ContainSubstring("\nraven: 2 events left in "+transport.SpoolDir(s.dir, s.dsn)+": event 0"), ContainSubstring("fix: the server took more than 5s")))
		g.Expect(time.Since(start)).To(BeNumerically("~", 5*time.Second, 2*time.Second), "1 s and 4 s between three attempts")
		g.Expect(s.waiting()).To(Equal(ids))
	})
}

func TestSpoolRetryShowsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := newSpooled(t, "test+"+anyDSN)
		s.left(make([]string, 7)...)
		r := runWith(t, through(t, slowTransport(700*time.Millisecond), 1), "spool", "retry", s.with())
		g.Expect(r).To(Equal(result{0, "7 events delivered.\n", "raven: 2 of 7 delivered, 0 lost, 2s\nraven: 5 of 7 delivered, 0 lost, 4s\n"}))
	})
}

// unavailable is a server that answers 503.
type unavailable struct{ away }

func (unavailable) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	return nil, &transport.APIError{EventID: p.EventID, Status: 503}
}

func TestSpoolRetryOfAnEventThatAlwaysFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := newSpooled(t, "test+"+anyDSN)
		ids := s.left("one")
		start := time.Now()
		r := runWith(t, through(t, unavailable{}, 4), "spool", "retry", s.with())
		g.Expect(r.code).To(Equal(1))
		g.Expect(r.out).To(Equal("0 events delivered, 1 left.\n"))
		g.Expect(r.errs).To(HaveSuffix(": the server has accepted no event for too long\n  fix: raven doctor, with the same DSN, finds out why\n"))
		g.Expect(time.Since(start)).To(BeNumerically("<", time.Minute))
		g.Expect(s.waiting()).To(Equal(ids))
	})
}

// The limits of the program may be less than what it has left.
func TestSpoolRetryRemovesNothingToMakeRoom(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	_, endFirst := s.program(strings.Repeat("x", 500))
	_, endSecond := s.program(strings.Repeat("y", 500))
	endSecond()
	endFirst()
	r := runRaven(t, "spool", "retry", s.with("spool_bytes", "600"))
	g.Expect(r).To(Equal(result{0, "2 events delivered.\n", ""}))
}

// A process that starts may take the events that were free a moment ago.
func TestSpoolRetryWhenAnotherProcessIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := newSpooled(t, "test+"+anyDSN)
		ids := s.left("one")
		start := time.Now()
		registry := through(t, slowTransport(0), 1)
		d := registry.Drivers()[0]
		open := d.Open
		var end func()
		d.Open = func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
			_, end = s.program()
			return open(dsn, env)
		}
		g.Expect(registry.Replace(d)).To(Succeed())
		r := runWith(t, registry, "spool", "retry", s.with())
		end()
		g.Expect(time.Since(start)).To(BeNumerically("<", 10*time.Second))
		g.Expect(r.code).To(BeZero())
		g.Expect(r.out).To(Equal("0 events delivered. A running process holds and delivers 1 event.\n"))
		g.Expect(s.waiting()).To(Equal(ids))
	})
}

func TestSpoolRetryLeavesWhatAProcessHolds(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	ids, end := s.program("one")
	defer end()
	r := runRaven(t, "spool", "retry", s.with())
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(And(HavePrefix("Nothing to deliver for "), HaveSuffix(" A running process holds and delivers 1 event.\n")))
	g.Expect(s.waiting()).To(Equal(ids))
	g.Expect(srv.Requests()).To(BeEmpty())
}

func TestInterruptedSpoolRetry(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv, "timeout", "60"))
	ids := s.left("one")
	srv.Script(sentrytest.Hang().Optional())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	g.Expect(run(ctx, []string{"spool", "retry", s.with()}, transport.DefaultRegistry(), &out, &errs)).To(Equal(1))
	g.Expect(errs.String()).To(ContainSubstring("1 event left in " + transport.SpoolDir(s.dir, s.dsn) + ": interrupted"))
	g.Expect(s.waiting()).To(Equal(ids))
}

func TestSpoolRetryForEveryTargetOfATee(t *testing.T) {
	g := NewWithT(t)
	first, second, third := sentrytest.NewServer(t), sentrytest.NewServer(t), sentrytest.NewServer(t)
	a := newSpooled(t, dsnOf(first))
	b := newSpooled(t, dsnOf(second))
	a.left("one")
	b.left("two")
	dsn, err := transport.ParseDSN("tee+" + a.with())
	g.Expect(err).NotTo(HaveOccurred())
	dsn.Options["to"] = []string{b.with(), dsnOf(third)}
	r := runRaven(t, "spool", "retry", dsn.Reveal())
	g.Expect(r).To(Equal(result{0, first.Addr() + ": 1 event delivered.\n" + second.Addr() + ": 1 event delivered.\n", ""}))
	sentrytest.RequireEvent(t, first, sentrytest.HasMessage("one"))
	sentrytest.RequireEvent(t, second, sentrytest.HasMessage("two"))
	g.Expect(third.Requests()).To(BeEmpty())
}

func TestSpoolUsageErrors(t *testing.T) {
	t.Setenv("SENTRY_DSN", "")
	dir := t.TempDir()
	nowhere := filepath.Join(dir, "nowhere")
	id := strings.Repeat("a", 32)
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"ls"}, "no directory given\n  fix: pass it as an argument, or set SENTRY_DSN"},
		{[]string{"ls", nowhere}, "cannot use the spool: open " + nowhere + ": no such file or directory\n  fix: check the path"},
		{[]string{"ls", anyDSN}, "has no spool_dir\n  fix: add it to the DSN"},
		{[]string{"ls", "nonsense://"}, "invalid DSN"},
		{[]string{"ls", "--format=xml", dir}, "--format must be one of"},
		{[]string{"show"}, `expected "<id>`},
		{[]string{"show", id, nowhere}, "no such file"},
		{[]string{"drop", dir}, "no events given: want their ids, or --all\n  fix: raven spool drop --help"},
		{[]string{"drop", "nothing", id}, `"nothing" is not an event's id`},
		{[]string{"drop", "--all", id}, "--all removes every event: give either it or ids"},
		{[]string{"drop", "--all", "--yes", nowhere}, "no such file"},
		{[]string{"drop", "--all"}, "no directory given"},
		{[]string{"retry", anyDSN}, "has no spool_dir"},
		{[]string{"retry", "--dir", nowhere, anyDSN}, "no such file"},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			g := NewWithT(t)
			r := runRaven(t, append([]string{"spool"}, tc.args...)...)
			g.Expect(r.code).To(Equal(1))
			g.Expect(r.errs).To(And(HavePrefix("raven: "), ContainSubstring(tc.says)))
		})
	}
}

func TestSpoolRetryNeedsATransportWithASpool(t *testing.T) {
	g := NewWithT(t)
	s := newSpooled(t, anyDSN)
	ids := s.left("one")
	r := runRaven(t, "spool", "retry", "--dir", s.dir, "stderr+"+anyDSN)
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.errs).To(And(ContainSubstring("has no spool\n"), ContainSubstring("fix: begin the DSN with threaded+")))
	r = runRaven(t, "spool", "retry", "--dir", s.dir, "sync+"+anyDSN)
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.errs).To(ContainSubstring(`unknown option "spool_dir"`))
	g.Expect(s.waiting()).To(Equal(ids))
}

// Root may write everywhere. The program could not read its files.
func TestSpoolsOfOtherUsers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	ids := s.left("one")
	own := transport.SpoolDir(s.dir, s.dsn)
	g.Expect(os.Chown(own, 4711, -1)).To(Succeed())
	before := s.files()
	for _, args := range [][]string{{"retry", s.with()}, {"drop", "--yes", "--all", s.dir}} {
		r := runRaven(t, append([]string{"spool"}, args...)...)
		g.Expect(r.code).To(Equal(1))
		g.Expect(r.errs).To(HavePrefix("raven: " + own + " belongs to another user (uid 4711)"))
		g.Expect(r.errs).To(ContainSubstring("fix: run the command as that user, as in sudo -u '#4711' raven spool …\n"))
	}
	g.Expect(s.files()).To(Equal(before))
	g.Expect(s.waiting()).To(Equal(ids))
	g.Expect(runRaven(t, "spool", "ls", s.dir).code).To(BeZero())
}

// Other commands send events of their own only.
func TestCommandsLeaveTheSpoolAlone(t *testing.T) {
	srv, other := sentrytest.NewServer(t), sentrytest.NewServer(t)
	s, second := newSpooled(t, dsnOf(srv)), newSpooled(t, dsnOf(other))
	ids := s.left("one")
	second.left("two")
	tee, err := transport.ParseDSN("tee+" + s.with())
	if err != nil {
		t.Fatal(err)
	}
	tee.Options["to"] = []string{second.with()}
	inUse := newSpooled(t, dsnOf(srv))
	_, end := inUse.program()
	defer end()
	all := []*spooled{s, second, inUse}
	before := make([][]string, len(all))
	for i, s := range all {
		before[i] = s.files()
	}
	for _, dsn := range []string{s.with(), s.with("spool_sync", "fsync"), inUse.with(), tee.Reveal()} {
		for _, command := range []string{"send", "test", "doctor"} {
			t.Run(command, func(t *testing.T) {
				g := NewWithT(t)
				g.Expect(runRaven(t, command, dsn).code).To(BeZero())
				for i, s := range all {
					g.Expect(s.files()).To(Equal(before[i]))
				}
				g.Expect(s.waiting()).To(Equal(ids))
			})
		}
	}
	// They check the options all the same.
	for options, says := range map[string]string{
		s.with("spool_sync", "sometimes"): `option spool_sync="sometimes"`,
		s.with("spool_age", "90000h"):     `option spool_age="90000h"`,
		s.with("overflow", "block"):       `option overflow="block"`,
		"sync+" + s.with():                `unknown option "spool_dir"`,
		strings.Replace(s.with("spool_age", "1h"), "spool_dir", "spool_sync", 1): "spool_sync",
		dsnOf(srv, "spool_age", "1h"):                                            "no such option without spool_dir",
		"tee+" + dsnOf(srv, "to", second.with("spool_sync", "sometimes")):        `option spool_sync="sometimes"`,
		"tee+" + dsnOf(srv, "to", "sync+"+second.with()):                         `unknown option "spool_dir"`,
	} {
		for _, command := range []string{"send", "test"} {
			t.Run(command+" "+says, func(t *testing.T) {
				g := NewWithT(t)
				r := runRaven(t, command, options)
				g.Expect(r.code).To(Equal(1))
				g.Expect(flat(r.errs)).To(ContainSubstring(says))
			})
		}
	}
}

func TestDoctorOnASpool(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	own := transport.SpoolDir(s.dir, s.dsn)
	steps := stepsUntil("", "tls")
	withSpool := func(verdict string) []string {
		return append(append(append([]string{}, steps[:2]...), "spool="+verdict), steps[2:]...)
	}

	r := runRaven(t, "doctor", s.with())
	g.Expect(r.code).To(BeZero())
	g.Expect(verdicts(r.out)).To(Equal(withSpool("ok")))
	g.Expect(flat(r.out)).To(ContainSubstring("ok spool " + own + " can be written; no events wait"))
	_, err := os.Stat(s.dir)
	g.Expect(err).To(MatchError(fs.ErrNotExist))

	s.left("one", "two")
	_, end := s.program("three")
	r = runRaven(t, "doctor", s.with())
	g.Expect(flat(r.out)).To(MatchRegexp(`can be written; 3 events, \d+ bytes, the oldest \d+s old; running processes hold and deliver them`), "it has taken the others, too")
	end()
	g.Expect(os.MkdirAll(filepath.Join(own, "corrupt"), 0o700)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(own, "corrupt", "copy"), []byte("12345"), 0o600)).To(Succeed())
	r = runRaven(t, "doctor", s.with())
	g.Expect(r.code).To(BeZero())
	g.Expect(flat(r.out)).To(And(
		ContainSubstring("to deliver no process holds 3 events: the program's next start delivers them, or raven spool retry"),
		ContainSubstring("damaged 1 file with what is left of damaged events, 5 bytes")))
	g.Expect(s.waiting()).To(HaveLen(3))

	r = runRaven(t, "doctor", "stderr+"+s.with())
	g.Expect(flat(r.out)).To(ContainSubstring("skipped spool stderr+… keeps no spool"))
	t.Setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
	r = runRaven(t, "doctor", s.with())
	g.Expect(flat(r.out)).To(ContainSubstring("skipped spool the transport ignores spool_dir on this platform"))
}

func TestDoctorOnASpoolThatCannotBeUsed(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	s := newSpooled(t, dsnOf(srv))
	g.Expect(os.WriteFile(s.dir, nil, 0o600)).To(Succeed())
	r := runRaven(t, "doctor", s.with())
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.errs).To(Equal("raven: delivery fails at the step \"spool\"\n"))
	g.Expect(verdicts(r.out)).To(ContainElements("spool=FAIL", "answer=ok"), "the network is examined all the same")
	g.Expect(flat(r.out)).To(And(ContainSubstring(`option spool_dir="`+s.dir+`"`), ContainSubstring("not a directory"),
		ContainSubstring("fix spool_dir is a directory on this machine: check that the user")))
}
