package transporttest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

func TestMain(m *testing.M) {
	// Broken transports fail on purpose, and would leave the artifacts of their
	// servers behind.
	dir, err := os.MkdirTemp("", "transporttest-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv("SENTRYTEST_ARTIFACTS") == "" {
		os.Setenv("SENTRYTEST_ARTIFACTS", dir)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func packet(message string) *transport.Packet {
	return &transport.Packet{
		URL: "https://h/api/1/envelope/", EventID: message, Header: http.Header{"X": {"y"}},
		Body: []byte("{}\n{\"type\":\"event\"}\n{\"message\":\"" + message + "\"}\n"),
	}
}

func TestRecorderKeepsPackets(t *testing.T) {
	g := NewWithT(t)
	var rec transporttest.Recorder // the zero value is ready to use
	response, err := rec.Send(t.Context(), packet("one"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(response.EventID).To(Equal("one"))
	told := 0
	rec.SendAsync(t.Context(), packet("two"), func(r *transport.Response, err error) {
		told++
		g.Expect(err).NotTo(HaveOccurred())
	})
	rec.SendAsync(t.Context(), packet("three"), nil)
	g.Expect(told).To(Equal(1))
	g.Expect(rec.Packets()).To(HaveLen(3))
	sentrytest.RequireEvent(t, &rec, sentrytest.HasMessage("two"))

	rec.Packets()[0].Header.Set("X", "changed")
	rec.Packets()[0].Body[0] = 'x'
	g.Expect(rec.Packets()[0].Header.Get("X")).To(Equal("y"), "it returns copies")
	g.Expect(rec.Events()).To(HaveLen(3))

	g.Expect(rec.Take()).To(HaveLen(3))
	g.Expect(rec.Packets()).To(BeEmpty())
}

func TestRecorderReadsBothProtocols(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	for _, p := range []transport.Packet{
		{URL: "https://h/api/1/store/", Body: []byte(`{"message":"store"}`)},
		{URL: "https://h/api/1/envelope/", Body: []byte("{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n{\"type\":\"session\"}\n{}\n{\"type\":\"event\"}\n{}")},
		{URL: "https://h/api/1/envelope/", Body: []byte("garbage")},
		{URL: "https://h/api/1/store/", Body: []byte("garbage")},
	} {
		_, err := rec.Send(t.Context(), &p)
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(rec.Packets()).To(HaveLen(4))
	g.Expect(rec.Events()).To(HaveLen(2))
	g.Expect(rec.Events()[0].Message).To(Equal("store"))
	g.Expect(rec.Events()[1].EventID).To(Equal("fc6d8c0c43fc4630ad850ee518f1b9d0"))
}

func TestRecorderFails(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	broken := errors.New("broken")
	rec.Fail(broken)
	_, err := rec.Send(t.Context(), packet("a"))
	g.Expect(err).To(MatchError(broken))
	rec.SendAsync(t.Context(), packet("b"), func(_ *transport.Response, err error) { g.Expect(err).To(MatchError(broken)) })
	rec.Fail(nil)
	_, err = rec.Send(t.Context(), packet("c"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec.Packets()).To(HaveLen(3))
}

func TestRecorderHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		rec.Hold()
		told := make(chan error, 2)
		rec.SendAsync(t.Context(), packet("a"), func(_ *transport.Response, err error) { told <- err })
		go func() {
			_, err := rec.Send(context.Background(), packet("b"))
			told <- err
		}()
		synctest.Wait()
		g.Expect(told).NotTo(Receive())
		g.Expect(rec.Packets()).To(HaveLen(2))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(rec.Flush(ctx), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Pending).To(Equal(2))
		_, err := rec.Send(ctx, packet("c"))
		g.Expect(err).To(MatchError(context.DeadlineExceeded))

		rec.Release()
		g.Expect(rec.Flush(t.Context())).To(Succeed())
		g.Expect(<-told).To(Succeed())
		g.Expect(<-told).To(Succeed())
		rec.SendAsync(t.Context(), packet("d"), func(_ *transport.Response, err error) { told <- err })
		g.Expect(told).To(Receive(BeNil()), "Hold has ended")
	})
}

func TestRecorderCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		rec.Hold()
		told := make(chan error, 1)
		rec.SendAsync(t.Context(), packet("a"), func(_ *transport.Response, err error) { told <- err })
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(rec.Close(t.Context()), &undelivered)).To(BeTrue())
		g.Expect(undelivered.Abandoned).To(Equal(1))
		g.Expect(<-told).To(MatchError(transport.ErrClosed))

		g.Expect(rec.Close(t.Context())).To(Succeed())
		_, err := rec.Send(t.Context(), packet("late"))
		g.Expect(err).To(MatchError(transport.ErrClosed))
		rec.SendAsync(t.Context(), packet("late"), func(_ *transport.Response, err error) { told <- err })
		g.Expect(<-told).To(MatchError(transport.ErrClosed))
		g.Expect(rec.Packets()).To(HaveLen(1))
	})
}

func TestRecorderWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		rec := transporttest.NewRecorder()
		go func() {
			for i := range 5 {
				_, _ = rec.Send(context.Background(), packet(fmt.Sprint("m", i)))
			}
		}()
		got, err := rec.Wait(t.Context(), 2, sentrytest.HasMessageMatching("m[34]"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(HaveLen(2))

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = rec.Wait(ctx, 1, sentrytest.HasMessage("never"))
		var waited *sentrytest.WaitError
		g.Expect(errors.As(err, &waited)).To(BeTrue())
		g.Expect(err.Error()).To(ContainSubstring("m4"))
	})
}

func TestRecorderIsSafeForConcurrentUse(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	var users sync.WaitGroup
	for i := range 8 {
		users.Go(func() {
			for range 50 {
				rec.SendAsync(context.Background(), packet(fmt.Sprint(i)), nil)
				rec.Events()
				rec.Hold()
				rec.Release()
			}
		})
	}
	users.Wait()
	g.Expect(rec.Flush(t.Context())).To(Succeed())
	g.Expect(rec.Packets()).To(HaveLen(400))
}

func openIn(t *testing.T, r *transport.Registry, dsn string) (transport.Transport, error) {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return r.Open(d, transport.Env{})
}

func TestRegistryLeadsEverySchemeToTheRecorder(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	r := transporttest.Registry(rec)
	g.Expect(r.Schemes()).To(Equal(transport.DefaultRegistry().Schemes()))
	for i, scheme := range r.Schemes() {
		tr, err := openIn(t, r, scheme+"://k@h/1?timeout=5")
		g.Expect(err).NotTo(HaveOccurred())
		_, err = tr.Send(t.Context(), packet(scheme))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(tr.Close(t.Context())).To(Succeed())
		g.Expect(rec.Packets()).To(HaveLen(i+1), "the recorder stays open")
	}
	tr, err := openIn(t, r, "sync+https://k@h/1")
	g.Expect(err).NotTo(HaveOccurred())
	_, async := tr.(transport.AsyncTransport)
	g.Expect(async).To(BeFalse(), "sync+ blocks")
	tr, err = openIn(t, r, "https://k@h/1")
	g.Expect(err).NotTo(HaveOccurred())
	_, async = tr.(transport.AsyncTransport)
	g.Expect(async).To(BeTrue())

	_, err = openIn(t, r, "https://k@h/1?tiemout=5")
	g.Expect(err).To(MatchError(ContainSubstring(`did you mean "timeout"?`)))
	_, err = openIn(t, r, "sync+https://k@h/1?queue_size=5")
	g.Expect(err).To(MatchError(ContainSubstring("queue_size")))
}

func TestABlockingRecorder(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	_, async := rec.Blocking().(transport.AsyncTransport)
	g.Expect(async).To(BeFalse())
	_, err := rec.Blocking().Send(t.Context(), packet("a"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(rec.Packets()).To(HaveLen(1))
	tr, err := openIn(t, transporttest.Registry(rec.Blocking()), "https://k@h/1")
	g.Expect(err).NotTo(HaveOccurred())
	_, async = tr.(transport.AsyncTransport)
	g.Expect(async).To(BeFalse())
}

func TestSwap(t *testing.T) {
	g := NewWithT(t)
	before := transport.DefaultRegistry()
	rec := transporttest.NewRecorder()
	t.Run("during the test", func(t *testing.T) {
		transporttest.Swap(t, rec)
		tr, err := openIn(t, transport.DefaultRegistry(), "https://k@h/1")
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		_, err = tr.Send(t.Context(), packet("swapped"))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	})
	g.Expect(rec.Packets()).To(HaveLen(1))
	g.Expect(transport.DefaultRegistry()).To(BeIdenticalTo(before))
}

func TestSwapRefusesAParallelTest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	before := transport.DefaultRegistry()
	g.Expect(func() { transporttest.Swap(t, transporttest.NewRecorder()) }).To(Panic())
	g.Expect(transport.DefaultRegistry()).To(BeIdenticalTo(before))
}
