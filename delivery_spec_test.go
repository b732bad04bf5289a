package ravenkit_test

import (
	"errors"
	"fmt"
	"io/fs"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

var _ = Describe("An error leaves a program through a DSN", func() {
	for _, name := range networked {
		for _, secure := range []bool{false, true} {
			for _, protocol := range []string{"envelope", "store"} {
				scheme := name + "+http"
				start := sentrytest.NewServer
				if secure {
					scheme, start = scheme+"s", sentrytest.NewTLSServer
				}
				It(fmt.Sprintf("and arrives over %s as %s", scheme, protocol), func(ctx SpecContext) {
					srv := start(GinkgoTB())
					params := []string{"protocol", protocol}
					if secure {
						params = append(params, "ca_certs", srv.CACertFile())
					}
					client := newClient(dsn(srv, name, params...), raven.WithRelease("app@1.0"), raven.WithEnvironment("staging"))

					err := fmt.Errorf("saving: %w", &fs.PathError{Op: "write", Path: "/data", Err: errors.New("disk full")})
					id := client.CaptureException(ctx, err, raven.Tags{"shard": "7"}, raven.Extra{"try": 2}, raven.User{ID: "42"})
					Expect(client.Flush(within(ctx))).To(Succeed())

					event := sentrytest.RequireEvent(GinkgoTB(), srv,
						sentrytest.HasEventID(id),
						sentrytest.HasException("*fs.PathError", "write /data: disk full"),
						sentrytest.HasTag("shard", "7"),
						sentrytest.HasExtra("try", 2),
						sentrytest.HasUserID("42"),
						sentrytest.HasLevel(raven.LevelError),
						sentrytest.HasRelease("app@1.0"),
						sentrytest.HasEnvironment("staging"),
					)
					Expect(event.Received.Protocol).To(Equal(protocol))
					Expect(event.Received.Client).To(Equal("raven.go/" + raven.Version))
					Expect(event.Platform).To(Equal("go"))
					Expect(event.SDK.Name).To(Equal("raven.go"))
					Expect(event.Modules).NotTo(BeEmpty())
					Expect(srv.Rejected()).To(BeEmpty())
				})
			}
		}
	}

	It("reports each error of a chain, the outermost last and with the stack", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"))
		client.CaptureException(ctx, fmt.Errorf("outer: %w", errors.Join(errors.New("left"), errors.New("right"))))

		event := sentrytest.RequireEvent(GinkgoTB(), srv)
		values := make([]string, 0, len(event.Exceptions))
		for i, x := range event.Exceptions {
			values = append(values, x.Value)
			Expect(x.Mechanism).NotTo(BeNil())
			Expect(*x.Mechanism.ExceptionID).To(Equal(len(event.Exceptions) - 1 - i))
		}
		Expect(values).To(ConsistOf("left", "right", "left\nright", "outer: left\nright"))
		Expect(values).To(HaveExactElements(Not(BeEmpty()), Not(BeEmpty()), "left\nright", "outer: left\nright"))
		Expect(event.Exceptions[2].Mechanism.IsExceptionGroup).To(BeTrue())
		frames := event.Exceptions[3].Stacktrace.Frames
		Expect(*frames[len(frames)-1].InApp).To(BeTrue())
		Expect(frames[len(frames)-1].Filename).To(HaveSuffix("delivery_spec_test.go"))
	})

	It("carries breadcrumbs, and a panic that was recovered", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		client := newClient(dsn(srv, "sync"))
		client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Category: "db", Message: "connected"})
		func() {
			defer client.Recover(ctx)
			panic("out of cheese")
		}()
		event := sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasException("", "out of cheese"), sentrytest.HasBreadcrumb("connected"))
		Expect(event.Level).To(Equal("fatal"))
		Expect(*event.Exceptions[0].Mechanism.Handled).To(BeFalse())
	})

	It("returns the server's id to a caller that waits", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		for _, name := range networked {
			id, err := newClient(dsn(srv, name)).Deliver(ctx, &raven.Event{Message: "hello"})
			Expect(err).NotTo(HaveOccurred())
			sentrytest.RequireEvent(GinkgoTB(), srv, sentrytest.HasEventID(id), sentrytest.HasMessage("hello"))
		}
	})

	It("sends the secret only where the DSN has one", func(ctx SpecContext) {
		srv := sentrytest.NewServer(GinkgoTB())
		newClient(srv.DSN(sentrytest.DSNScheme("sync"))).CaptureMessage(ctx, "without")
		newClient(srv.DSN(sentrytest.DSNScheme("sync"), sentrytest.DSNSecret("s3cret"))).CaptureMessage(ctx, "with")
		auth := []string{srv.Requests()[0].Header.Get("X-Sentry-Auth"), srv.Requests()[1].Header.Get("X-Sentry-Auth")}
		Expect(auth[0]).To(Equal("Sentry sentry_version=7, sentry_client=raven.go/" + raven.Version + ", sentry_key=" + srv.PublicKey()))
		Expect(auth[1]).To(Equal(auth[0] + ", sentry_secret=s3cret"))
	})

	It("sends nothing without a DSN, and does no harm", func(ctx SpecContext) {
		GinkgoTB().Setenv("SENTRY_DSN", "")
		client := newClient("")
		Expect(client.Enabled()).To(BeFalse())
		Expect(client.CaptureMessage(ctx, "hello")).To(BeEmpty())
		Expect(client.Flush(ctx)).To(Succeed())
		Expect(raven.Discard.CaptureMessage(ctx, "hello")).To(BeEmpty())
	})
})
