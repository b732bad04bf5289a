package ravenkit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// holding are the transports that hold events through an outage.
var holding = []string{"", "threaded", "threaded+resty", "reactor", "fasthttp"}

// attempting are the transports that make one attempt.
var attempting = []string{"sync", "resty", "pool", "spawn", "loop"}

// patience is how long a spec waits for an event. It does not measure speed.
const patience = time.Minute

// textLog collects a log.
type textLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *textLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *textLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func logInto(l *textLog) raven.Option { return raven.WithLogger(slog.New(slog.NewTextHandler(l, nil))) }

// eventsOnly makes a client that sends only events.
func eventsOnly(dsn string, opts ...raven.Option) *raven.Client {
	GinkgoHelper()
	return newClient(dsn, append(opts, raven.WithClientReports(false))...)
}

func captureMany(ctx context.Context, client *raven.Client, n int) {
	for i := range n {
		client.CaptureMessage(ctx, fmt.Sprint("event ", i))
	}
}

// untilOutage waits until the client has noticed that the server is down.
func untilOutage(client *raven.Client) {
	GinkgoHelper()
	Eventually(func() raven.Status { return client.State().Status }).WithTimeout(patience).Should(Equal(raven.StatusError))
}

var _ = Describe("docs/delivery.md promises that", func() {
	for _, name := range holding {
		Context("over "+name+"+http", func() {
			It("the event waits and arrives when the server is back", func(ctx SpecContext) {
				for _, away := range []sentrytest.Step{sentrytest.Reset(), sentrytest.CloseConn(), sentrytest.Status(502), sentrytest.Status(503), sentrytest.Status(504), sentrytest.Status(408)} {
					srv := sentrytest.NewServer(GinkgoTB())
					srv.Script(away.Times(2))
					client := eventsOnly(dsn(srv, name))
					captureMany(ctx, client, 20)
					Expect(client.Flush(within(ctx))).To(Succeed())
					sentrytest.RequireNoLoss(GinkgoTB(), client, srv)
					Expect(client.Stats().Delivered).To(BeEquivalentTo(20))
					Expect(client.State().Status).To(Equal(raven.StatusOnline))
				}
			})
			It("nothing is lost while the server is down, and the log has two lines", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Down()
				var log textLog
				client := eventsOnly(dsn(srv, name), logInto(&log))
				captureMany(ctx, client, 20)
				untilOutage(client)
				captureMany(ctx, client, 20)
				Expect(client.Stats().Lost()).To(BeZero())
				Expect(client.State()).To(And(
					HaveField("Waiting", BeNumerically(">=", 36)),
					HaveField("Err", MatchError(syscall.ECONNREFUSED)),
				))
				srv.Up()
				Expect(client.Flush(within(ctx))).To(Succeed())
				sentrytest.RequireNoLoss(GinkgoTB(), client, srv)
				Expect(srv.Events()).To(HaveLen(40))
				Eventually(log.String).WithTimeout(patience).Should(ContainSubstring("events are delivered again"))
				Expect(log.String()).To(MatchRegexp(`(?s)^\S+ level=ERROR msg="raven: delivery has stopped; events wait until it is possible again" error=.*connection refused.* advice=.*\n\S+ level=WARN msg="raven: events are delivered again" .*lost=0.*\n$`))
			})
			It("an event waits if the certificate is not trusted, and the log says what to do", func(ctx SpecContext) {
				srv := sentrytest.NewTLSServer(GinkgoTB(), sentrytest.UnknownCA())
				var log textLog
				client := eventsOnly(srv.DSN(sentrytest.DSNScheme(name)), logInto(&log))
				client.CaptureMessage(ctx, "x")
				untilOutage(client)
				Expect(client.Stats().Pending).To(BeEquivalentTo(1))
				Expect(log.String()).To(And(ContainSubstring("advice="), ContainSubstring("certificate")))
			})
			It("an event that ends in 500 is tried three times, then lost", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Status(500).Times(3))
				client := eventsOnly(dsn(srv, name))
				id := client.CaptureMessage(ctx, "x")
				var loss *raven.LossError
				Expect(errors.As(client.Flush(within(ctx)), &loss)).To(BeTrue())
				Expect(loss.Lost).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeRejected: 1}))
				outcomes, _ := client.Ledger()
				Expect(outcomes[id]).To(HavePrefix("rejected: 500"))
				Expect(srv.Requests()).To(HaveLen(3))
			})
			It("400, 413 and 422 lose their event, and the next is sent at once", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Status(400), sentrytest.Status(413), sentrytest.Status(422))
				client := eventsOnly(dsn(srv, name))
				for range 4 {
					client.CaptureMessage(ctx, "x")
					_ = client.Flush(within(ctx))
				}
				Expect(client.Stats()).To(And(HaveField("Rejected", BeEquivalentTo(2)), HaveField("TooLarge", BeEquivalentTo(1)), HaveField("Delivered", BeEquivalentTo(1))))
			})
			It("an invalid DSN gets few requests", func(ctx SpecContext) {
				for _, status := range []int{401, 403, 404} {
					srv := sentrytest.NewServer(GinkgoTB())
					srv.Script(sentrytest.Status(status).Times(-1))
					client := eventsOnly(dsn(srv, name, "workers", "1"))
					client.CaptureMessage(ctx, "x")
					untilOutage(client)
					captureMany(ctx, client, 100)
					Expect(srv.Requests()).To(HaveLen(1))
					Expect(client.Stats().Pending).To(BeEquivalentTo(100))
					closed := client.Close(within(ctx))
					Expect(closed).To(MatchError(ContainSubstring(fmt.Sprint(status))))
					Expect(len(srv.Requests())).To(BeNumerically("<=", 3), "Close tries once")
				}
			})
			It("the event whose answer starts a rate limit and events captured during it are lost; events accepted before wait", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Status(429).RetryAfter("1"))
				dialling, wire := make(chan struct{}), make(chan struct{})
				client := eventsOnly(dsn(srv, name, "workers", "1", "max_conns", "1"), raven.WithEnv(transport.Env{
					DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
						close(dialling) // called once: the connection is kept
						<-wire
						return new(net.Dialer).DialContext(ctx, network, addr)
					},
				}))
				met := client.CaptureMessage(ctx, "met")
				Eventually(dialling).WithTimeout(patience).Should(BeClosed())
				waits := client.CaptureMessage(ctx, "waits")
				close(wire)
				untilOutage(client)
				fresh := client.CaptureMessage(ctx, "fresh")
				Expect(client.Flush(within(ctx))).To(MatchError(ContainSubstring("rate_limited 2")))
				outcomes, _ := client.Ledger()
				Expect(outcomes[met]).To(HavePrefix("rate_limited: 429"))
				Expect(outcomes[fresh]).To(HavePrefix("rate_limited: held back"))
				Expect(outcomes[waits]).To(Equal("delivered"))
			})
			It("an event that always fails delays no other", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Rule(sentrytest.When(sentrytest.OnEvent(sentrytest.HasMessage("poison"))).Do(sentrytest.Status(503)))
				client := eventsOnly(dsn(srv, name, "workers", "2"))
				client.CaptureMessage(ctx, "poison")
				captureMany(ctx, client, 20)
				Eventually(srv.Events).WithTimeout(patience).Should(HaveLen(20))
				Eventually(func() uint64 { return client.Stats().Pending }).WithTimeout(patience).Should(BeEquivalentTo(1))
				Expect(client.State().Status).To(Equal(raven.StatusOnline))
			})
			It("Close with a dead server ends soon, and returns what was lost", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Down()
				client := eventsOnly(dsn(srv, name, "shutdown_timeout", "1h"))
				captureMany(ctx, client, 20)
				var loss *raven.LossError
				Expect(errors.As(client.Close(within(ctx)), &loss)).To(BeTrue())
				Expect(loss.Lost).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeClosed: 20}))
				var undelivered *transport.UndeliveredError
				Expect(errors.As(loss, &undelivered)).To(BeTrue())
				Expect(undelivered).To(And(HaveField("Abandoned", 20), HaveField("Err", MatchError(syscall.ECONNREFUSED))))
			})
			It("Close continues while the server asks to wait", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Status(503).Times(2))
				client := eventsOnly(dsn(srv, name))
				captureMany(ctx, client, 5)
				Expect(client.Close(within(ctx))).To(Succeed())
				Expect(srv.Events()).To(HaveLen(5))
			})
			It("an event that is being sent when Close ends is abandoned unanswered", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Hang())
				client := eventsOnly(dsn(srv, name, "shutdown_timeout", "0.05", "timeout", "1h"))
				id := client.CaptureMessage(ctx, "x")
				Eventually(srv.Requests).WithTimeout(patience).Should(HaveLen(1))
				Expect(client.Close(within(ctx))).NotTo(Succeed())
				outcomes, _ := client.Ledger()
				Expect(outcomes[id]).To(And(HavePrefix("closed: "), ContainSubstring("abandoned unanswered")))
			})
			It("overflow=block makes no capture wait during a pause", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Down()
				client := eventsOnly(dsn(srv, name, "queue_size", "2", "overflow", "block"))
				client.CaptureMessage(ctx, "x")
				untilOutage(client)
				captureMany(ctx, client, 10) // must not block
				Eventually(func() uint64 { return client.Stats().QueueFull }).WithTimeout(patience).Should(BeNumerically(">=", 8))
			})
			It("Deliver bypasses the pause, and its success ends it", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Down()
				client := eventsOnly(dsn(srv, name))
				client.CaptureMessage(ctx, "waits")
				untilOutage(client)
				_, err := client.Deliver(within(ctx), &raven.Event{Message: "now"})
				Expect(err).To(MatchError(syscall.ECONNREFUSED))
				srv.Up()
				_, err = client.Deliver(within(ctx), &raven.Event{Message: "again"})
				Expect(err).NotTo(HaveOccurred())
				Eventually(srv.Events).WithTimeout(patience).Should(HaveLen(2))
				Expect(client.State().Status).To(Equal(raven.StatusOnline))
			})
			It("after a lost answer an event arrives twice, with one id", func(ctx SpecContext) {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(sentrytest.Truncate(10))
				client := eventsOnly(dsn(srv, name))
				id := client.CaptureMessage(ctx, "x")
				Expect(client.Flush(within(ctx))).To(Succeed())
				sentrytest.RequireEvents(GinkgoTB(), srv, 2, sentrytest.HasEventID(id))
			})
		})
	}

	for _, name := range attempting {
		It("over "+name+"+http an event is lost after one attempt, and so are events captured right after it", func(ctx SpecContext) {
			for _, away := range []sentrytest.Step{sentrytest.Reset(), sentrytest.Status(503), sentrytest.Status(500), sentrytest.Status(403)} {
				srv := sentrytest.NewServer(GinkgoTB())
				srv.Script(away)
				client := eventsOnly(dsn(srv, name))
				client.CaptureMessage(ctx, "x")
				Expect(client.Flush(within(ctx))).NotTo(Succeed())
				client.CaptureMessage(ctx, "y")
				Expect(client.Flush(within(ctx))).To(MatchError(ContainSubstring("backoff 1")))
				Expect(srv.Requests()).To(HaveLen(1))
			}
		})
	}
})
