package fakesentryclient_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// answering returns a client of a server that gives the same answer to every
// request.
func answering(t *testing.T, status int, body string) *fakesentryclient.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(srv.Close)
	c, err := fakesentryclient.New(srv.URL, nil, fakesentryclient.HTTPClient(srv.Client()))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://127.0.0.1:8000":                     "http://127.0.0.1:8000",
		"https://sentry.test/base/":                 "https://sentry.test/base",
		"http://key@127.0.0.1:8000/1":               "http://127.0.0.1:8000",
		"http://key:secret@sentry.test/base/42?a=b": "http://sentry.test/base",
	} {
		c, err := fakesentryclient.New(address)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(c.URL()).To(Equal(want))
	}
	for address, want := range map[string]string{
		"":                         `fakesentryclient: the server's address "" is not of the form http://HOST:PORT`,
		"localhost:8000":           `fakesentryclient: the server's address "localhost:8000" is not of the form http://HOST:PORT`,
		"sync+http://k:s@host:1/1": `fakesentryclient: the server's address "sync+http://…@host:1/1" is not of the form http://HOST:PORT`,
	} {
		_, err := fakesentryclient.New(address)
		NewWithT(t).Expect(err).To(MatchError(want))
	}
}

func TestAnswersOfAnotherServer(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c := answering(t, 404, "<h1>Not here</h1>")
	_, err := c.Health(t.Context())
	g.Expect(err).To(MatchError("fakesentryclient: GET " + c.URL() + "/api/v1/health: 404: Not Found, which is not an answer of fakesentry"))
	var e *fakesentryclient.Error
	g.Expect(errors.As(err, &e)).To(BeTrue())
	g.Expect(e.Status).To(Equal(404))
	c = answering(t, 200, "<h1>Welcome</h1>")
	_, err = c.Events(t.Context(), fakesentryclient.Filter{})
	g.Expect(err).To(MatchError(HavePrefix("fakesentryclient: GET " + c.URL() + "/api/v1/events: the answer: invalid character")))
	_, err = c.Wait(t.Context(), 1, fakesentryclient.Filter{})
	g.Expect(err).To(HaveOccurred(), "Wait does not wait for ever")
	for _, err := range c.AllEvents(t.Context(), fakesentryclient.Filter{}) {
		g.Expect(err).To(HaveOccurred())
	}
}

func TestBrokenStreams(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"id: x\n":                          `fakesentryclient: the stream has the id "x"`,
		"event: event\ndata: nonsense\n\n": "fakesentryclient: event in the stream: invalid character",
		": hello\n\n":                      "fakesentryclient: the server ended the stream: unexpected EOF",
	} {
		c := answering(t, 200, body)
		err := c.Stream(t.Context(), fakesentryclient.Filter{}, 0, func(fakesentryclient.News) bool { return true })
		NewWithT(t).Expect(err).To(MatchError(HavePrefix(want)))
	}
	c := answering(t, 200, "event: missed\ndata: null\n\nevent: later\ndata: 1\n\n")
	var news []fakesentryclient.News
	_ = c.Stream(t.Context(), fakesentryclient.Filter{}, 0, func(n fakesentryclient.News) bool { news = append(news, n); return true })
	NewWithT(t).Expect(news).To(Equal([]fakesentryclient.News{{Missed: true}, {}}), "unknown names, as of a newer server, are no error")
}

// endless returns a client of a server that answers with a beginning and then
// repeats more for ever. The channel closes when the client has left.
func endless(t *testing.T, beginning, more string) (client *fakesentryclient.Client, left <-chan struct{}) {
	t.Helper()
	gone := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(gone)
		_, err := io.WriteString(w, beginning)
		chunk := strings.Repeat(more, 1<<20/len(more))
		for err == nil {
			_, err = io.WriteString(w, chunk)
		}
	}))
	t.Cleanup(srv.Close)
	c, err := fakesentryclient.New(srv.URL)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c, gone
}

func TestEndlessLineOfAStream(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c, left := endless(t, "event: event\ndata: ", "x")
	err := c.Stream(t.Context(), fakesentryclient.Filter{}, 0, func(fakesentryclient.News) bool { return true })
	g.Expect(err).To(MatchError(bufio.ErrTooLong))
	g.Expect(err).To(MatchError("fakesentryclient: the stream has a line of more than 16777216 bytes, which fakesentry does not send: bufio.Scanner: token too long"))
	<-left
}

func TestWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	c, err := fakesentryclient.New(program.url)
	g.Expect(err).NotTo(HaveOccurred())
	nobody, err := c.CreateTenant(t.Context(), "nobody")
	g.Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = c.Wait(ctx, 1, fakesentryclient.Filter{Tenant: nobody.Key})
	var early *fakesentryclient.WaitError
	g.Expect(errors.As(err, &early)).To(BeTrue())
	g.Expect(early).To(And(HaveField("Want", 1), HaveField("Arrived", BeEmpty()), HaveField("Others", BeEmpty())))
	g.Expect(err).To(MatchError(context.DeadlineExceeded))
	g.Expect(err).To(MatchError("fakesentryclient: 0 of 1 events arrived: context deadline exceeded"))
	_, err = c.Wait(t.Context(), 1, fakesentryclient.Filter{Query: "lvl:x"})
	g.Expect(err).To(MatchError(ContainSubstring(`400: query "lvl:x"`)), "a wrong query fails at once")
}
