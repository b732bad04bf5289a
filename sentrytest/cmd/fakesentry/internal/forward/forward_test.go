package forward_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/forward"
	"github.com/ravenkit/ravenkit/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An event of the store endpoint arrives in an envelope, with the mark of each
// forwarder on the way.
func TestForward(t *testing.T) {
	g := NewWithT(t)
	target := sentrytest.NewServer(t)
	f, err := forward.New(target.DSN(), transport.DefaultRegistry(), func(err error) { t.Error(err) })
	g.Expect(err).NotTo(HaveOccurred())

	event, err := sentrytest.ParseEvent([]byte(`{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","message":"stored"}`))
	g.Expect(err).NotTo(HaveOccurred())
	header := http.Header{forward.Mark: {"another"}}
	f.Forward(&sentrytest.Arrival{Request: sentrytest.Request{Header: header}, Events: []sentrytest.Event{event}})
	f.Forward(&sentrytest.Arrival{}) // nothing to forward
	g.Expect(f.Close(context.Background())).To(Succeed())

	got := sentrytest.RequireEvent(t, target, sentrytest.HasMessage("stored"), sentrytest.HasEventID(event.EventID))
	g.Expect(got.Received.Protocol).To(Equal("envelope"))
	g.Expect(got.Received.Header.Get(forward.Mark)).To(HavePrefix("another, "))
	g.Expect(f.HasSent(got.Received.Header)).To(BeTrue(), "it comes back to where it was")
	g.Expect(f.HasSent(header)).To(BeFalse())
	g.Expect(target.Requests()).To(HaveLen(1))
}

// The client has its answer already, so a failure is only reported.
func TestFailuresAreReported(t *testing.T) {
	g := NewWithT(t)
	target := sentrytest.NewServer(t)
	target.Script(sentrytest.Status(400))
	var failures []string
	f, err := forward.New(target.DSN(sentrytest.DSNSecret("topsecret")), transport.DefaultRegistry(), func(err error) { failures = append(failures, err.Error()) })
	g.Expect(err).NotTo(HaveOccurred())
	event, err := sentrytest.ParseEvent([]byte(`{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`))
	g.Expect(err).NotTo(HaveOccurred())
	f.Forward(&sentrytest.Arrival{Events: []sentrytest.Event{event}})
	g.Expect(f.Close(context.Background())).To(Succeed())
	g.Expect(failures).To(ConsistOf(And(ContainSubstring("event fc6d8c0c43fc4630ad850ee518f1b9d0 was not forwarded"), ContainSubstring("400"), Not(ContainSubstring("topsecret")))))
}

// A transport without a queue would let every client of fakesentry wait.
func TestATransportWithoutAQueueIsRefused(t *testing.T) {
	g := NewWithT(t)
	_, err := forward.New("sync+http://key@127.0.0.1:1/1", transport.DefaultRegistry(), nil)
	g.Expect(err).To(MatchError(ContainSubstring("remove the prefix before http")))
	_, err = forward.New(strings.Repeat("x", 3), transport.DefaultRegistry(), nil)
	g.Expect(err).To(HaveOccurred())
}
