package serving_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/memnet"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
)

// served is a span over memory, with what it knows of its traffic.
type served struct {
	*serving.Span
	serving.Traffic
	listener *memnet.Listener
	accepted int
}

func serve(handler http.HandlerFunc) *served {
	s := &served{listener: memnet.NewListener()}
	s.Span = serving.New(serving.Config{
		Handler: handler, Number: func() int { s.accepted++; return s.accepted }, Problems: io.Discard,
	}, s.Watch(s.listener, false))
	return s
}

// ask opens a connection and writes to it.
func (s *served) ask(t *testing.T, text string) net.Conn {
	t.Helper()
	c, err := s.listener.Dial(t.Context())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	_, err = io.WriteString(c, text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return c
}

const get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"

// open lists what is under way at this moment.
func (s *served) open(answers bool, mine func(string) bool) []string {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return s.Rest(ctx, answers, mine)
}

type line string

func (l line) String() string { return string(l) }

// A request is under way from its first byte to the end of its answer, and is
// described by what is known of it.
func TestRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		handled, record, answer := make(chan struct{}), make(chan struct{}), make(chan struct{})
		s := serve(func(_ http.ResponseWriter, r *http.Request) {
			about := &serving.Request{Method: r.Method, Path: r.URL.Path, Project: "7", About: line("GET /a -> 200")}
			under := serving.InfoOf(r).Exchange
			under.Handling(about)
			close(handled)
			<-record
			under.Recorded(about)
			<-answer
		})
		g.Expect(s.open(true, nil)).To(BeEmpty())
		c := s.ask(t, get[:5])
		synctest.Wait()
		g.Expect(s.open(true, nil)).To(Equal([]string{"a request from client whose headers are incomplete"}))
		_, err := io.WriteString(c, get[5:])
		g.Expect(err).NotTo(HaveOccurred())
		<-handled
		g.Expect(s.open(false, nil)).To(Equal([]string{"GET /a, whose body is incomplete"}))
		g.Expect(s.open(false, func(project string) bool { return project == "8" })).To(BeEmpty())
		close(record)
		synctest.Wait()
		g.Expect(s.open(true, nil)).To(Equal([]string{"GET /a -> 200, not sent to its end"}))
		g.Expect(s.open(false, nil)).To(BeEmpty())

		go func() {
			time.Sleep(time.Hour)
			close(answer)
		}()
		start := time.Now()
		g.Expect(s.Rest(t.Context(), true, nil)).To(BeNil())
		g.Expect(time.Since(start)).To(Equal(time.Hour))
		g.Expect(s.End()).To(Succeed())
		g.Expect(c.Close()).To(Succeed())
	})
}

// What the program's own handler has is none of the traffic's.
func TestForeign(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := serve(func(_ http.ResponseWriter, r *http.Request) {
			serving.InfoOf(r).Exchange.Foreign()
			<-r.Context().Done()
		})
		c := s.ask(t, get)
		synctest.Wait()
		g.Expect(s.open(true, nil)).To(BeEmpty())
		g.Expect(s.End()).To(Succeed(), "it ends the context of the request, and waits for its handler")
		_, err := io.ReadAll(c)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(c.Close()).To(Succeed())
	})
}

// End waits for what has hijacked a connection, too, and closes it.
func TestHijack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var ended bool
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			serving.Hijack(w, r, func(c net.Conn) error {
				_, err := io.WriteString(c, "by hand")
				g.Expect(err).NotTo(HaveOccurred())
				_, err = c.Read(make([]byte, 1))
				ended = true
				return err
			})
		})
		c := s.ask(t, get)
		got := make([]byte, 7)
		_, err := io.ReadFull(c, got)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(got)).To(Equal("by hand"))
		g.Expect(ended).To(BeFalse())
		g.Expect(s.End()).To(Succeed())
		g.Expect(ended).To(BeTrue())
		g.Expect(c.Close()).To(Succeed())
	})
}

// A connection that swallows gives nothing back, and takes what is written.
func TestSwallow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		s := serve(func(w http.ResponseWriter, r *http.Request) {
			g.Expect(serving.InfoOf(r).ID).To(Equal(1))
			serving.Swallow(r)
			_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
		})
		c := s.ask(t, get)
		g.Expect(c.SetReadDeadline(time.Now().Add(time.Hour))).To(Succeed())
		_, err := bufio.NewReader(c).ReadByte()
		g.Expect(err).To(MatchError(ContainSubstring("timeout")))
		g.Expect(s.End()).To(Succeed())
		g.Expect(c.Close()).To(Succeed())
	})
}

// A request of another server has no connection to speak of.
func TestInfoOfNone(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	g.Expect(err).NotTo(HaveOccurred())
	info := serving.InfoOf(r)
	g.Expect(info).To(Equal(serving.Info{}))
	info.Exchange.Handling(nil)
	info.Exchange.Recorded(nil)
	info.Exchange.Foreign()
	serving.Swallow(r)
}
