package raven_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
)

func TestMessage(t *testing.T) {
	for _, tt := range []struct {
		name, message string
		opts          []raven.CaptureOption
		want          map[string]any
	}{
		{
			"literal", "disk 93% full %d", nil,
			map[string]any{"message": "disk 93% full %d", "params": []any{}, "formatted": "disk 93% full %d"},
		},
		{
			"params", "disk %d%% full on %s",
			[]raven.CaptureOption{raven.Params{93, "h"}},
			map[string]any{"message": "disk %d%% full on %s", "params": []any{93.0, "h"}, "formatted": "disk 93% full on h"},
		},
		{
			"panicking param", "%v",
			[]raven.CaptureOption{raven.Params{panicky{}}},
			map[string]any{"message": "%v", "params": []any{"<raven_test.panicky: String panicked: oh no>"}, "formatted": "%!v(PANIC=String method: oh no)"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			c, rec := newRecorded(t, testDSN)
			id := c.CaptureMessage(t.Context(), tt.message, tt.opts...)
			ev := only(t, rec)
			g.Expect(ev["logentry"]).To(Equal(tt.want))
			g.Expect(ev["event_id"]).To(Equal(id))
			g.Expect(id).To(MatchRegexp(`^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$`))
			g.Expect(c.LastEventID()).To(Equal(id))
			g.Expect(ev["level"]).To(Equal("error"), "the default of Raven for Python, also for messages")
			g.Expect(ev).NotTo(HaveKey("stacktrace"))
			at, err := time.Parse(time.RFC3339Nano, ev["timestamp"].(string))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(at).To(BeTemporally("~", time.Now(), time.Minute))
		})
	}
}

var everything = raven.Event{
	EventID: "FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0", Timestamp: time.Date(2011, 5, 2, 17, 41, 36, 123456789, time.FixedZone("", 3600)),
	Level: raven.LevelWarning, Logger: "app", Platform: "other", ServerName: "box", Release: "r", Environment: "e", Dist: "d",
	Culprit: "c", Transaction: "t", Message: "hi %s", Params: raven.Params{"x"},
	Exceptions:  []raven.Exception{{Type: "T", Value: "v", Module: "m"}},
	Stacktrace:  &raven.Stacktrace{Frames: []raven.Frame{{Function: "f"}}},
	Threads:     []raven.Thread{{ID: 7, Name: "n", State: "running", Crashed: true, Current: true}},
	Breadcrumbs: []raven.Breadcrumb{{Message: "b", Timestamp: time.Unix(1, 500000000)}},
	Tags:        raven.Tags{"k": "v"}, Extra: raven.Extra{"n": 1}, Contexts: raven.Contexts{"app": map[string]any{"x": 1}},
	User:        &raven.User{ID: "1", Username: "u", Email: "e@x", Name: "n", IPAddress: "::1", Data: map[string]any{"plan": "pro"}},
	Request:     &raven.Request{URL: "http://x/", Method: "GET", QueryString: "a=b", Fragment: "f", Cookies: "c=d", Headers: map[string]string{"A": "b"}, Env: map[string]string{"REMOTE_ADDR": "::1"}, Data: "body"},
	Fingerprint: raven.Fingerprint{"a", "{{ default }}"}, Modules: map[string]string{"m": "v1"}, TimeSpent: 1500 * time.Millisecond,
	Interfaces: map[string]any{"sentry.interfaces.Query": map[string]any{"query": "select 1"}, "level": "no dot, no interface"},
}

func TestWholeEvent(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	g.Expect(c.Capture(t.Context(), &everything)).To(Equal("fc6d8c0c43fc4630ad850ee518f1b9d0"))
	ev := only(t, rec)
	delete(ev, "contexts")
	want := `{
		"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":"2011-05-02T16:41:36.123456Z","platform":"other","level":"warning",
		"logger":"app","server_name":"box","release":"r","environment":"e","dist":"d","culprit":"c","time_spent":1500,
		"logentry":{"message":"hi %s","params":["x"],"formatted":"hi x"},
		"exception":{"values":[{"type":"T","value":"v","module":"m"}]},
		"stacktrace":{"frames":[{"function":"f","in_app":false}]},
		"threads":{"values":[{"id":7,"name":"n","state":"running","crashed":true,"current":true}]},
		"breadcrumbs":{"values":[{"timestamp":1.5,"type":"default","message":"b"}]},
		"tags":{"k":"v"},"extra":{"n":1},"fingerprint":["a","{{ default }}"],"modules":{"m":"v1"},
		"user":{"id":"1","username":"u","email":"e@x","name":"n","ip_address":"::1","data":{"plan":"pro"}},
		"request":{"url":"http://x/","method":"GET","query_string":"a=b","fragment":"f","cookies":"c=d","headers":{"A":"b"},"env":{"REMOTE_ADDR":"::1"},"data":"body"},
		"sdk":{"name":"raven.go","version":"0.1.0"},
		"sentry.interfaces.Query":{"query":"select 1"}}`
	g.Expect(json.Marshal(ev)).To(MatchJSON(want))
}

func TestStoreDialect(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, storeDSN, raven.WithRelease("r1"), raven.WithServerName("host1"), raven.WithEnvironment("prod"))
	c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "hello", Category: "c", Level: "INFO", Timestamp: time.Unix(1795240034, 825588000), Data: map[string]any{"a": 1}})
	id := c.CaptureMessage(t.Context(), "hi %s", raven.Params{"x"}, raven.Tags{"t": "1"}, raven.Timestamp(time.Unix(1795240034, 9e8)))
	ev := eventOf(t, rec.all()[0])
	g.Expect(ev).To(HaveKey("modules"))
	delete(ev, "modules")
	g.Expect(json.Marshal(ev)).To(MatchJSON(`{"tags":{"t":"1"},"extra":{},
		"sentry.interfaces.Message":{"message":"hi %s","params":["x"],"formatted":"hi x"},"message":"hi x","level":40,
		"server_name":"host1","release":"r1","environment":"prod","project":"42",
		"timestamp":"2026-11-21T05:47:14Z","time_spent":null,"event_id":"` + id + `","platform":"go",
		"sdk":{"name":"raven.go","version":"0.1.0"},"repos":{},
		"breadcrumbs":{"values":[{"type":"default","timestamp":1795240034.825588,"level":"info","message":"hello","category":"c","data":{"a":1}}]}}`))

	c.CaptureException(t.Context(), fmt.Errorf("outer"), raven.TimeSpent(20*time.Millisecond), raven.Transaction("GET /"))
	ev = eventOf(t, rec.all()[1])
	g.Expect(ev["message"]).To(Equal("raven_test.TestStoreDialect: outer"))
	g.Expect(ev).NotTo(HaveKey("sentry.interfaces.Message"))
	g.Expect(ev["time_spent"]).To(Equal(20.0))
	g.Expect(ev["transaction"]).To(Equal("GET /"))
	g.Expect(ev.at("exception", "values", 0, "value")).To(Equal("outer"))
	g.Expect(ev.at("breadcrumbs", "values", 0, "message")).To(Equal("hello"), "sending does not clear them")
	g.Expect(ev).NotTo(HaveKey("contexts"))
}

func TestLevels(t *testing.T) {
	for _, tt := range []struct {
		level  raven.Level
		word   any
		number any
	}{
		{"", "error", 40.0},
		{raven.LevelDebug, "debug", 10.0},
		{raven.LevelInfo, "info", 20.0},
		{raven.LevelWarning, "warning", 30.0},
		{raven.LevelError, "error", 40.0},
		{raven.LevelFatal, "fatal", 50.0},
		{"WARNING", "warning", 30.0},
		{" warn", "warning", 30.0},
		{"critical", "fatal", 50.0},
		{"30", "warning", 30.0},
		{"Odd", "odd", "odd"},
	} {
		t.Run(string(tt.level), func(t *testing.T) {
			g := NewWithT(t)
			for dsn, want := range map[string]any{testDSN: tt.word, storeDSN: tt.number} {
				c, rec := newRecorded(t, dsn)
				c.CaptureMessage(t.Context(), "x", tt.level)
				g.Expect(only(t, rec)["level"]).To(Equal(want))
			}
		})
	}
}

func TestOptionsMerge(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	ev := &raven.Event{
		Tags: raven.Tags{"a": "event", "b": "event"}, User: &raven.User{ID: "1", Email: "e"},
		Request: &raven.Request{URL: "u", Headers: map[string]string{"A": "1"}}, Culprit: "where",
		Level: raven.LevelDebug, Fingerprint: raven.Fingerprint{"old"},
	}
	var none *raven.Request
	c.Capture(t.Context(), ev,
		nil, none, raven.Tags(nil), raven.Level(""), raven.Culprit(""),
		raven.Tags{"b": "one", "c": "one"}, raven.Tags{"c": "two"},
		raven.Extra{"x": 1}, raven.Extra{"x": 2, "y": 3},
		raven.User{Email: "new", Data: map[string]any{"k": 1}},
		&raven.Request{Method: "PUT", Headers: map[string]string{"B": "2"}, Data: 7},
		raven.Contexts{"a": 1}, raven.Contexts{"b": 2},
		raven.LevelInfo, raven.LevelFatal, raven.Fingerprint{"new"}, raven.Transaction("t"), raven.Logger("l"),
	)
	got := only(t, rec)
	g.Expect(got["tags"]).To(Equal(map[string]any{"a": "event", "b": "one", "c": "two"}))
	g.Expect(got["extra"]).To(Equal(map[string]any{"x": 2.0, "y": 3.0}))
	g.Expect(got["user"]).To(Equal(map[string]any{"id": "1", "email": "new", "data": map[string]any{"k": 1.0}}))
	g.Expect(got["request"]).To(Equal(map[string]any{"url": "u", "method": "PUT", "headers": map[string]any{"A": "1", "B": "2"}, "data": 7.0}))
	g.Expect(got["contexts"]).To(And(HaveKeyWithValue("a", 1.0), HaveKeyWithValue("b", 2.0), HaveKey("os")))
	g.Expect(got["level"]).To(Equal("fatal"))
	g.Expect(got["fingerprint"]).To(Equal([]any{"new"}))
	g.Expect(got["logger"]).To(Equal("l"))
	g.Expect(got["culprit"]).To(Equal("where"))
	g.Expect(got).NotTo(HaveKey("transaction"), "culprit or transaction, never both")
}

func TestCallersDataIsNotTouched(t *testing.T) {
	g := NewWithT(t)
	c, _ := newRecorded(t, testDSN, raven.WithTags(raven.Tags{"client": "1"}), raven.WithExtra(raven.Extra{"client": 1}))
	ev := everything
	ev.Tags, ev.Extra, ev.Contexts = maps.Clone(ev.Tags), maps.Clone(ev.Extra), maps.Clone(ev.Contexts)
	user, request := *ev.User, *ev.Request
	tags, extra := raven.Tags{"o": "1"}, raven.Extra{"o": 1}
	c.Capture(t.Context(), &ev, tags, extra, raven.Tags{"p": "2"}, raven.Extra{"p": 2}, raven.Contexts{"q": 1}, raven.User{Name: "other"}, &raven.Request{Method: "PUT"}, raven.LevelFatal)
	g.Expect(ev).To(Equal(everything))
	g.Expect(*everything.User).To(Equal(user))
	g.Expect(*everything.Request).To(Equal(request))
	g.Expect(tags).To(Equal(raven.Tags{"o": "1"}))
	g.Expect(extra).To(Equal(raven.Extra{"o": 1}))
}

func TestBadEventIDIsReplaced(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	g.Expect(c.Capture(t.Context(), &raven.Event{EventID: "nonsense"})).To(HaveLen(32))
	g.Expect(c.Send(t.Context(), &raven.Event{EventID: "nonsense"})).To(MatchError(ContainSubstring("not a UUID")))
	g.Expect(c.Send(t.Context(), nil)).To(MatchError(ContainSubstring("nil event")))
	g.Expect(rec.all()).To(HaveLen(1))
}

func TestSendAddsNothing(t *testing.T) {
	for dsn, want := range map[string]string{
		testDSN:  `{"logentry":{"message":"x","params":[],"formatted":"x"},"platform":"go","sdk":{"name":"raven.go","version":"0.1.0"},"timestamp":"2001-09-09T01:46:40.000000Z","event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`,
		storeDSN: `{"sentry.interfaces.Message":{"message":"x","params":[],"formatted":"x"},"message":"x","platform":"go","sdk":{"name":"raven.go","version":"0.1.0"},"timestamp":"2001-09-09T01:46:40Z","event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","project":"42","repos":{}}`,
	} {
		g := NewWithT(t)
		c, rec := newRecorded(t, dsn, raven.WithTags(raven.Tags{"client": "1"}))
		c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: "x"})
		g.Expect(c.Send(t.Context(), &raven.Event{EventID: "fc6d8c0c43fc4630ad850ee518f1b9d0", Message: "x", Timestamp: time.Unix(1e9, 0)})).To(Succeed())
		g.Expect(json.Marshal(only(t, rec))).To(MatchJSON(want))
	}
}

func TestEmptyEvent(t *testing.T) {
	g := NewWithT(t)
	for _, dsn := range []string{testDSN, storeDSN} {
		c, rec := newRecorded(t, dsn)
		g.Expect(c.Capture(t.Context(), nil)).To(HaveLen(32))
		g.Expect(c.Send(t.Context(), &raven.Event{})).To(Succeed())
		eventOf(t, rec.all()[0])
		eventOf(t, rec.all()[1])
	}
}

func TestSameEventSameBytes(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, "https://public@h/1?protocol=store")
	tags, extra := raven.Tags{}, raven.Extra{}
	for i := range 30 {
		tags[fmt.Sprint(i)], extra[fmt.Sprint(i)] = "v", map[int]int{1: i, 2: i}
	}
	for range 2 {
		c.Capture(t.Context(), &everything, tags, extra)
	}
	g.Expect(rec.all()[0].Body).To(Equal(rec.all()[1].Body))
}

func TestConcurrentCaptures(t *testing.T) {
	g := NewWithT(t)
	q := new(queue)
	c := newOver(t, q, testDSN, raven.WithTags(raven.Tags{"a": "1"}))
	ev := everything
	ev.EventID = ""
	var ids sync.Map
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for i := range 50 {
				c.CaptureBreadcrumb(t.Context(), raven.Breadcrumb{Message: fmt.Sprint(n, i)})
				ids.Store(c.CaptureException(t.Context(), fmt.Errorf("e%d-%d: %w", n, i, errors.New("x")), raven.Tags{"n": fmt.Sprint(n)}), fmt.Sprintf("e%d-%d: x", n, i))
				ids.Store(c.Capture(t.Context(), &ev, raven.Extra{"i": i}), "v")
				_ = c.LastEventID()
			}
		})
	}
	wg.Wait()
	g.Expect(c.Flush(t.Context())).To(Succeed())
	packets := q.all()
	g.Expect(packets).To(HaveLen(800))
	for _, p := range packets {
		want, ok := ids.LoadAndDelete(p.EventID)
		g.Expect(ok).To(BeTrue())
		g.Expect(eventOf(t, p).at("exception", "values", -1, "value")).To(Equal(want))
	}
}

func TestLargeEvents(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	for range 3 {
		c.CaptureMessage(t.Context(), strings.Repeat("long ", 1<<18))
		c.CaptureMessage(t.Context(), "short")
	}
	for i, p := range rec.all() {
		g.Expect(eventOf(t, p).at("logentry", "formatted")).To(HavePrefix([]string{"long", "short"}[i%2]))
	}
}
