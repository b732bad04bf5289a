package sentrytest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// A small event with an id.
const (
	vectorJSON = `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","message":"hi"}`
	vectorID   = "fc6d8c0c43fc4630ad850ee518f1b9d0"
)

// reply is what a client sees of an answer.
type reply struct {
	Status int
	Header http.Header
	Body   string
}

// detail reads the two texts of a failure's body.
func (r reply) detail(t *testing.T) (string, []string) {
	t.Helper()
	var body struct {
		Detail string
		Causes []string
	}
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		t.Fatalf("answer %q: %v", r.Body, err)
	}
	return body.Detail, body.Causes
}

// send makes one request; header lines are "Name: value".
func send(t *testing.T, srv *sentrytest.Server, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := trySend(t, srv, method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func trySend(t *testing.T, srv *sentrytest.Server, method, path, body string, headers ...string) (reply, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		req.Header.Add(name, strings.TrimSpace(value))
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

const (
	storePath    = "/api/1/store/"
	envelopePath = "/api/1/envelope/"
	authLine     = "X-Sentry-Auth: Sentry sentry_key=public"
)

// store posts an event with auth.
func store(t *testing.T, srv *sentrytest.Server, body string, headers ...string) reply {
	t.Helper()
	return send(t, srv, http.MethodPost, storePath, body, append([]string{authLine}, headers...)...)
}

// envelope posts an envelope with auth.
func envelope(t *testing.T, srv *sentrytest.Server, body string, headers ...string) reply {
	t.Helper()
	return send(t, srv, http.MethodPost, envelopePath, body, append([]string{authLine}, headers...)...)
}

func message(text string) string {
	return fmt.Sprintf(`{"message":%q}`, text)
}

func unbase64(t *testing.T, text string) string {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// compress runs data through a compressing writer.
func compress(t testing.TB, data []byte, newWriter func(io.Writer) io.WriteCloser) string {
	t.Helper()
	var buf bytes.Buffer
	w := newWriter(&buf)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// fakeTB is a test that can fail without failing this one. Fatalf panics with
// fatal, as Goexit would end more than is wanted; see run.
type fakeTB struct {
	mu       sync.Mutex
	failures []string
	logs     []string
	cleanups []func()
}

type fatal struct{}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failures = append(f.failures, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(fatal{})
}

func (f *fakeTB) Logf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logs = append(f.logs, fmt.Sprintf(format, args...))
}

func (f *fakeTB) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.failures) > 0
}

// run runs a fake test with its cleanups and returns its failures, joined.
func run(t *testing.T, test func(tb *fakeTB)) (failures, logs string) {
	t.Helper()
	f := &fakeTB{}
	func() {
		defer func() {
			if r := recover(); r != nil && r != (fatal{}) {
				panic(r)
			}
		}()
		test(f)
	}()
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
	return strings.Join(f.failures, "\n"), strings.Join(f.logs, "\n")
}

// postEvent sends an event until ctx ends.
func postEvent(ctx context.Context, srv *sentrytest.Server, event string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL()+storePath, strings.NewReader(event))
	if err != nil {
		return err
	}
	req.Header.Set("X-Sentry-Auth", "Sentry sentry_key=public")
	resp, err := srv.Client().Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func flagIsSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() == "true"
}
