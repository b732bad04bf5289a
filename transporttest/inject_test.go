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

func TestInjectSurvivesCallbacks(t *testing.T) {
	tr := transporttest.Inject(transporttest.NewRecorder(), transporttest.EveryNth(1, errors.New("broken")))
	tr.(transport.AsyncTransport).SendAsync(t.Context(), packet("a"), func(*transport.Response, error) { panic("thrown") })
}

// A wrapper that does nothing must not break anything either.
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
