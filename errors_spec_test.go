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

// reportRefusal captures an error that has no stack of its own.
//
//go:noinline
func reportRefusal(ctx SpecContext, client *raven.Client) {
	client.CaptureException(ctx, errors.New("the card was refused"))
}

var _ = Describe("A captured error", func() {
	// reported returns the event that a program reports.
	reported := func(report func(*raven.Client), opts ...raven.Option) sentrytest.Event {
		GinkgoHelper()
		srv := sentrytest.NewServer(GinkgoTB())
		report(newClient(srv.DSN(), opts...))
		return sentrytest.RequireEvent(GinkgoTB(), srv)
	}

	It("has a type that names the error", func(ctx SpecContext) {
		missing := &fs.PathError{Op: "open", Path: "shop.toml", Err: fs.ErrNotExist}
		ev := reported(func(client *raven.Client) { client.CaptureException(ctx, fmt.Errorf("configure: %w", missing)) })
		Expect(ev.Exceptions[len(ev.Exceptions)-1].Type).To(Equal("*fs.PathError"), "the type of the wrapped error")

		ev = reported(func(client *raven.Client) { reportRefusal(ctx, client) })
		Expect(ev.Exceptions[0].Type).To(Equal("ravenkit_test.reportRefusal"), "the function that captured it")
		Expect(ev.Exceptions[0].Mechanism.Data).To(HaveKeyWithValue("go_type", "*errors.errorString"))
	})

	It("shows the source lines around the capture", func(ctx SpecContext) {
		ev := reported(func(client *raven.Client) { reportRefusal(ctx, client) })
		stack := ev.Exceptions[0].Stacktrace.Frames
		Expect(stack[len(stack)-1].ContextLine).To(ContainSubstring("client.CaptureException(ctx, errors.New("))
	})

	It("has no source lines if they are switched off", func(ctx SpecContext) {
		ev := reported(func(client *raven.Client) { reportRefusal(ctx, client) }, raven.WithSourceContext(0, 0))
		for _, frame := range ev.Exceptions[0].Stacktrace.Frames {
			Expect(frame.ContextLine).To(BeEmpty())
		}
	})
})
