package transporttest_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

func TestInject(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	broken := errors.New("broken")
	tr := transporttest.Inject(rec,
		transporttest.EveryNth(4, broken), transporttest.EveryNth(3, transporttest.ErrLost), transporttest.EveryNth(2, transporttest.ErrTwice))
	async := tr.(transport.AsyncTransport)
	send := map[string]func(p *transport.Packet) error{
		"Send": func(p *transport.Packet) error {
			_, err := tr.Send(t.Context(), p)
			return err
		},
		"SendAsync": func(p *transport.Packet) error {
			told := make(chan error, 2)
			async.SendAsync(t.Context(), p, func(_ *transport.Response, err error) { told <- err })
			g.Expect(told).To(HaveLen(1))
			return <-told
		},
	}
	for _, name := range []string{"Send", "SendAsync"} {
		for _, id := range []string{"1", "2", "3", "4"} {
			err := send[name](packet(id))
			if id == "4" {
				g.Expect(err).To(MatchError(broken))
			} else {
				g.Expect(err).NotTo(HaveOccurred())
			}
		}
		if name == "Send" { // so that the second round counts from 1 too
			for range 8 {
				_, _ = tr.Send(t.Context(), packet("filler"))
			}
			rec.Take()
		}
	}
	var ids []string
	for _, p := range rec.Take() {
		ids = append(ids, p.EventID)
	}
	g.Expect(ids).To(Equal([]string{"1", "2", "2"}), "the third is lost, the fourth broken")
	for range 4 {
		async.SendAsync(t.Context(), packet("nobody asks"), nil)
	}
	g.Expect(async.Flush(t.Context())).To(Succeed())
	g.Expect(tr.Close(t.Context())).To(Succeed())
	_, err := tr.Send(t.Context(), packet("late"))
	g.Expect(err).To(MatchError(transport.ErrClosed))
}

func TestInjectKeepsTheKindOfTransport(t *testing.T) {
	_, async := transporttest.Inject(transporttest.NewRecorder().Blocking()).(transport.AsyncTransport)
	NewWithT(t).Expect(async).To(BeFalse())
}

func TestInjectHoldsWhatTheTransportHolds(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	next, err := transport.NewThreaded(rec.Blocking(), transport.ThreadedConfig{})
	g.Expect(err).NotTo(HaveOccurred())
	threaded := transporttest.Inject(next).(transport.Holder)
	defer threaded.Close(t.Context())
	notices, told := make(chan transport.Notice, 1), make(chan error, 1)
	g.Expect(threaded.Watch(func(n transport.Notice) { notices <- n })).To(BeTrue())
	rec.Fail(&transport.APIError{Status: 403, EventID: "a"})
	threaded.SendAsync(t.Context(), packet("a"), func(_ *transport.Response, err error) { told <- err })
	g.Expect(<-told).To(MatchError(ContainSubstring("403")))
	g.Expect((<-notices).EventID).To(Equal("a"))
	g.Expect(threaded.HoldState().Paused).To(BeTrue())

	plain := transporttest.Inject(rec).(transport.Holder)
	g.Expect(plain.Watch(func(transport.Notice) {})).To(BeFalse(), "a recorder holds nothing")
	g.Expect(plain.HoldState()).To(Equal(transport.HoldState{}))
}

func TestARegistryHoldsWhatItsTransportHolds(t *testing.T) {
	g := NewWithT(t)
	rec := transporttest.NewRecorder()
	next, err := transport.NewThreaded(rec.Blocking(), transport.ThreadedConfig{})
	g.Expect(err).NotTo(HaveOccurred())
	defer next.Close(t.Context())
	for holds, tr := range map[bool]transport.Transport{true: next, false: rec} {
		opened, err := openIn(t, transporttest.Registry(tr), "https://k@h/1")
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(opened.(transport.Holder).Watch(func(transport.Notice) {})).To(Equal(holds))
	}
}

func TestInjectSurvivesCallbacks(t *testing.T) {
	tr := transporttest.Inject(transporttest.NewRecorder(), transporttest.EveryNth(1, errors.New("broken")))
	tr.(transport.AsyncTransport).SendAsync(t.Context(), packet("a"), func(*transport.Response, error) { panic("thrown") })
}

// A wrapper without faults must pass the suite.
func TestInjectConforms(t *testing.T) {
	for _, name := range []string{"sync", ""} {
		t.Run(name+"+http(s)", func(t *testing.T) {
			t.Parallel()
			transporttest.Test(t, transporttest.Harness{Open: func(dsn *transport.DSN, env transport.Env) (transport.Transport, error) {
				tr, err := openSound(name, dsn, env)
				if err != nil {
					return nil, err
				}
				return transporttest.Inject(tr, transporttest.EveryNth(1, nil)), nil
			}})
		})
	}
}
