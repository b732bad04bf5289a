package ravenkit_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// canary is the text that no request to a server may contain.
const canary = "canary-0451"

type login struct {
	User     string
	Password string
}

// confide puts the canary everywhere where an application might put a secret.
func confide(ctx context.Context, client *raven.Client) {
	secrets := map[string]any{
		"password": canary, "nested": map[string]any{"api_key": canary, "list": []any{map[string]string{"secret": canary}}},
		"struct": login{"u", canary}, "header": http.Header{"Authorization": {canary}},
		"dsn": "postgres://u:" + canary + "@db/shop", "query": "a=1&password=" + canary + "=x",
	}
	client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "GET https://u:" + canary + "@h/?access_token=" + canary, Data: secrets})
	cause := &url.Error{Op: "Get", URL: "https://u:" + canary + "@h/?api_key=" + canary, Err: errors.New("no route to host")}
	client.CaptureException(
		ctx, fmt.Errorf("login: %w", cause), raven.Extra(secrets), raven.Contexts{"app": secrets}, raven.User{ID: "7", Data: secrets},
		raven.Tags{"passwd": canary, "next": "/login?password=" + canary},
		&raven.Request{
			URL: "https://u:" + canary + "@h/login?secret=" + canary, QueryString: "password=" + canary, Cookies: "a=b; access_token=" + canary,
			Headers: map[string]string{"Cookie": "secret=" + canary, "X-Api-Key": canary}, Env: map[string]string{"SENTRY_DSN": canary},
			Data: `{"user":"u","password":"` + canary + `","cut off":{"secret":"` + canary,
		},
	)
	client.Capture(ctx, &raven.Event{
		Message: "dial %s", Params: raven.Params{"redis://:" + canary + "@h"}, Interfaces: map[string]any{"app.Login": login{"u", canary}},
		Stacktrace: &raven.Stacktrace{Frames: []raven.Frame{{Function: "f", Vars: secrets}}},
	})
	func() {
		defer client.Recover(ctx)
		panic(login{"u", canary})
	}()
}

var _ = Describe("Secrets", func() {
	received := func(srv *sentrytest.Server) string {
		var all strings.Builder
		for _, r := range srv.Requests() {
			all.WriteString(r.Decoded)
		}
		return all.String()
	}

	for _, protocol := range []string{"envelope", "store"} {
		It("never reach the server, over "+protocol, func(ctx SpecContext) {
			srv := sentrytest.NewServer(GinkgoTB())
			confide(ctx, newClient(dsn(srv, "sync", "protocol", protocol)))
			Expect(srv.Events()).To(HaveLen(3))
			Expect(received(srv)).NotTo(ContainSubstring(canary))
			for _, ev := range srv.Events() {
				Expect(ev.Problems).To(BeEmpty())
			}
		})
	}

	It("would reach it without masking", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		confide(ctx, newClient(dsn(srv, "sync"), raven.WithoutDefaultProcessors()))
		Expect(strings.Count(received(srv), canary)).To(BeNumerically(">", 20))
	})

	It("are masked in data that functions see and add, too", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"), raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event {
			ev.Extra = raven.Extra{"added": map[string]string{"password": canary}}
			return ev
		}))
		confide(ctx, client)
		Expect(srv.Events()).To(HaveLen(3))
		Expect(received(srv)).NotTo(ContainSubstring(canary))
	})

	It("can have further keys that an application sets", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"), raven.WithProcessors(raven.SanitizeKeys("iban")))
		client.CaptureMessage(ctx, "paid", raven.Extra{"debtorIBAN": canary, "password": canary})
		sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasMessage("paid"))
		Expect(received(srv)).NotTo(ContainSubstring(canary))
	})
})

var _ = Describe("An event above a megabyte", func() {
	It("arrives with the important parts, and notes the removed ones", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"))
		for i := range 3 {
			client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: fmt.Sprint("query ", i), Data: map[string]any{"rows": strings.Repeat("x", 500_000)}})
		}
		client.CaptureException(ctx, errors.New("boom"), raven.Extra{"job": 7})
		ev := sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasException("", "boom"))
		Expect(ev.Breadcrumbs).To(HaveLen(3))
		Expect(ev.Extra).To(HaveKey("job"))
		Expect(ev.Contexts).To(HaveKeyWithValue("raven", HaveKeyWithValue("trimmed", ConsistOf("breadcrumbs.data"))))
	})
})
