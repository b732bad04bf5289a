package sentrytest_test

import (
	"fmt"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// What accessors return belongs to the caller, while requests keep coming.
func TestAccessorsReturnCopies(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	const body = `{"event_id":"` + vectorID + `","message":"hi","tags":{"a":"b"},"extra":{"l":[1,{"m":2}]},"contexts":{"c":{"d":1}},
		"exception":[{"type":"E","mechanism":{"type":"x","handled":true},"stacktrace":{"frames":[{"function":"f","vars":{"v":1},"in_app":true}]}}],
		"breadcrumbs":[{"message":"x","data":{"y":1}}],"user":{"id":1,"data":{"z":1}},"modules":{"m":"1"},"fingerprint":["f"],
		"request":{"headers":{"a":"b"},"cookies":"c=d","data":{"e":1},"env":{"f":1}}}`
	item := fmt.Sprintf("{}\n{\"type\":\"event\",\"length\":%d}\n%s", len(body), body)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				envelope(t, srv, item)
				_, _ = trySend(t, srv, "POST", storePath, "nonsense!", authLine)
			}
		})
		wg.Go(func() {
			for range 20 {
				for _, e := range srv.Events() {
					spoil(&e)
				}
				for _, e := range srv.Envelopes() {
					e.Raw[0], e.Items[0].Payload[0], e.Items[0].Header["type"][0] = 'x', 'x', 'x'
					clear(e.Header)
				}
				for _, r := range srv.Requests() {
					r.Header.Set("X", "y")
					r.Answer.Header.Set("X", "y")
				}
				for _, r := range srv.Rejected() {
					r.Request.Header.Set("X", "y")
					r.Causes[0] = "x"
				}
			}
		})
	}
	wg.Wait()
	for _, e := range srv.Events() {
		g.Expect(string(e.Raw)).To(Equal(body))
		again, err := sentrytest.ParseEvent([]byte(body))
		g.Expect(err).NotTo(HaveOccurred())
		again.EventID, again.Received = e.EventID, e.Received
		g.Expect(e).To(Equal(again))
	}
	g.Expect(srv.Events()).To(HaveLen(80))
	g.Expect(srv.Rejected()).To(HaveLen(80))
	g.Expect(srv.Rejected()[0].Causes).NotTo(ContainElement("x"))
	g.Expect(srv.Requests()[0].Header).NotTo(HaveKey("X"))
}

func spoil(e *sentrytest.Event) {
	e.Raw[0] = 'x'
	e.Tags["a"] = "c"
	e.Extra["l"].([]any)[1].(map[string]any)["m"] = 3
	e.Contexts["c"]["d"] = 2
	x := &e.Exceptions[0]
	x.Type = "F"
	*x.Mechanism.Handled = false
	x.Stacktrace.Frames[0].Vars["v"] = 2
	*x.Stacktrace.Frames[0].InApp = false
	e.Breadcrumbs[0].Data["y"] = 2
	e.User.Data["z"] = 2
	e.Modules["m"] = "2"
	e.Fingerprint[0] = "g"
	e.Request.Headers.Set("A", "c")
	e.Request.Cookies["c"] = "e"
	e.Request.Data.(map[string]any)["e"] = 2
	e.Request.Env["f"] = 2
	e.Received.Header.Set("X", "y")
	if e.Received.Auth != nil {
		e.Received.Auth["sentry_key"] = "x"
	}
}

func TestDump(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	srv.Script(sentrytest.Status(503))
	store(t, srv, message("first"))
	store(t, srv, "nonsense!", "Content-Encoding: lzma")
	store(t, srv, `{"event_id":"`+vectorID+`","message":"second"}`)
	g.Expect(srv.Dump()).To(Equal("sentrytest: server " + srv.URL() + ` received 3 requests
  1. POST /api/1/store/, 19 bytes -> 503 by script step Status(503)
  2. POST /api/1/store/ (lzma), 9 bytes -> 415
  3. POST /api/1/store/, 66 bytes -> 200
  refused: POST /api/1/store/ -> 415 unsupported content encoding "lzma"
  event: error "second" (` + vectorID + ")"))
	for range 100 {
		store(t, srv, message("x"))
	}
	g.Expect(srv.Dump()).To(ContainSubstring("\n  and 3 more"))
}
