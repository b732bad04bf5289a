package transport_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// scripted answers with its errors in turn, and then with success.
type scripted struct {
	errs  []error
	times []time.Time
}

func (s *scripted) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	s.times = append(s.times, time.Now())
	if n := len(s.times); n <= len(s.errs) && s.errs[n-1] != nil {
		return nil, s.errs[n-1]
	}
	return &transport.Response{Status: 200, EventID: p.EventID}, nil
}
func (s *scripted) Close(context.Context) error { return nil }

// pauses returns the times between tries.
func (s *scripted) pauses() []time.Duration {
	var all []time.Duration
	for i := 1; i < len(s.times); i++ {
		all = append(all, s.times[i].Sub(s.times[i-1]))
	}
	return all
}

func retried(t *testing.T, cfg transport.RetryConfig, errs []error, fn func(t *testing.T, g *WithT, tr transport.Transport, s *scripted)) {
	synctest.Test(t, func(t *testing.T) {
		s := &scripted{errs: errs}
		tr := transport.WithRetry(s, cfg)
		fn(t, NewWithT(t), tr, s)
		if err := tr.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

var unavailable = &transport.APIError{Status: 503}

func TestRetryWaitsGrow(t *testing.T) {
	retried(t, transport.RetryConfig{InitialInterval: time.Second}, []error{unavailable, unavailable}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
		_, err := tr.Send(t.Context(), body("a"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(s.pauses()).To(HaveLen(2))
		for i, base := range []time.Duration{time.Second, 2 * time.Second} {
			g.Expect(s.pauses()[i]).To(And(BeNumerically(">=", base/2), BeNumerically("<=", base*3/2)), "spread by half either way")
		}
	})
}

func TestRetryWaitsForTenSecondsAtMost(t *testing.T) {
	errs := slices.Repeat([]error{unavailable}, 60)
	for _, first := range []time.Duration{time.Second, time.Hour} {
		cfg := transport.RetryConfig{Retries: len(errs), InitialInterval: first, MaxElapsed: time.Hour}
		retried(t, cfg, errs, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
			_, err := tr.Send(t.Context(), body("a"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(s.pauses()).To(HaveLen(60))
			g.Expect(s.pauses()).To(HaveEach(BeNumerically("<=", 10*time.Second)))
		})
	}
}

// MaxElapsed limits the time from the first try to the start of the last.
func TestRetryStartsNoTryAfterItsTime(t *testing.T) {
	for range 50 {
		retried(t, transport.RetryConfig{Retries: 100, MaxElapsed: 5 * time.Second}, slices.Repeat([]error{unavailable}, 100), func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
			_, err := tr.Send(t.Context(), body("a"))
			g.Expect(err).To(MatchError(unavailable))
			g.Expect(s.times[len(s.times)-1].Sub(s.times[0])).To(BeNumerically("<=", 5*time.Second))
		})
	}
}

func TestRetryGivesUp(t *testing.T) {
	retried(t, transport.RetryConfig{Retries: 2}, []error{unavailable, unavailable, unavailable, unavailable}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
		_, err := tr.Send(t.Context(), body("a"))
		g.Expect(err).To(MatchError(unavailable))
		g.Expect(err).To(MatchError(ContainSubstring("(tried 3 times)")))
		g.Expect(s.times).To(HaveLen(3))
	})
}

func TestRetryDoesNotRepeatFinalErrors(t *testing.T) {
	for name, err := range map[string]error{
		"400": &transport.APIError{Status: 400}, "401": &transport.APIError{Status: 401}, "403": &transport.APIError{Status: 403},
		"404": &transport.APIError{Status: 404}, "413": &transport.APIError{Status: 413}, "a redirect": &transport.APIError{Status: 302},
		"cancelled": &transport.NetworkError{Err: context.Canceled}, "closed": transport.ErrClosed, "anything else": errors.New("?"),
	} {
		t.Run(name, func(t *testing.T) {
			retried(t, transport.RetryConfig{}, []error{err}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
				_, got := tr.Send(t.Context(), body("a"))
				g.Expect(got).To(MatchError(err))
				g.Expect(s.times).To(HaveLen(1))
			})
		})
	}
}

func TestRetryHonoursRetryAfter(t *testing.T) {
	limit := &transport.RateLimitedError{RetryAfter: 20 * time.Second}
	t.Run("within MaxElapsed", func(t *testing.T) {
		retried(t, transport.RetryConfig{}, []error{limit}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
			_, err := tr.Send(t.Context(), body("a"))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(s.pauses()).To(Equal([]time.Duration{20 * time.Second}))
		})
	})
	t.Run("and not beyond MaxElapsed", func(t *testing.T) {
		retried(t, transport.RetryConfig{MaxElapsed: 10 * time.Second}, []error{limit}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
			start := time.Now()
			_, err := tr.Send(t.Context(), body("a"))
			g.Expect(err).To(MatchError(limit))
			g.Expect(time.Since(start)).To(BeZero(), "it does not wait for a try that it won't make")
			g.Expect(s.times).To(HaveLen(1))
		})
	})
}

func TestRetryLimitsTheWaitingPackets(t *testing.T) {
	retried(t, transport.RetryConfig{MaxWaiting: 1}, []error{unavailable, unavailable}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
		first := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), body("a"))
			first <- err
		}()
		synctest.Wait()
		_, err := tr.Send(t.Context(), body("b"))
		g.Expect(err).To(MatchError(And(ContainSubstring("retry_max_waiting"), ContainSubstring("status 503"))))
		g.Expect(<-first).To(Succeed())
	})
}

func TestRetryEndsWithItsCallerAndWithClose(t *testing.T) {
	retried(t, transport.RetryConfig{InitialInterval: time.Hour, MaxElapsed: 9 * time.Hour}, []error{unavailable, unavailable}, func(t *testing.T, g *WithT, tr transport.Transport, s *scripted) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := tr.Send(ctx, body("a"))
		g.Expect(err).To(And(MatchError(context.DeadlineExceeded), MatchError(unavailable)))

		waiting := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), body("b"))
			waiting <- err
		}()
		synctest.Wait()
		begun := time.Now()
		var undelivered *transport.UndeliveredError
		g.Expect(errors.As(tr.Close(context.Background()), &undelivered)).To(BeTrue())
		g.Expect(*undelivered).To(Equal(transport.UndeliveredError{Abandoned: 1}))
		g.Expect(<-waiting).To(And(MatchError(transport.ErrClosed), MatchError(unavailable)))
		g.Expect(time.Since(begun)).To(BeZero(), "Close ends the wait at once")
		g.Expect(s.times).To(HaveLen(2))
		_, err = tr.Send(t.Context(), body("c"))
		g.Expect(err).To(MatchError(transport.ErrClosed))
	})
}

// A try that is running when Close is called gets its time, but is the last
// one.
func TestRetryDoesNotWaitAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		answer := make(chan struct{})
		tr := transport.WithRetry(hanging{answer}, transport.RetryConfig{})
		sent := make(chan error, 1)
		go func() {
			_, err := tr.Send(context.Background(), body("a"))
			sent <- err
		}()
		synctest.Wait()
		closed := make(chan error, 1)
		go func() { closed <- tr.Close(context.Background()) }()
		synctest.Wait()
		close(answer)
		begun := time.Now()
		g.Expect(<-sent).To(And(MatchError(transport.ErrClosed), MatchError(unavailable)))
		g.Expect(<-closed).To(MatchError(&transport.UndeliveredError{Abandoned: 1}))
		g.Expect(time.Since(begun)).To(BeZero())
		g.Expect(tr.Close(context.Background())).To(Succeed(), "it is counted once")
	})
}

// hanging fails when answer is closed.
type hanging struct{ answer chan struct{} }

func (h hanging) Send(context.Context, *transport.Packet) (*transport.Response, error) {
	<-h.answer
	return nil, unavailable
}

func (hanging) Close(context.Context) error { return nil }
