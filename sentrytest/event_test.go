package sentrytest_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func parse(t *testing.T, body string) sentrytest.Event {
	t.Helper()
	e, err := sentrytest.ParseEvent([]byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e
}

// What raven-python 6.10.0 sends, as observed.
const ravenPython = `{"tags":{"t":"1"},"extra":{"sys.argv":["'t1.py'"],"e":{"'k'":["1","2.5","True",null,"'s'"]}},
 "sentry.interfaces.Message":{"message":"hi %s","params":["'x'"],"formatted":"hi x"},"message":"hi x","level":40,
 "server_name":"host1","modules":{"python":"3.11.7"},"release":"r1","environment":"prod","project":"42",
 "timestamp":"2026-11-21T05:47:14Z","time_spent":null,"event_id":"7df514d8b4c74f38a736ed227076cd4a","platform":"python",
 "sdk":{"name":"raven-python","version":"6.10.0"},"repos":{},
 "breadcrumbs":{"values":[{"type":"default","timestamp":1795240034.825588,"level":"info","message":"hello","category":"c","data":{"a":1}}]}}`

func TestParseEventOfRavenPython(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e := parse(t, ravenPython)
	g.Expect(string(e.Raw)).To(Equal(ravenPython))
	e.Raw = nil
	g.Expect(e).To(Equal(sentrytest.Event{
		EventID:     "7df514d8b4c74f38a736ed227076cd4a",
		Timestamp:   time.Date(2026, 11, 21, 5, 47, 14, 0, time.UTC),
		Level:       "error",
		Platform:    "python",
		ServerName:  "host1",
		Release:     "r1",
		Environment: "prod",
		Message:     "hi x",
		LogEntry:    sentrytest.LogEntry{Message: "hi %s", Params: []any{"'x'"}, Formatted: "hi x"},
		Tags:        map[string]string{"t": "1"},
		Extra: map[string]any{
			"sys.argv": []any{"'t1.py'"},
			"e":        map[string]any{"'k'": []any{"1", "2.5", "True", nil, "'s'"}},
		},
		Modules: map[string]string{"python": "3.11.7"},
		SDK:     sentrytest.SDK{Name: "raven-python", Version: "6.10.0"},
		Breadcrumbs: []sentrytest.Breadcrumb{{
			Timestamp: time.Date(2026, 11, 21, 5, 47, 14, 825588000, time.UTC),
			Type:      "default", Level: "info", Message: "hello", Category: "c", Data: map[string]any{"a": float64(1)},
		}},
	}))
}

func TestParseEventExceptions(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	zero, one := 0, 1
	want := []sentrytest.Exception{
		{
			Type: "KeyError", Value: "a",
			Mechanism: &sentrytest.Mechanism{Type: "chained", Source: "exceptions[0]", ExceptionID: &one, ParentID: &zero},
		},
		{
			Type: "Group", Value: `{"n":2}`, Module: "m", ThreadID: "7",
			Mechanism: &sentrytest.Mechanism{
				Type: "generic", Handled: &no, IsExceptionGroup: true, Synthetic: true, ExceptionID: &zero, Description: "d", HelpLink: "l",
				Data: map[string]any{"k": "v"},
			},
			Stacktrace: &sentrytest.Stacktrace{Frames: []sentrytest.Frame{
				{Function: "main", Filename: "main.go", AbsPath: "/src/main.go", Package: "p", RawFunction: "r", Lineno: 3, Colno: 4, InApp: &yes},
				{
					Function: "f", Module: "example.com/x", ContextLine: "c", PreContext: []string{"a", ""}, PostContext: []string{"d"},
					Vars: map[string]any{"0": "x", "1": float64(2)}, InApp: &no,
				},
			}},
		},
	}
	values := `{"type":"KeyError","value":"a","mechanism":{"type":"chained","source":"exceptions[0]","exception_id":1,"parent_id":0}},
		{"type":"Group","value":{"n":2},"module":"m","thread_id":7,
		 "mechanism":{"type":"generic","handled":false,"is_exception_group":true,"synthetic":true,"exception_id":0,"description":"d","help_link":"l","data":{"k":"v"}},
		 "stacktrace":{"frames":[
			{"function":"main","filename":"main.go","abs_path":"/src/main.go","package":"p","raw_function":"r","lineno":3,"colno":4,"in_app":true},null,
			{"function":"f","module":"example.com/x","context_line":"c","pre_context":["a",null],"post_context":["d"],"vars":["x",2],"in_app":false}]}}`
	for name, body := range map[string]string{
		"values":        `{"exception":{"values":[` + values + `]}}`,
		"list":          `{"exception":[` + values + `,null]}`,
		"legacy alias":  `{"sentry.interfaces.Exception":{"values":[null,` + values + `]}}`,
		"null and then": `{"exception":null,"sentry.interfaces.Exception":[` + values + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			e := parse(t, body)
			g.Expect(e.Exceptions).To(Equal(want))
			g.Expect(e.Problems).To(BeEmpty())
		})
	}
	g := NewWithT(t)
	single := parse(t, `{"exception":{"type":"E","value":"v"}}`)
	g.Expect(single.Exceptions).To(Equal([]sentrytest.Exception{{Type: "E", Value: "v"}}))
}

func TestParseEventShapes(t *testing.T) {
	t.Parallel()
	spent := int64(7)
	cases := []struct {
		name, body string
		get        func(sentrytest.Event) any
		want       any
	}{
		{"message as text", `{"message":"a"}`, getMessage, "a"},
		{"message as object", `{"message":{"message":"a %s","params":["b"]}}`, getMessage, "a b"},
		{"logentry wins", `{"message":"a","sentry.interfaces.Message":"b","logentry":{"formatted":"c"}}`, getMessage, "c"},
		{"the alias is next", `{"message":"a","sentry.interfaces.Message":{"message":"b"}}`, getMessage, "b"},
		{"formatted wins", `{"logentry":{"message":"a %s","params":["b"],"formatted":"c"}}`, getMessage, "c"},
		{"named parameters", `{"logentry":{"message":"%(who)s has {n} of {missing}","params":{"who":"x","n":2}}}`, getMessage, "x has {n} of {missing}"},
		{"positional parameters", `{"logentry":{"message":"%d%% of {} and %5.2f","params":[93,1.5]}}`, getMessage, "93% of {} and 1.5"},
		{"no parameters", `{"logentry":{"message":"100%% sure"}}`, getMessage, "100%% sure"},
		{"named parameters stay", `{"logentry":{"message":"a","params":{"b":1}}}`, func(e sentrytest.Event) any { return e.LogEntry.Named }, map[string]any{"b": 1.0}},

		{"tags as object", `{"tags":{"a":"b","t":true,"f":false,"i":42,"x":1.9,"n":null,"neg":-0.5}}`, getTags, map[string]string{"a": "b", "t": "True", "f": "False", "i": "42", "x": "1", "neg": "0"}},
		{"tags as pairs", `{"tags":[["a","b"],["a","c"],null,["d",1]]}`, getTags, map[string]string{"a": "b", "d": "1"}},
		{"tags with large numbers", `{"tags":{"id":12345678901234567890}}`, getTags, map[string]string{"id": "12345678901234567890"}},

		{"level 10", `{"level":10}`, getLevel, "debug"},
		{"level 20", `{"level":20}`, getLevel, "info"},
		{"level 30", `{"level":30}`, getLevel, "warning"},
		{"level 40", `{"level":40}`, getLevel, "error"},
		{"level 50", `{"level":50}`, getLevel, "fatal"},
		{"level log", `{"level":"log"}`, getLevel, "info"},
		{"level critical", `{"level":"critical"}`, getLevel, "fatal"},
		{"level warning", `{"level":"warning"}`, getLevel, "warning"},
		{"level in capitals is none", `{"level":"WARNING"}`, getLevel, "error"},
		{"level 35 is none", `{"level":35}`, getLevel, "error"},
		{"level as text of a number is none", `{"level":"40"}`, getLevel, "error"},
		{"level of a transaction", `{"type":"transaction"}`, getLevel, "info"},

		{"time without zone", `{"timestamp":"2011-05-02T17:41:36"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time with fraction", `{"timestamp":"2011-05-02T17:41:36.25"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 250000000, time.UTC)},
		{"time with zone", `{"timestamp":"2011-05-02T17:41:36+02:00"}`, getTime, time.Date(2011, 5, 2, 15, 41, 36, 0, time.UTC)},
		{"time with a space", `{"timestamp":"2011-05-02 17:41:36Z"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time with an offset in four digits", `{"timestamp":"2011-05-02T19:41:36+0200"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time in parts", `{"timestamp":"2011-05-02 17:41:36.5 +0000"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 500000000, time.UTC)},
		{"time in UTC by name", `{"timestamp":"2011-05-02 17:41:36 UTC"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time in lower case", `{"timestamp":"2011-05-02t17:41:36z"}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time in seconds", `{"timestamp":1304358096}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 0, time.UTC)},
		{"time in seconds with fraction", `{"timestamp":1304358096.123456}`, getTime, time.Date(2011, 5, 2, 17, 41, 36, 123456000, time.UTC)},
		{"time that is none", `{"timestamp":"yesterday"}`, getTime, time.Time{}},
		{"time out of range", `{"timestamp":1e300}`, getTime, time.Time{}},

		{"numbers as text", `{"release":1.5,"dist":true}`, func(e sentrytest.Event) any { return e.Release + e.Dist }, "1"},
		{"large integers keep their digits", `{"extra":{"id":9007199254740993,"small":7,"f":1e3}}`, func(e sentrytest.Event) any { return e.Extra }, map[string]any{"id": json.Number("9007199254740993"), "small": 7.0, "f": 1000.0}},
		{"fingerprint", `{"fingerprint":["{{ default }}",1]}`, func(e sentrytest.Event) any { return e.Fingerprint }, []string{"{{ default }}", "1"}},
		{"time_spent", `{"time_spent":7}`, func(e sentrytest.Event) any { return e.TimeSpent }, &spent},
		{"contexts", `{"contexts":{"os":{"name":"linux"},"gone":null}}`, func(e sentrytest.Event) any { return e.Contexts }, map[string]map[string]any{"os": {"name": "linux"}}},
		{
			"user", `{"sentry.interfaces.User":{"id":7,"username":"u","email":"e","name":"n","ip_address":"1.2.3.4","data":{"d":1},"geo":{"city":"c"},"plan":"x"}}`,
			func(e sentrytest.Event) any { return e.User },
			sentrytest.User{
				ID: "7", Username: "u", Email: "e", Name: "n", IPAddress: "1.2.3.4", Data: map[string]any{"d": 1.0},
				Other: map[string]any{"geo": map[string]any{"city": "c"}, "plan": "x"},
			},
		},
		{
			"request", `{"sentry.interfaces.Http":{"url":"http://h/p","method":"POST","query_string":"?a=b","fragment":"f","data":{"k":[1]},"cookies":"a=b; c=d","headers":{"content-type":"x","X-Multi":["1","2"]},"env":{"A":1}}}`,
			func(e sentrytest.Event) any { return e.Request },
			sentrytest.HTTPRequest{
				URL: "http://h/p", Method: "POST", QueryString: "a=b", Fragment: "f", Data: map[string]any{"k": []any{1.0}},
				Cookies: map[string]string{"a": "b", "c": "d"}, Headers: http.Header{"Content-Type": {"x"}, "X-Multi": {"1", "2"}}, Env: map[string]any{"A": 1.0},
			},
		},
		{
			"request of pairs", `{"request":{"query_string":[["b","1 2"],["a","3"]],"cookies":[["a","b"]],"headers":[["A","1"],["a","2"]]}}`,
			func(e sentrytest.Event) any { return e.Request },
			sentrytest.HTTPRequest{QueryString: "b=1+2&a=3", Cookies: map[string]string{"a": "b"}, Headers: http.Header{"A": {"1", "2"}}},
		},
		{
			"query as object", `{"request":{"query_string":{"b":["1","2"],"a":null}}}`,
			func(e sentrytest.Event) any { return e.Request.QueryString }, "a=&b=1&b=2",
		},
		{
			"breadcrumbs", `{"sentry.interfaces.Breadcrumbs":[{"message":"m","level":"bad"},null]}`,
			func(e sentrytest.Event) any { return e.Breadcrumbs },
			[]sentrytest.Breadcrumb{{Type: "default", Level: "info", Message: "m"}},
		},
		{
			"threads", `{"threads":{"id":1,"name":"n","crashed":true,"current":true,"main":true,"state":"s","stacktrace":{"frames":[{"function":"f"}]}}}`,
			func(e sentrytest.Event) any { return e.Threads },
			[]sentrytest.Thread{{
				ID: "1", Name: "n", State: "s", Crashed: true, Current: true, Main: true,
				Stacktrace: &sentrytest.Stacktrace{Frames: []sentrytest.Frame{{Function: "f"}}},
			}},
		},
		{
			"top-level stack trace", `{"sentry.interfaces.Stacktrace":{"frames":[{"function":"f"}]}}`,
			func(e sentrytest.Event) any { return e.Stacktrace }, &sentrytest.Stacktrace{Frames: []sentrytest.Frame{{Function: "f"}}},
		},
		{
			"sdk", `{"sdk":{"name":"n","version":"1","integrations":["i"],"features":["f"],"packages":[{"name":"p","version":"2"}]}}`,
			func(e sentrytest.Event) any { return e.SDK },
			sentrytest.SDK{Name: "n", Version: "1", Integrations: []string{"i"}, Features: []string{"f"}, Packages: []sentrytest.Package{{Name: "p", Version: "2"}}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			g.Expect(c.get(parse(t, c.body))).To(Equal(c.want))
		})
	}
}

func getMessage(e sentrytest.Event) any { return e.Message }
func getTags(e sentrytest.Event) any    { return e.Tags }
func getLevel(e sentrytest.Event) any   { return e.Level }
func getTime(e sentrytest.Event) any    { return e.Timestamp }

// A field of the wrong form loses itself, not its event.
func TestParseEventProblems(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e := parse(t, `{"event_id":"no","level":"WARNING","release":{},"tags":{"a":[],"b":"kept"},"extra":[],"timestamp":true,
		"exception":{"values":[7,{"type":[],"value":"kept","mechanism":{"handled":"x","exception_id":1.5},"stacktrace":{"frames":"x"}}]},
		"breadcrumbs":"x","user":1,"contexts":{"a":1},"fingerprint":"x","modules":{"a":{}},"logentry":{"message":"kept","params":1},
		"request":{"headers":[["a"],[[],"b"],["c",{}]],"cookies":7,"query_string":{"a":{}}},"time_spent":"x","message":"unread"}`)
	g.Expect(e.Message).To(Equal("kept"))
	g.Expect(e.Tags).To(Equal(map[string]string{"b": "kept"}))
	g.Expect(e.Exceptions).To(HaveLen(1))
	g.Expect(e.Exceptions[0].Value).To(Equal("kept"))
	var paths []string
	for _, p := range e.Problems {
		paths = append(paths, p.Path)
	}
	g.Expect(paths).To(ConsistOf(
		"event_id", "level", "release", "tags.a", "extra", "timestamp",
		"exception.values.0", "exception.values.1.type", "exception.values.1.mechanism.handled",
		"exception.values.1.mechanism.exception_id", "exception.values.1.stacktrace.frames",
		"breadcrumbs", "user", "contexts.a", "fingerprint", "modules.a", "logentry.params",
		"request.headers.0", "request.headers.1.0", "request.headers.2.1", "request.cookies", "request.query_string.a", "time_spent",
	))
	g.Expect(e.Problems).To(ContainElement(sentrytest.Problem{Path: "level", Reason: `expected a level, found "WARNING"`}))
	g.Expect(e.Problems[0].String()).To(Equal(`event_id: not a UUID: "no"`))
}

func TestParseEventErrors(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for _, body := range []string{"", "[]", "null", "7", `"x"`, "{", "{}x"} {
		_, err := sentrytest.ParseEvent([]byte(body))
		g.Expect(err).To(MatchError(HavePrefix("sentrytest: not an event: ")), body)
	}
}

func TestSDKFromTheClient(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	for client, want := range map[string]sentrytest.SDK{
		"raven.go/0.1.0": {Name: "raven.go", Version: "0.1.0"},
		"raven 1":        {Name: "raven", Version: "1"},
		"raven":          {Name: "raven"},
	} {
		srv.Clear()
		send(t, srv, "POST", storePath, `{}`, authLine+", sentry_client="+client)
		g.Expect(srv.Events()[0].SDK).To(Equal(want))
	}
	srv.Clear()
	send(t, srv, "POST", storePath, `{"sdk":{"name":"own"}}`, authLine+", sentry_client=x/1")
	g.Expect(srv.Events()[0].SDK).To(Equal(sentrytest.SDK{Name: "own"}))
}

func TestEventText(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for body, want := range map[string]string{
		`{"message":"disk\nfull","level":"info","event_id":"` + vectorID + `"}`: `info "disk full" (` + vectorID + `)`,
		`{"exception":[{"type":"A","value":"a"},{"type":"B","value":"b"}]}`:     `error B: "b"`,
		`{}`: `error without message or exception`,
	} {
		g.Expect(parse(t, body).String()).To(Equal(want))
	}
	g.Expect(sentrytest.Event{}.String()).To(Equal("event without message or exception"))
}
