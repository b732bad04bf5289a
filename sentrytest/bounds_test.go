package sentrytest_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// A request of a few kilobytes that unfolds into millions of small things is
// cut off before they are made. The test is not parallel because it measures
// what the process allocates.
func TestManySmallThings(t *testing.T) {
	const size = 4 << 20
	fill := func(unit string) string { return strings.Repeat(unit, size/len(unit)) }
	var attributes strings.Builder
	for i := range 1 << 16 {
		fmt.Fprintf(&attributes, `"k%d":1,`, i)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		cause  string
	}{
		"items":      {"{}" + fill("\n"+`{"type":"x"}`+"\n"), 413, "more than 10000 items"},
		"attributes": {"{" + attributes.String() + `"x":1}`, 400, "invalid envelope header"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			bomb := compress(t, []byte(c.body), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := envelope(t, srv, bomb, "Content-Encoding: gzip")
			runtime.ReadMemStats(&after)
			g.Expect(r.Status).To(Equal(c.status))
			g.Expect(srv.Rejected()[0].Causes[0]).To(Equal(c.cause))
			g.Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", 10*size), "bytes allocated")
		})
	}
}

func TestManyParts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	parts := make([][2]string, 1001)
	for i := range parts {
		parts[i] = [2]string{"a", "b"}
	}
	body, contentType := uploadForm(t, parts...)
	r := send(t, srv, http.MethodPost, minidumpPath, body, contentType)
	g.Expect(r.Status).To(Equal(400))
	g.Expect(srv.Rejected()[0].Causes).To(Equal([]string{"more than 1000 parts"}))
}

// Reading stops where nobody would look any more, and says so.
func TestManyEntries(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e, err := sentrytest.ParseEnvelope([]byte("{}\n" + logHeader + "\n" + `{"items":[` + strings.Repeat("1,", 10_004) + "1]}"))
	g.Expect(err).NotTo(HaveOccurred())
	logs := e.Logs()
	g.Expect(logs).To(HaveLen(10_001))
	g.Expect(tell(logs[10_000].Findings)).To(Equal([]string{"info: items: 5 further entries left out [further_findings]"}))

	g.Expect(e.Findings()).To(HaveLen(501))

	event := parse(t, `{"breadcrumbs":[`+strings.Repeat("1,", 2000)+"1]}")
	g.Expect(event.Problems).To(HaveLen(500))
	g.Expect(event.Findings()).To(HaveLen(501))
}
