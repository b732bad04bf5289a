package sentrytest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

const minidumpPath = "/api/1/minidump/?sentry_key=a"

// uploadForm makes a multipart body of fields, and of files where the name is
// "name=filename".
func uploadForm(t *testing.T, parts ...[2]string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, part := range parts {
		name, file, isFile := strings.Cut(part[0], "=")
		var to io.Writer
		var err error
		if isFile {
			to, err = w.CreateFormFile(name, file)
		} else {
			to, err = w.CreateFormField(name)
		}
		if err == nil {
			_, err = io.WriteString(to, part[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), "Content-Type: " + w.FormDataContentType()
}

func TestMinidump(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	body, contentType := uploadForm(
		t,
		[2]string{"upload_file_minidump=crash.dmp", "MDMP\x00data"},
		[2]string{"sentry", `{"release":"1.0","event_id":"` + vectorID + `","tags":{"a":"b"}}`},
		[2]string{"sentry[user][id]", "7"},
		[2]string{"sentry__2", `"prod"}`},
		[2]string{"sentry__1", `{"environment":`},
		[2]string{"guid", "x-1"},
		[2]string{"log=app.log", "line"},
		[2]string{"__sentry-breadcrumb1=b", "\x90"},
	)
	r := send(t, srv, http.MethodPost, minidumpPath, body, contentType)
	g.Expect(r.Status).To(Equal(200))
	g.Expect(r.Header.Get("Content-Type")).To(HavePrefix("text/plain"))
	g.Expect(r.Body).To(Equal("fc6d8c0c-43fc-4630-ad85-0ee518f1b9d0"))

	e := sentrytest.RequireEvent(t, srv, sentrytest.HasRelease("1.0"), sentrytest.HasUserID("7"), sentrytest.HasTag("a", "b"),
		sentrytest.HasEnvironment("prod"), sentrytest.HasExtra("guid", "x-1"), sentrytest.HasEventID(vectorID))
	g.Expect(e.Received.Protocol).To(Equal("minidump"))
	var files []string
	for _, a := range e.Attachments {
		files = append(files, fmt.Sprintf("%s %s %q", a.Type, a.Filename, a.Data))
	}
	g.Expect(files).To(Equal([]string{
		`event.minidump crash.dmp "MDMP\x00data"`, `event.attachment app.log "line"`, `event.breadcrumbs b "\x90"`,
	}))
	g.Expect(srv.Attachments()).To(HaveLen(3))
	g.Expect(srv.Envelopes()).To(HaveLen(1))
	g.Expect(srv.Envelopes()[0].ItemsOfType("event")).To(HaveLen(1))
	g.Expect(srv.Envelopes()[0].Raw).To(BeNil())
}

func TestMinidumpForms(t *testing.T) {
	t.Parallel()
	gzipped := compress(t, []byte("PMDMdata"), func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	upload := func(parts ...[2]string) [2]string {
		body, contentType := uploadForm(t, parts...)
		return [2]string{body, contentType}
	}
	many := [][2]string{{"upload_file_minidump=m", "MDMP"}}
	for range 30 {
		many = append(many, [2]string{"f=f", ""})
	}
	cases := []struct {
		name   string
		req    [2]string // body, Content-Type line
		status int
		reason string
		data   string
	}{
		{name: "without a file name", req: upload([2]string{"upload_file_minidump", "MDMPx"}), status: 200, data: "MDMPx"},
		{name: "bare", req: [2]string{"MDMPx", "Content-Type: application/octet-stream"}, status: 200, data: "MDMPx"},
		{name: "compressed", req: upload([2]string{"upload_file_minidump=m.gz", gzipped}), status: 200, data: "PMDMdata"},
		{name: "broken gzip", req: upload([2]string{"upload_file_minidump=m.gz", gzipped[:9]}), status: 400, reason: "invalid compression container"},
		{name: "broken bzip2", req: upload([2]string{"upload_file_minidump=m", "BZh9x"}), status: 400, reason: "invalid compression container"},
		{name: "broken zstd", req: upload([2]string{"upload_file_minidump=m", "\x28\xb5\x2f\xfdx"}), status: 400, reason: "invalid compression container"},
		{name: "no minidump at all", req: upload([2]string{"log=f", "x"}), status: 400, reason: "missing minidump"},
		{name: "something else", req: upload([2]string{"upload_file_minidump=m", "GIF"}), status: 400, reason: "invalid minidump"},
		{name: "no boundary", req: [2]string{"x", "Content-Type: multipart/form-data"}, status: 400, reason: "invalid multipart data"},
		{name: "cut off", req: [2]string{"--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", "Content-Type: multipart/form-data; boundary=b"}, status: 400, reason: "invalid multipart data"},
		{name: "too many files", req: upload(many...), status: 413, reason: "envelope exceeded size limits for type 'attachment' (https://develop.sentry.dev/sdk/envelopes/#size-limits)"},
		{
			name:   "nested without end",
			req:    upload([2]string{"upload_file_minidump=m", "MDMP"}, [2]string{"sentry" + strings.Repeat("[a]", 1e5), "x"}, [2]string{"sentry", "[]"}),
			status: 200, data: "MDMP",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			r := send(t, srv, http.MethodPost, minidumpPath, c.req[0], c.req[1])
			g.Expect(r.Status).To(Equal(c.status), r.Body)
			if c.status != 200 {
				g.Expect(srv.Rejected()[0].Reason).To(Equal(c.reason))
				g.Expect(srv.Events()).To(BeEmpty())
				return
			}
			g.Expect(srv.Events()).To(HaveLen(1))
			g.Expect(srv.Attachments()[0].Data).To(Equal(c.data))
			g.Expect(srv.Attachments()[0].Received.ID).To(Equal(1))
		})
	}
}
