package sentrytest

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/onsi/gomega"
)

// post hands a request to the server without a network.
func post(s *Server, method, target, body string, headers ...string) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	defer func() { _ = recover() }() // a scripted step may end the connection
	s.handle(httptest.NewRecorder(), r)
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	gomega.NewWithT(t).Expect(err).NotTo(gomega.HaveOccurred())
	gomega.NewWithT(t).Expect(w.Close()).To(gomega.Succeed())
	return b.String()
}

const packedAuth = "Sentry sentry_version=7, sentry_client=raven-python/6.0, sentry_key=0123456789abcdef0123456789abcdef"

// postAllKinds sends what differs in the way it is kept.
func postAllKinds(t *testing.T, s *Server) {
	t.Helper()
	auth := []string{"X-Sentry-Auth", packedAuth}
	zip := append([]string{"Content-Encoding", "gzip"}, auth...)
	const item = "{\"type\":\"event\"}\n{\"message\":\"m\"}\n"
	const withID = "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n"
	post(s, "POST", "/api/1/envelope/", zipped(t, withID+item), append(zip, "Content-Length", "77")...)
	for range 3 {
		body := zipped(t, "{}\n"+item)
		post(s, "POST", "/api/1/envelope/", body, append(zip, "Content-Length", "1")...)
	}
	post(s, "POST", "/api/1/envelope/", "{}\n"+item+"{\"type\":\"attachment\",\"filename\":\"a\"}\nfile\n", auth...)
	post(s, "POST", "/api/1/envelope/", withID+"{\"type\":\"transaction\"}\n{\"transaction\":\"t\"}\n", auth...)
	post(s, "POST", "/api/1/envelope/", withID+"{\"type\":\"feedback\"}\n{}\n", auth...)
	post(s, "POST", "/api/1/envelope/", "{}\n{\"type\":\"session\"}\n{\"sid\":\"1\"}\n", auth...)
	post(s, "POST", "/api/1/envelope/", "{}\n{\"type\":\"event\"}\nno JSON\n", auth...)
	post(s, "POST", "/api/1/envelope/", "{}\n{\"type\":\"event\"}\n{\"extra\":{\"a\":NaN}}\n", auth...)
	post(s, "POST", "/api/1/envelope/", `{"dsn":"http://0123456789abcdef0123456789abcdef@a.example/1"}`+"\n"+item)
	post(s, "POST", "/api/1/envelope/", "no envelope", auth...)
	post(s, "POST", "/api/1/envelope/", zipped(t, withID+item)[:40], zip...)
	post(s, "POST", "/api/2/store/", `{"message":"m"}`, auth...)
	post(s, "POST", "/api/store/", `{"message":"m","type":"transaction"}`, auth...)
	post(s, "GET", "/api/1/store/?sentry_version=7&sentry_key=a&sentry_data=eyJhIjoxfQ==", "")
	post(s, "POST", "/api/1/security/?sentry_key=a&sentry_release=r",
		`[{"csp-report":{"blocked-uri":"a"}},{"nothing":1},{"csp-report":{"blocked-uri":"b"}}]`, "Content-Type", "application/csp-report")
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	gomega.NewWithT(t).Expect(w.WriteField("upload_file_minidump", "MDMP")).To(gomega.Succeed())
	gomega.NewWithT(t).Expect(w.Close()).To(gomega.Succeed())
	post(s, "POST", "/api/1/minidump/?sentry_key=a", form.String(), "Content-Type", w.FormDataContentType())
	post(s, "POST", "/elsewhere", "body", auth...)
	post(s, "PUT", "/api/1/envelope/", "body", auth...)
	post(s, "POST", "/api/1/envelope/", strings.Repeat("x", 2000), auth...)
	s.Script(Status(429), CloseConn())
	post(s, "POST", "/api/1/envelope/", withID+item, auth...)
	post(s, "POST", "/api/1/envelope/", withID+item, auth...)
}

// everything is all that a caller can read.
type everything struct {
	Events, Transactions []Event
	Envelopes            []Envelope
	Requests             []Request
	Rejected             []Rejection
	Findings             []RequestFindings
	Attachments          []Attachment
	Sessions             []Session
	Artifact             string
}

func readAll(t *testing.T, s *Server) everything {
	t.Helper()
	var artifact bytes.Buffer
	gomega.NewWithT(t).Expect(s.WriteArtifact(&artifact)).To(gomega.Succeed())
	_, lines, _ := strings.Cut(artifact.String(), "\n") // the first has the time
	return everything{
		s.Events(), s.Transactions(), s.Envelopes(), s.Requests(), s.Rejected(), s.Findings(), s.Attachments(), s.Sessions(), lines,
	}
}

// packAll gives up all that can be read again.
func (j *journal) packAll() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.whole) > 0 {
		j.packOldestLocked()
	}
}

func TestPackedRequestsReadTheSame(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]Option{"lenient": nil, "strict": {Strict()}, "DSN first": {Differ(BugsinkRules())}} {
		g := gomega.NewWithT(t)
		s, err := Start(append([]Option{MaxWireSize(1000), InMemory()}, opts...)...)
		g.Expect(err).NotTo(gomega.HaveOccurred())
		postAllKinds(t, s)
		before := readAll(t, s)
		if name == "lenient" {
			g.Expect(before.Events).To(gomega.HaveLen(12))
			g.Expect(before.Transactions).To(gomega.HaveLen(2))
			g.Expect(before.Rejected).To(gomega.HaveLen(7))
		}
		s.journal.packAll()
		for _, p := range s.all().requests {
			g.Expect(p.whole.Load()).To(gomega.BeNil())
		}
		g.Expect(readAll(t, s)).To(gomega.Equal(before), name)
		g.Expect(s.Close()).To(gomega.Succeed())
	}
}

func TestNewestRequestsAreWhole(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	s, err := Start(InMemory(), MaxHistory(40))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer s.Close()
	counted := func() (whole, size int) {
		for _, p := range s.all().requests {
			if e := p.whole.Load(); e != nil {
				whole, size = whole+1, size+e.size()
			}
		}
		g.Expect(s.journal.whole).To(gomega.HaveLen(whole))
		g.Expect(s.journal.size).To(gomega.Equal(size))
		return whole, size
	}
	big := zipped(t, `{"message":"`+strings.Repeat("x", 500<<10)+`"}`)
	for i := range 60 {
		post(s, "POST", "/api/1/store/", big, "Content-Encoding", "gzip", "X-Sentry-Auth", packedAuth)
		if i == 30 {
			s.Clear()
		}
		whole, size := counted()
		g.Expect(size).To(gomega.BeNumerically("<=", maxWhole))
		g.Expect(whole).To(gomega.BeNumerically("<=", 8))
	}
	for range 60 {
		post(s, "POST", "/api/1/store/", `{"message":"small"}`, "X-Sentry-Auth", packedAuth)
	}
	whole, _ := counted()
	g.Expect(whole).To(gomega.Equal(40))
	g.Expect(s.Events()).To(gomega.HaveLen(40))
	post(s, "POST", "/api/1/store/", zipped(t, `{"message":"`+strings.Repeat("x", 1<<20-20)+`"}`), "Content-Encoding", "gzip", "X-Sentry-Auth", packedAuth)
	counted()
}

// Requests of one client share what they have in common, and nothing else.
func TestSharedHeads(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	s, err := Start(InMemory())
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer s.Close()
	const body = `{"message":"m"}`
	post(s, "POST", "/api/1/store/", body+" ", "Content-Length", "15", "X-Sentry-Auth", packedAuth)
	for _, headers := range [][]string{
		{"Content-Length", "15"}, {"Content-Length", "15"}, {"Content-Length", "015"}, {}, {"Content-Length", "15", "Trace", "1"}, {"Content-Length", "15"},
	} {
		post(s, "POST", "/api/1/store/", body, append(headers, "X-Sentry-Auth", packedAuth)...)
	}
	post(s, "POST", "/api/1/store/?x=1", body, "Content-Length", "15", "X-Sentry-Auth", packedAuth)
	s.journal.packAll()
	var lengths []any
	heads := map[*Request]int{}
	for i, p := range s.all().requests {
		lengths = append(lengths, s.Requests()[i].Header["Content-Length"])
		heads[p.head]++
	}
	fifteen := []string{"15"}
	g.Expect(lengths).To(gomega.Equal([]any{fifteen, fifteen, fifteen, []string{"015"}, []string(nil), fifteen, fifteen, fifteen}))
	g.Expect(heads).To(gomega.HaveLen(5))
	g.Expect(heads[s.all().requests[1].head]).To(gomega.Equal(4), "a request without a length has the same head as one with a usual length")
	g.Expect(s.Requests()[7].Query).To(gomega.Equal("x=1"))
	s.Requests()[1].Header.Set("Trace", "changed")
	g.Expect(s.Requests()[6].Header).NotTo(gomega.HaveKey("Trace"))
	for i := range 3 * maxHeads {
		post(s, "POST", "/api/1/store/", body, "Trace", strings.Repeat("x", i), "X-Sentry-Auth", packedAuth)
	}
	g.Expect(s.journal.heads).To(gomega.HaveLen(maxHeads))
	g.Expect(s.journal.heads[0].Header).To(gomega.HaveKeyWithValue("Trace", []string{strings.Repeat("x", 3*maxHeads-1)}))
}

// Without a waiting caller further requests are packed at once, and their
// decoded bodies share a buffer.
func TestPacksAtOnce(t *testing.T) {
	t.Parallel()
	g := gomega.NewWithT(t)
	s, err := Start(InMemory(), MaxWireSize(1000))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	defer s.Close()
	g.Expect(s.journal.packsAtOnce()).To(gomega.BeFalse())
	postAllKinds(t, s)
	want := readAll(t, s)
	s.Clear()
	s.journal.size = maxWhole - maxWhole/8
	g.Expect(s.journal.packsAtOnce()).To(gomega.BeTrue())
	s.script.armed.Store(false)
	postAllKinds(t, s)
	got := readAll(t, s)
	texts := func(all everything) (lines []string) {
		for _, e := range append(all.Events, all.Transactions...) {
			lines = append(lines, e.Level+e.Type+e.Message+string(e.Raw[:2])+e.Release)
		}
		for _, r := range all.Rejected {
			lines = append(lines, r.String())
		}
		return lines
	}
	g.Expect(texts(got)).To(gomega.Equal(texts(want)))
	packed := 0
	for _, p := range s.all().requests {
		if p.whole.Load() == nil {
			packed++
		}
	}
	g.Expect(packed).To(gomega.Equal(len(got.Requests)-5), "what is not judged has no scratch, nor has what a script answers")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.Wait(ctx, 1000)
	g.Expect(err).To(gomega.MatchError(context.Canceled))
	g.Expect(s.journal.packsAtOnce()).To(gomega.BeFalse(), "somebody has waited since the last request")
}
