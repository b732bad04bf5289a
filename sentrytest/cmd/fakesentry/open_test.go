package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
	"github.com/ravenkit/ravenkit/transport"
)

func TestOpenServesTheArtifactOfATest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	post(t, srv.Client(), srv.URL(), `{"message":"left behind","level":"fatal"}`)
	post(t, srv.Client(), srv.URL(), `nonsense`)
	resp, err := srv.Client().Post(srv.URL()+"/api/1/envelope/?sentry_key=k", "", strings.NewReader("{}\n{\"type\":\"event\"}\n{\"message\":\"enclosed\"}\n{\"type\":\"attachment\"}\nabc"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.Body.Close()).To(Succeed())
	path := filepath.Join(t.TempDir(), "left.jsonl")
	f, err := os.Create(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(srv.WriteArtifact(f)).To(Succeed())
	g.Expect(f.Close()).To(Succeed())

	ctx, cancel := context.WithCancel(t.Context())
	out := newUntilPrinted()
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"open", path, "--addr=127.0.0.1:0"}, transport.DefaultRegistry(), strings.NewReader(""), out, out)
	}()
	url := out.match(t, `Received +3 requests, 2 events\nPage +(\S+)/\n`)[0]
	client, err := fakesentryclient.New(url)
	g.Expect(err).NotTo(HaveOccurred())
	page, err := client.Events(t.Context(), fakesentryclient.Filter{})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(page.Events).To(HaveExactElements(HaveField("Title", "enclosed"), And(HaveField("Title", "left behind"), HaveField("Level", "fatal"))))
	d, err := client.Event(t.Context(), page.Events[0].EventID)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(d.Attachments).To(HaveLen(1))
	refused, err := client.Requests(t.Context(), fakesentryclient.RequestFilter{Refused: true})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(refused.Total).To(Equal(1))
	http.DefaultClient.CloseIdleConnections()
	cancel()
	g.Expect(<-done).To(BeZero())
}

func TestOpenServesTheWholeArtifact(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	post(t, srv.Client(), srv.URL(), `{"message":"one of many"}`)
	var one strings.Builder
	g.Expect(srv.WriteArtifact(&one)).To(Succeed())
	lines := strings.SplitAfter(one.String(), "\n")
	request := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, `{"type":"request","id":1,`) })
	g.Expect(request).To(BeNumerically(">", 0))
	const many = store.DefaultMaxEvents + 1
	text := strings.Builder{}
	text.WriteString(lines[0])
	for i := range many {
		text.WriteString(strings.Replace(lines[request], `"id":1,`, fmt.Sprintf(`"id":%d,`, i+1), 1))
	}
	path := filepath.Join(t.TempDir(), "many.jsonl")
	g.Expect(os.WriteFile(path, []byte(text.String()), 0o600)).To(Succeed())
	ctx, cancel := context.WithCancel(t.Context())
	out := newUntilPrinted()
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"open", path, "--addr=127.0.0.1:0"}, transport.DefaultRegistry(), strings.NewReader(""), out, out)
	}()
	url := out.match(t, `Page +(\S+)/\n`)[0]
	client, err := fakesentryclient.New(url)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(client.Requests(t.Context(), fakesentryclient.RequestFilter{Limit: 1})).To(HaveField("Total", many))
	http.DefaultClient.CloseIdleConnections()
	cancel()
	g.Expect(<-done).To(BeZero())
}

func TestOpenFailures(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "other.jsonl")
	g.Expect(os.WriteFile(path, []byte("{\"type\":\"other\"}\n"), 0o600)).To(Succeed())
	code, _, errs := runWith(t, transport.DefaultRegistry(), "open", path)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: " + path + ": "))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "open", path+".absent")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(ContainSubstring("no such file"))
}
