package transporttest

import (
	"errors"
	"fmt"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

var answerCases = []Case{
	{
		Name: "Refusals", Rule: "Any other outcome is an error: an *APIError with the status and the server's message.",
		run: refusals,
	},
	{
		Name: "Redirects", Rule: "Redirects are errors: a client that follows one sends an empty GET.",
		run: redirects,
	},
	{
		Name: "RateLimited", Rule: "Any other outcome is an error: a 429 answer is a *RateLimitedError that says how long to wait.",
		run: rateLimited,
	},
}

func refusals(t *trial) {
	for _, status := range []int{401, 403, 404, 413, 500, 503} {
		const said = "said by the server"
		srv := t.serve(sentrytest.Status(status).Header("X-Sentry-Error", said).Times(-1).Optional())
		l := t.open(srv)
		ways := l.ways()
		if status >= 500 {
			ways = l.attempts()
		}
		for _, w := range ways {
			p, how := l.packet(), fmt.Sprintf("%s, status %d", w.name, status)
			o := w.send(p)
			t.refused(how, p, o, status)
			if api, ok := errors.AsType[*transport.APIError](o.err); ok && api.Message != said {
				t.Errorf("%s: want the message %q, got %q", how, said, api.Message)
			}
		}
	}
}

func (t *trial) refused(how string, p *transport.Packet, o outcome, status int) {
	t.Helper()
	api, ok := errors.AsType[*transport.APIError](o.err)
	if o.r != nil || !ok || api.Status != status || api.EventID != p.EventID {
		t.Errorf("%s: want an *APIError with status %d about event %s, got %v", how, status, p.EventID, o)
	}
}

// refusal is refused as a judgment.
func (t *trial) refusal(status int) judgment {
	return func(how string, p *transport.Packet, o outcome) {
		t.Helper()
		t.refused(how, p, o, status)
	}
}

func redirects(t *trial) {
	target := t.serve()
	for _, status := range []int{301, 302, 303, 307, 308} {
		srv := t.serve(sentrytest.Redirect(status, t.base+"://"+t.addr(target)+"/api/1/envelope/").Times(-1).Optional())
		l := t.open(srv)
		l.each(l.ways(), fmt.Sprintf(", status %d", status), t.refusal(status))
	}
	if n := target.Connections(); n > 0 {
		t.Errorf("the transport followed the redirect: its target was contacted %d times", n)
	}
}

func rateLimited(t *trial) {
	for _, c := range []struct {
		step sentrytest.Step
		wait float64 // seconds
	}{
		{sentrytest.Status(429).RetryAfter("90"), 90},
		{sentrytest.Status(429).RetryAfter("nonsense"), 60},
		{sentrytest.Status(429).RateLimits("30:error:organization"), 30},
	} {
		// Each way has a transport of its own: one packet's limit would hold
		// back the other.
		for i := range t.open(t.serve()).ways() {
			l := t.open(t.serve(c.step.Optional()))
			w, p := l.ways()[i], l.packet()
			o, how := w.send(p), w.name+", "+c.step.String()
			limited, ok := errors.AsType[*transport.RateLimitedError](o.err)
			if o.r != nil || !ok {
				t.Errorf("%s: want a *RateLimitedError, got %v", how, o)
				continue
			}
			// The wait may be counted from the arrival of the answer.
			if s := limited.RetryAfter.Seconds(); s > c.wait || s < c.wait-30 {
				t.Errorf("%s: want RetryAfter of %v s, got %v", how, c.wait, limited.RetryAfter)
			}
			if limited.Held || limited.EventID != p.EventID {
				t.Errorf("%s: want an error about event %s that is not Held, got %+v", how, p.EventID, limited)
			}
		}
	}
}
