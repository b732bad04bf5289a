package sentrymatchers_test

import (
	"fmt"
	"strings"

	"github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/sentrymatchers"
)

// newGomega stands for NewWithT(t) in a test.
func newGomega() *gomega.WithT {
	return gomega.NewWithT(printer{})
}

// printer prints failures instead of failing.
type printer struct{}

func (printer) Helper() {}
func (printer) Fatalf(format string, args ...any) {
	fmt.Println(strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func ExampleHaveCaptured() {
	g := newGomega() // NewWithT(t)
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	go func() { _ = report(srv, `{"message":"boom","event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`) }()

	g.Eventually(srv).Should(sentrymatchers.HaveCaptured(sentrytest.HasMessage("boom")))
	g.Expect(srv).ShouldNot(sentrymatchers.HaveCaptured(sentrytest.HasLevel("error")))
	// Output:
	// sentrytest: unexpected event
	//   wanted none with: level error
	//   arrived:
	//     error "boom" (fc6d8c0c43fc4630ad850ee518f1b9d0)
}

func ExampleBeEvent() {
	g := newGomega() // NewWithT(t)
	e, err := sentrytest.ParseEvent([]byte(`{"message":"boom","tags":{"shard":"7"}}`))
	g.Expect(err).NotTo(gomega.HaveOccurred())
	fmt.Println(g.Expect(e).To(sentrymatchers.BeEvent(sentrytest.HasMessage("boom"), sentrytest.HasTag("shard", "7"))))
	// Output: true
}

func ExampleContainEvent() {
	g := newGomega() // NewWithT(t)
	events := []sentrytest.Event{{Message: "hello"}, {Message: "boom"}}
	fmt.Println(g.Expect(events).To(sentrymatchers.ContainEvent(sentrytest.HasMessage("boom"))))
	// Output: true
}
