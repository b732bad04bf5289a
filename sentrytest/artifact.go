package sentrytest

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// artifactsVariable names the folder for what failed tests leave behind.
const artifactsVariable = "SENTRYTEST_ARTIFACTS"

// Artifact is what a server or tenant had received, read back from a file. When
// a test has failed, its server and its tenants each write one, as
// TestName.jsonl, with a page for people beside it, TestName.html, and log the
// paths. The folder is $SENTRYTEST_ARTIFACTS; else the test's own, if it has
// the method ArtifactDir (Go 1.26) and keeps what is in it (go test
// -artifacts); else one below the folder for temporary files.
//
// An Artifact is a [Source]: the Require functions work on it. Its methods
// return what those of [Server] returned when the file was written. They are
// safe for concurrent use and return copies.
//
// # Format
//
// Each line is a JSON object whose "type" says what it is. The first is
// "sentrytest", with "version" (1), "test", "server" (a URL), "time" and
// "dropped" (how many requests MaxHistory had dropped). The others are
// "request", in the order of arrival: the fields of [Request] and [Answer] in
// snake_case; "body", or "body_base64" if it is not UTF-8; "accepted";
// "event_id", where the server has one, and "event_ids" for browser reports
// that came together; and "rejection" with "status", "reason" and "causes".
// What is derived from the body is not repeated. Readers pass over lines and
// fields that they don't know.
type Artifact struct {
	Test    string    // "" when there was none, or it had no name
	Server  string    // the URL that the server had
	Time    time.Time // when the file was written
	Dropped int       // requests that are missing at the front, because of MaxHistory

	scope
}

// WriteArtifact writes what the server has received in the format of
// [Artifact]. The error is the writer's.
func (s *Server) WriteArtifact(w io.Writer) error {
	return writeArtifact(w, s.about(testName(s.tb)), &s.scope)
}

// WriteArtifact is [Server.WriteArtifact] for what the tenant owns.
func (t *Tenant) WriteArtifact(w io.Writer) error {
	return writeArtifact(w, t.srv.about(t.test), &t.scope)
}

// keepArtifact writes both files for a failed test and logs where they are.
func keepArtifact(tb TB, about artifactHead, src *scope) {
	tb.Helper()
	if len(src.Requests()) == 0 {
		return
	}
	lines, page, err := saveArtifact(tb, about, src)
	if err != nil {
		tb.Logf("sentrytest: what %s received could not be saved: %v", about.Server, err)
		return
	}
	tb.Logf("sentrytest: what %s received is in\n    %s\n    %s", about.Server, page, lines)
}

func saveArtifact(tb TB, about artifactHead, src *scope) (lines, page string, err error) {
	dir, err := artifactDir(tb)
	if err != nil {
		return "", "", err
	}
	f, err := createNumbered(dir, fileName(about.Test), ".jsonl")
	if err != nil {
		return "", "", err
	}
	lines = f.Name()
	if err := errors.Join(writeArtifact(f, about, src), f.Close()); err != nil {
		return "", "", err
	}
	page = strings.TrimSuffix(lines, ".jsonl") + ".html"
	h, err := os.Create(page)
	if err != nil {
		return "", "", err
	}
	return lines, page, errors.Join(writePage(h, about, src), h.Close())
}

func artifactDir(tb TB) (string, error) {
	if dir := os.Getenv(artifactsVariable); dir != "" {
		dir, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		return dir, os.MkdirAll(dir, 0o755)
	}
	if a, ok := tb.(interface{ ArtifactDir() string }); ok && artifactsAreKept() {
		return a.ArtifactDir(), nil
	}
	return os.MkdirTemp("", "sentrytest-artifacts-")
}

// artifactsAreKept is false for a test binary that removes the folder of
// ArtifactDir in the end, as it does without the flag -artifacts.
func artifactsAreKept() bool {
	f := flag.Lookup("test.artifacts")
	return f == nil || f.Value.String() == "true"
}

func fileName(test string) string {
	name := strings.ReplaceAll(unsafeInNames.ReplaceAllString(test, "_"), "/", "_")
	if strings.Trim(name, ".") == "" {
		return "sentrytest"
	}
	return name
}

// createNumbered makes a file that was not there before: a test may have
// several servers, and run several times.
func createNumbered(dir, name, suffix string) (*os.File, error) {
	for n := 1; ; n++ {
		path := filepath.Join(dir, name+suffix)
		if n > 1 {
			path = filepath.Join(dir, fmt.Sprintf("%s-%d%s", name, n, suffix))
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}
