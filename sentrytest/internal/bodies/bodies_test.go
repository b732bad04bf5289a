package bodies_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
)

func compress(t *testing.T, text string, with func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var b bytes.Buffer
	w := with(&b)
	_, err := io.WriteString(w, text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(w.Close()).To(Succeed())
	return b.Bytes()
}

func asGzip(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
func asZlib(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
func asFlate(w io.Writer) io.WriteCloser {
	f, _ := flate.NewWriter(w, flate.DefaultCompression)
	return f
}

var (
	anyDeflate = []bodies.Opener{bodies.OpenZlib, bodies.OpenFlate}
	onlyZlib   = []bodies.Opener{bodies.OpenZlib}
)

func TestDecode(t *testing.T) {
	t.Parallel()
	// Longer than what one pass decompresses, and than a buffer that is kept.
	for _, text := range []string{"", "short", strings.Repeat("0123456789abcdef", 1<<17)} {
		for name, c := range map[string]struct {
			encoding string
			body     []byte
			deflate  []bodies.Opener
		}{
			"plain": {"", []byte(text), nil}, "identity": {"identity", []byte(text), nil},
			"gzip": {"gzip", compress(t, text, asGzip), nil}, "x-gzip": {"x-gzip", compress(t, text, asGzip), nil},
			"zlib": {"deflate", compress(t, text, asZlib), onlyZlib}, "raw deflate": {"deflate", compress(t, text, asFlate), anyDeflate},
		} {
			g := NewWithT(t)
			got, err := bodies.Decode(c.body, c.encoding, c.deflate, int64(len(text)), nil)
			g.Expect(err).NotTo(HaveOccurred(), name)
			g.Expect(string(got) == text).To(BeTrue(), name)
			if text != "" {
				_, err = bodies.Decode(c.body, c.encoding, c.deflate, int64(len(text)-1), nil)
				g.Expect(err).To(MatchError(bodies.ErrTooLong), name)
			}
		}
	}
}

func TestDecodeFails(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := bodies.Decode(compress(t, "x", asFlate), "deflate", onlyZlib, 10, nil)
	g.Expect(err).To(MatchError(ContainSubstring("content encoding deflate: ")))
	_, err = bodies.Decode(append(compress(t, "x", asFlate), "more"...), "deflate", anyDeflate, 10, nil)
	g.Expect(err).To(HaveOccurred())
	_, err = bodies.Decode([]byte("x"), "lzma", nil, 10, nil)
	g.Expect(err).To(HaveOccurred())
	g.Expect(bodies.Known("lzma")).To(BeFalse())
	for _, known := range []string{"", "identity", "gzip", "x-gzip", "deflate", "br", "zstd"} {
		g.Expect(bodies.Known(known)).To(BeTrue(), known)
	}
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	got, err := bodies.Unpack(compress(t, "MDMP", asGzip), 10)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(got)).To(Equal("MDMP"))
	got, err = bodies.Unpack([]byte("MDMP"), 1)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(got)).To(Equal("MDMP"), "what is not packed is left alone")
	_, err = bodies.Unpack(compress(t, "MDMP", asGzip), 3)
	g.Expect(err).To(MatchError(bodies.ErrTooLong))
}

func TestDecodeIntoScratch(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	scratch := new(bytes.Buffer)
	for _, text := range []string{"one", "two"} {
		got, err := bodies.Decode(compress(t, text, asGzip), "gzip", nil, 10, scratch)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(got)).To(Equal(text))
		g.Expect(&got[0] == &scratch.Bytes()[0]).To(BeTrue())
		_, err = bodies.Decode(compress(t, text, asGzip), "gzip", nil, 2, scratch)
		g.Expect(err).To(MatchError(bodies.ErrTooLong))
	}
	got, err := bodies.Decode(compress(t, "raw", asFlate), "deflate", anyDeflate, 10, scratch)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(got)).To(Equal("raw"), "the first way has left nothing")
}

// What a buffer held stays when the buffer is used for the next body. The test
// writes to a buffer that it has given back, so it runs alone.
func TestSettleUp(t *testing.T) {
	g := NewWithT(t)
	b := bodies.Borrow()
	b.WriteString("one")
	held := bodies.SettleUp(b)
	b.WriteString("two")
	g.Expect(string(held)).To(Equal("one"))
	g.Expect(cap(held)).To(BeNumerically("<", 64))
	g.Expect(bodies.TextOf([]byte("text"))).To(Equal("text"))
	g.Expect(bodies.TextOf(nil)).To(BeEmpty())
}

func TestReadForm(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range map[string]string{
		"sentry": `{"level":"fatal","tags":{"a":"b"}}`, "sentry[user][id]": "7", "sentry[level][x]": "in the way", "guid": "g", "dump": "D",
	} {
		g.Expect(w.WriteField(name, value)).To(Succeed())
	}
	g.Expect(w.WriteField("sentry__2", `"r"}`)).To(Succeed())
	g.Expect(w.WriteField("sentry__1", `{"release":`)).To(Succeed())
	f, err := w.CreateFormFile("log", "a.log")
	g.Expect(err).NotTo(HaveOccurred())
	_, err = io.WriteString(f, "L")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(w.Close()).To(Succeed())

	files, fields, err := bodies.ReadForm(w.FormDataContentType(), b.Bytes(), func(field string) bool { return field == "dump" })
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(ConsistOf(
		bodies.File{Field: "dump", Data: []byte("D")},
		bodies.File{Field: "log", Name: "a.log", ContentType: "application/octet-stream", Data: []byte("L")},
	))
	tree, err := json.Marshal(fields.Tree())
	g.Expect(err).NotTo(HaveOccurred())
	var event map[string]any
	g.Expect(json.Unmarshal(tree, &event)).To(Succeed())
	g.Expect(event).To(HaveKeyWithValue("release", "r"))
	g.Expect(event).To(HaveKeyWithValue("extra", map[string]any{"guid": "g"}))
	g.Expect(event).To(HaveKeyWithValue("user", map[string]any{"id": "7"}))

	_, _, err = bodies.ReadForm("multipart/form-data", nil, nil)
	g.Expect(err).To(MatchError(ContainSubstring("boundary")))
	_, _, err = bodies.ReadForm(w.FormDataContentType(), b.Bytes()[:b.Len()/2], func(string) bool { return false })
	g.Expect(err).To(HaveOccurred())
}

func TestRepairNaN(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(string(bodies.RepairNaN([]byte(`[NaN,-Infinity,"NaN \" Infinity",Infinity]`)))).To(Equal(`[null,null,"NaN \" Infinity",null]`))
	g.Expect(bodies.WritesNaN("raven-python/6.0")).To(BeTrue())
	g.Expect(bodies.WritesNaN("raven-go/1.0")).To(BeFalse())
}
