package console

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

var event = fakesentryclient.Event{
	Level: "error", Title: "bad \x1b]0;title\a\u202e", Culprit: "shop.pay", ProjectID: "1", EventID: "id", Received: time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local),
	SDK: fakesentryclient.SDK{Name: "raven.go", Version: "0.1.0"},
}

// This test is inside the package because New needs a terminal for colour.
func TestColourDoesNotComeFromTheText(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var out strings.Builder
	p := &Printer{w: &out, format: Human, color: true}
	g.Expect(p.Event(event)).To(Succeed())
	g.Expect(out.String()).To(Equal("12:00:00  \x1b[31merror  \x1b[0m  bad \ufffd]0;title\ufffd\ufffd\x1b[2m  (shop.pay, raven.go/0.1.0, project 1, id)\x1b[0m\n"))
}

func TestNoColourOutsideTerminals(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var out strings.Builder
	g.Expect(New(&out, Human).Event(event)).To(Succeed())
	g.Expect(out.String()).NotTo(ContainSubstring("\x1b"))
	out.Reset()
	g.Expect(New(&out, Logfmt).Event(event)).To(Succeed())
	g.Expect(out.String()).NotTo(ContainSubstring("\x1b"))
	g.Expect(out.String()).To(ContainSubstring(`title="bad \x1b]0;title\a\u202e" culprit=shop.pay`))
}

func TestFaulted(t *testing.T) {
	t.Parallel()
	r := fakesentryclient.Request{Received: event.Received, Method: "POST", Path: "/api/1/store/", Fault: "outage: Reset()"}
	for format, want := range map[string]string{
		Human:  "12:00:00  fault    POST /api/1/store/ without an answer by outage: Reset()\n",
		JSON:   `\{"faulted":\{"seq":0,.*"status":0,"fault":"outage: Reset\(\)".*\}\}\n`,
		Logfmt: `time=\S+ faulted="POST /api/1/store/" status=0 fault="outage: Reset\(\)"\n`,
	} {
		var out strings.Builder
		NewWithT(t).Expect(New(&out, format).Faulted(r)).To(Succeed())
		if format == Human {
			NewWithT(t).Expect(out.String()).To(Equal(want))
			continue
		}
		NewWithT(t).Expect(out.String()).To(MatchRegexp("^" + want + "$"))
	}
}

func TestMissed(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var out strings.Builder
	g.Expect(New(&out, JSON).Missed()).To(Succeed())
	g.Expect(out.String()).To(BeEmpty(), "programs get only lines for events")
	g.Expect(New(&out, Human).Missed()).To(Succeed())
	g.Expect(out.String()).To(Equal("(some arrived too fast and were deleted before they could be shown)\n"))
}
