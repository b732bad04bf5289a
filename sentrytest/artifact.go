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

// artifactsVariable names the folder for the files of failed tests.
const artifactsVariable = "SENTRYTEST_ARTIFACTS"

// Artifact is what a server or tenant received, read from a file. When a test
// fails, its server and its tenants each write TestName.jsonl and, as a page,
// TestName.html, and log the paths. The folder is $SENTRYTEST_ARTIFACTS if it
// is set; else the test's ArtifactDir (Go 1.26) if its files are kept (go test
// -artifacts); else a new temporary folder.
//
// An Artifact is a [Source]: the Require functions work on it. Its methods
// return what those of [Server] returned when the file was written. They are
// safe for concurrent use and return copies.
//
// # Format
//
// Each line is a JSON object with a "type". The first has the type "sentrytest"
// and the fields "version" (1), "test", "server" (a URL), "time" and "dropped"
// (the requests that MaxHistory dropped). The others have the type "request",
// in the order of arrival: the fields of [Request] and [Answer] in snake_case;
// "body", or "body_base64" if it is not UTF-8; "accepted"; "event_id" if the
// server has one, and "event_ids" for browser reports that came together; and
// "rejection" with "status", "reason" and "causes". Values that follow from the
// body are left out. Readers ignore lines and fields that they don't know.
type Artifact struct {
	Test    string    // "" without a test or a name
	Server  string    // its URL
	Time    time.Time // when the file was written
	Dropped int       // the oldest requests, which MaxHistory dropped

	scope
}

// WriteArtifact writes what the server received in the format of [Artifact]. It
// returns the error of the writer.
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
	if len(src.outlines()) == 0 {
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

// artifactsAreKept reports whether the test binary keeps the folder of
// ArtifactDir. Without the flag -artifacts it removes it at its end.
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

// createNumbered creates a file with a new name: a test may have several
// servers, and run several times.
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
