package sentrytest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// eventWith is an event that is in order but for what is added.
func eventWith(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return `{"event_id":"` + vectorID + `","timestamp":1700000000,"platform":"go"` + fields + `}`
}

func long(n int) string { return `"` + strings.Repeat("x", n) + `"` }

// What Validate finds, a row for each rule: "" for
// nothing.
func TestValidate(t *testing.T) {
	t.Parallel()
	const (
		invalid   = " [invalid_data]"
		missing   = ": missing: the protocol requires it [missing_attribute]"
		advised   = ": missing: the documentation requires it [missing_attribute]"
		truncated = " [truncated]"
	)
	frames := func(n int) string {
		return `"exception":[{"type":"E","stacktrace":{"frames":[` + strings.Repeat(`{"function":"f"},`, n-1) + `{"function":"f"}]}}]`
	}
	cases := []struct {
		name, fields string
		want         string // a finding, without the value; more may be there
	}{
		{"in order", ``, ""},
		{"the minimal event of the protocol", `"level":"error","logentry":{"formatted":"boom"}`, ""},
		{"null is absence", `"level":null,"tags":null,"exception":null,"release":null,"user":null,"contexts":{"trace":null},"extra":null`, ""},
		{"unknown attribute", `"bogus":1`, "warning: bogus: the protocol knows no such attribute [invalid_attribute]"},
		{"removed attribute", `"repos":{}`, "info: repos: the server removes it [dropped]"},
		{"level", `"level":"WARNING"`, "warning: level: expected a level" + invalid},
		{"level by number", `"level":40`, `info: level: deprecated: write "error" [deprecated]`},
		{"level by another name", `"level":"log"`, `info: level: deprecated: write "info" [deprecated]`},
		{"type", `"type":"bogus"`, "info: type: expected one of default, error, csp, hpkp, expectct, expectstaple, nel, transaction, feedback" + invalid},
		{"logger", `"logger":` + long(65), "warning: logger: 65 characters: cut at 64" + truncated},
		{"logger with a line end", `"logger":"a\nb"`, "warning: logger: line ends are not allowed" + invalid},
		{"transaction", `"transaction":` + long(201), "warning: transaction: 201 characters: cut at 200" + truncated},
		{"transaction, just allowed, in characters", `"transaction":"` + strings.Repeat("ä", 200) + `"`, ""},
		{"culprit", `"culprit":"x"`, "info: culprit: deprecated: transaction says where an event comes from [deprecated]"},
		{"server name", `"server_name":` + long(201), "warning: server_name: 201 characters: cut at 200" + truncated},
		{"release", `"release":"a/b"`, "warning: release: control characters and slashes are not allowed" + invalid},
		{"release of white space", `"release":"  "`, "warning: release: expected a non-empty string" + invalid},
		{"reserved release", `"release":" latest "`, `warning: release: "latest" is reserved` + invalid},
		{"long release", `"release":` + long(201), "warning: release: 201 characters: no more than 200 are allowed [value_too_long]"},
		{"release as a number", `"release":1`, ""},
		{"dist", `"dist":"a b"`, "warning: dist: only letters, digits and _ . - are allowed" + invalid},
		{"long dist", `"dist":` + long(65), "warning: dist: 65 characters: no more than 64 are allowed [value_too_long]"},
		{"environment", `"environment":"a/b"`, "warning: environment: control characters and slashes are not allowed" + invalid},
		{"reserved environment", `"environment":"none"`, `warning: environment: "none" is reserved` + invalid},
		{"platform", `"platform":"golang"`, "warning: platform: expected one of as3, c, cfml"},
		{"time_spent", `"time_spent":-1`, "warning: time_spent: expected a number not below 0" + invalid},
		{"timestamp", `"timestamp":"yesterday"`, "warning: timestamp: expected a timestamp" + invalid},
		{"errors", `"errors":[{}]`, "warning: errors.0.type" + missing},
		{"fingerprint", `"fingerprint":"x"`, "warning: fingerprint: expected a list" + invalid},
		{"modules", `"modules":{"a":` + long(9000) + `}`, "warning: modules.a: 9000 characters: cut at 8192" + truncated},

		{"tag value", `"tags":{"a":""}`, "warning: tags.a: expected a non-empty value" + invalid},
		{"tag value with a line end", `"tags":{"a":"x\ny"}`, "warning: tags.a: line ends are not allowed" + invalid},
		{"tag value, long", `"tags":{"a":` + long(201) + `}`, "warning: tags.a: 201 characters: cut at 200" + truncated},
		{"tag value that is none", `"tags":{"a":{}}`, "warning: tags.a: expected a scalar" + invalid},
		{"tag value, null", `"tags":{"a":null}`, ""},
		{"tag key", `"tags":{"ä":"x"}`, "warning: tags.ä: only letters, digits and _ . : - are allowed in a key" + invalid},
		{"tag key, empty", `"tags":[["","x"]]`, "warning: tags.0.1: expected a non-empty key" + invalid},
		{"tag key with a space", `"tags":{"a b":"x"}`, ""},
		{"tag key, long", `"tags":{` + long(201) + `:"x"}`, "a key of 201 characters: cut at 200" + truncated},
		{"tag key, long for old servers", `"tags":{` + long(33) + `:"x"}`, "a key of 33 characters: older servers allow 32 [value_too_long]"},
		{"tag that is dropped", `"tags":{"release":"x"}`, "info: tags.release: the server removes tags of that name: the event has an attribute for it [dropped]"},
		{"tag twice", `"tags":[["a","x"],["a","y"]]`, "info: tags.1.1: a second tag of that name: the first wins [dropped]"},

		{"extra", `"extra":{"a":` + long(17000) + `}`, "warning: extra.a: 17000 characters: cut at 16384" + truncated},
		{"extra, deep", `"extra":{"a":[[[[[[[[1]]]]]]]]}`, "info: extra.a: nested 8 levels deep: what is below 5 becomes text" + truncated},
		{"extra in all", `"extra":{` + strings.TrimSuffix(strings.Repeat(`"a%":`+long(16000)+`,`, 17), ",") + `}`, "warning: extra: 272"},

		{"message", `"message":` + long(8393), "warning: message: 8393 characters: cut at 8392" + truncated},
		{"message, an alias", `"message":"x"`, "info: message: deprecated: its name is logentry [deprecated]"},
		{"two messages", `"message":"x","logentry":{"formatted":"y"}`, "info: message: ignored, since logentry is present [dropped]"},
		{"logentry", `"logentry":{"bogus":1}`, "info: logentry.bogus: the protocol knows no such attribute [invalid_attribute]"},
		{"alias of exception", `"sentry.interfaces.Exception":[{"type":"E"}]`, "info: sentry.interfaces.Exception: deprecated: its name is exception [deprecated]"},
		{"unwrapped exception", `"exception":{"type":"E"}`, "info: exception: deprecated: a single object in place of exception.values [deprecated]"},
		{"exception", `"exception":[{"module":"m"}]`, "warning: exception.0: none of type, value is there [missing_attribute]"},
		{"exception attribute", `"exception":{"values":[{"type":"E","x":1}]}`, "info: exception.values.0.x: the protocol knows no such attribute [invalid_attribute]"},
		{"mechanism", `"exception":[{"type":"E","mechanism":{}}]`, "info: exception.0.mechanism.type" + advised},
		{"group", `"exception":[{"type":"E","mechanism":{"type":"t","exception_id":1}}]`, "info: exception.0.mechanism.parent_id: missing: only exception_id 0 has no parent [missing_attribute]"},
		{"group, no parent", `"exception":[{"type":"E","mechanism":{"type":"t","exception_id":1,"parent_id":7}}]`, "info: exception.0.mechanism.parent_id: no exception has that exception_id" + invalid},
		{"frames", `"exception":[{"type":"E","stacktrace":{}}]`, "warning: exception.0.stacktrace.frames" + missing},
		{"no frames", `"exception":[{"type":"E","stacktrace":{"frames":[]}}]`, "warning: exception.0.stacktrace.frames: expected a non-empty value" + invalid},
		{"frame", `"stacktrace":{"frames":[{"lineno":1}]}`, "info: stacktrace.frames.0: none of filename, function, instruction_addr, module, abs_path, package is there [missing_attribute]"},
		{"top-level stack trace", `"stacktrace":{"frames":[{"function":"f"}]}`, "info: stacktrace: deprecated: exceptions and threads have their own [deprecated]"},
		{"frame attribute", `"stacktrace":{"frames":[{"function":"f","x":1}]}`, "info: stacktrace.frames.0.x: the protocol knows no such attribute [invalid_attribute]"},
		{"line", `"stacktrace":{"frames":[{"function":"f","lineno":-1}]}`, "warning: stacktrace.frames.0.lineno: expected a number not below 0" + invalid},
		{"address", `"stacktrace":{"frames":[{"instruction_addr":"0xzz"}]}`, `warning: stacktrace.frames.0.instruction_addr: expected an address: "0x…", a decimal text or a number` + invalid},
		{"address in order", `"exception":[{"type":"E","stacktrace":{"frames":[{"instruction_addr":"0xFF"},{"instruction_addr":"12"},{"instruction_addr":12}]}}]`, ""},
		{"many frames", frames(51), "info: exception.0.stacktrace.frames: 51 frames: beyond 50, those in the middle lose their variables and source" + truncated},
		{"too many frames", frames(251), "warning: exception.0.stacktrace.frames: 251 frames: those in the middle are removed down to 250" + truncated},
		{"adjustment", `"stacktrace":{"frames":[{"function":"f"}],"instruction_addr_adjustment":"x"}`, "info: stacktrace.instruction_addr_adjustment: expected one of auto, all_but_first, all, none" + invalid},
		{"thread", `"threads":[{"name":"x"}]`, "info: threads.0.id" + advised},
		{"breadcrumb", `"breadcrumbs":[{"level":"loud"}]`, "warning: breadcrumbs.0.level: expected a level" + invalid},
		{"breadcrumb attribute", `"breadcrumbs":{"values":[{"x":1}]}`, "warning: breadcrumbs.values.0.x: the protocol knows no such attribute [invalid_attribute]"},
		{"template", `"template":{"filename":"f","lineno":1}`, "info: template.context_line" + advised},
		{"ip", `"user":{"ip_address":"1.2.3"}`, "warning: user.ip_address: expected an IP address or {{auto}}" + invalid},
		{"ip by itself", `"user":{"ip_address":"{{auto}}"}`, ""},
		{"ip of version 6", `"user":{"ip_address":"::1"}`, ""},
		{"email", `"user":{"email":` + long(76) + `}`, "warning: user.email: 76 characters: cut at 75" + truncated},
		{"user of nothing", `"user":{}`, ""},
		{"user without identity", `"user":{"plan":"x"}`, "info: user: none of id, username, email, ip_address is there [missing_attribute]"},
		{"body", `"request":{"data":` + long(8200) + `}`, "warning: request.data: 8200 characters: cut at 8192" + truncated},
		{"sdk", `"sdk":{"name":"x"}`, "warning: sdk.version" + missing},
		{"image", `"debug_meta":{"images":[{"type":"elf","code_file":"f"}]}`, "warning: debug_meta.images.0.debug_id" + missing},
		{"kind of image", `"debug_meta":{"images":[{"type":"x"}]}`, "warning: debug_meta.images.0.type: expected one of apple, elf, jvm"},
		{"no image", `"debug_meta":{"images":[7]}`, "warning: debug_meta.images.0: expected an object" + invalid},
		{"feedback", `"type":"feedback"`, ""},
		{"frame with a package only", `"exception":[{"type":"E","stacktrace":{"frames":[{"package":"p"}]}}]`, ""},
		{"scalar of another type", `"logger":1`, "warning: logger: expected a string" + invalid},
		{"attribute of a context", `"contexts":{"device":{"charging":"x"}}`, "warning: contexts.device.charging: expected a boolean" + invalid},
		{"half a surrogate pair", `"extra":{"a":"\ud83d"}`, "fatal: (whole): the server can not read it: unexpected end of hex escape [json]"},
		{"number beyond a float", `"extra":{"a":1e999}`, "fatal: (whole): the server can not read it: number out of range [json]"},
		{"too deep", `"extra":` + strings.Repeat("[", 127) + strings.Repeat("]", 127), "fatal: (whole): the server can not read it: recursion limit exceeded [json]"},
		{"trace", `"contexts":{"trace":{"trace_id":"x","span_id":"00f067aa0ba902b7"}}`, "warning: contexts.trace.trace_id: expected 32 hexadecimal digits, not all of them 0" + invalid},
		{"trace without span", `"contexts":{"trace":{"trace_id":"` + traceID + `"}}`, "warning: contexts.trace.span_id" + missing},
		{"span status", `"contexts":{"trace":{"trace_id":"` + traceID + `","span_id":"00f067aa0ba902b7","status":"fine"}}`, "warning: contexts.trace.status: expected one of ok, cancelled"},
		{"large context", `"contexts":{"c":{"a":` + long(9000) + `}}`, "warning: contexts.c: 9008 bytes: pruned to 8192" + truncated},
		{"internal context", `"contexts":{"reprocessing":{}}`, "info: contexts.reprocessing: the server removes it [dropped]"},
		{"transaction source", `"transaction_info":{"source":"x"}`, "info: transaction_info.source: expected one of custom, url, route"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			fields := c.fields
			for i := 0; strings.Contains(fields, "%"); i++ {
				fields = strings.Replace(fields, "%", fmt.Sprint(i), 1)
			}
			found := sentrytest.Validate([]byte(eventWith(fields)))
			if c.want == "" {
				g.Expect(tell(found)).To(BeEmpty())
				return
			}
			var all []string
			for _, f := range found {
				f.Value = ""
				all = append(all, f.String())
			}
			g.Expect(all).To(ContainElement(ContainSubstring(c.want)))
		})
	}
}

func TestValidateWhole(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(sentrytest.Validate([]byte(`[]`))).To(Equal([]sentrytest.Finding{
		{Severity: sentrytest.SeverityFatal, Rule: sentrytest.RuleJSON, Value: `"[]"`, Message: "expected an object, found array"},
	}))
	g.Expect(tell(sentrytest.Validate([]byte(`{"event_id":"x","level":10}`)))).To(Equal([]string{
		`fatal: event_id="x": not a UUID [invalid_data]`,
		`info: level=10: deprecated: write "debug" [deprecated]`,
		`info: timestamp: missing: the documentation requires it [missing_attribute]`,
		`info: platform: missing: the documentation requires it [missing_attribute]`,
	}), "the gravest come first")
	big := sentrytest.Validate([]byte(eventWith(`"extra":{"a":` + long(sentrytest.MaxEventSize) + `}`)))
	g.Expect(big[0].Rule).To(Equal(sentrytest.RuleSizeLimit))
	g.Expect(big[0].Severity).To(Equal(sentrytest.SeverityFatal))
	for _, f := range big {
		g.Expect(len(f.Value)).To(BeNumerically("<", 300))
	}
}

// However much is wrong, the list stays short, and says so.
func TestValidateIsBounded(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	found := sentrytest.Validate([]byte(eventWith(b.String()[1:])))
	g.Expect(found).To(HaveLen(501))
	g.Expect(found[500].String()).To(Equal("info: (whole): 1500 further findings left out [further_findings]"))
}

func TestValidateTransactions(t *testing.T) {
	t.Parallel()
	const (
		ids   = `"trace_id":"` + traceID + `","span_id":"00f067aa0ba902b7"`
		times = `"start_timestamp":1700000000,"timestamp":1700000001`
		trace = `"contexts":{"trace":{` + ids + `}}`
	)
	cases := map[string]struct {
		fields string
		want   []string
	}{
		"in order":              {times + "," + trace + `,"spans":[{` + ids + "," + times + `}]`, nil},
		"no end":                {`"start_timestamp":1,` + trace, nil},
		"no start":              {`"timestamp":1700000001,` + trace, []string{"start_timestamp: start_timestamp hard-required for transaction events"}},
		"ends before its start": {`"start_timestamp":1700000001,"timestamp":1700000000,` + trace, []string{"timestamp: end timestamp is smaller than start timestamp"}},
		"no trace":              {times, []string{"contexts.trace: missing valid trace context"}},
		"trace without ids":     {times + `,"contexts":{"trace":{}}`, []string{"contexts.trace.trace_id: trace context is missing trace_id", "contexts.trace.span_id: trace context is missing span_id"}},
		"trace id of zeros":     {times + `,"contexts":{"trace":{"trace_id":"00000000000000000000000000000000","span_id":"00f067aa0ba902b7"}}`, nil},
		"spans are no list":     {times + "," + trace + `,"spans":{}`, nil},
		"span without end":      {times + "," + trace + `,"spans":[{` + ids + `,"start_timestamp":1700000000}]`, nil},
		"span ends too early":   {times + "," + trace + `,"spans":[{` + ids + `,"start_timestamp":1700000001,"timestamp":1700000000}]`, []string{"spans.0.timestamp: end timestamp in span is smaller than start timestamp"}},
		"span is no object":     {times + "," + trace + `,"spans":[7]`, []string{"spans.0: spans must be valid in transaction event"}},
		"span of nothing": {
			times + "," + trace + `,"spans":[{}]`,
			[]string{"spans.0.start_timestamp: span is missing start_timestamp", "spans.0.trace_id: span is missing trace_id", "spans.0.span_id: span is missing span_id"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			var fatal []string
			for _, f := range sentrytest.Validate([]byte(`{"type":"transaction","event_id":"` + vectorID + `","platform":"go",` + c.fields + `}`)) {
				if f.Severity == sentrytest.SeverityFatal {
					g.Expect(f.Rule).To(Equal(sentrytest.RuleTransaction))
					fatal = append(fatal, f.Path+": "+f.Message)
				}
			}
			g.Expect(fatal).To(Equal(c.want))
		})
	}
}

// Only a received event has a clock to be held against.
func TestTimestampsAgainstTheClock(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for want, at := range map[string]time.Time{
		"":                 now.Add(-29 * 24 * time.Hour),
		"past_timestamp":   now.Add(-31 * 24 * time.Hour),
		"future_timestamp": now.Add(2 * time.Hour),
	} {
		g := NewWithT(t)
		body := fmt.Sprintf(`{"event_id":%q,"platform":"go","timestamp":%q}`, vectorID, at.UTC().Format(time.RFC3339))
		g.Expect(sentrytest.Validate([]byte(body))).To(BeEmpty())
		srv := sentrytest.NewServer(t)
		store(t, srv, body)
		found := srv.Events()[0].Findings()
		if want == "" {
			g.Expect(found).To(BeEmpty())
			continue
		}
		g.Expect(found).To(HaveLen(1))
		g.Expect(found[0].Rule).To(Equal(want))
		g.Expect(found[0].Message).To(MatchRegexp(`^(31 days before|[12]h\d+m\d+s after) it was received: replaced$`))
	}
}

// An event in an envelope need not repeat the envelope's id.
func TestFindingsOfAnEventInAnEnvelope(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	body := fmt.Sprintf(`{"platform":"go","timestamp":%d}`, time.Now().Unix())
	envelope(t, srv, itemLines(`{"type":"event"}`, body))
	send(t, srv, http.MethodPost, storePath, body, authLine)
	g.Expect(srv.Events()[0].Findings()).To(BeEmpty())
	g.Expect(tell(srv.Events()[1].Findings())).To(Equal([]string{"info: event_id: missing: the documentation requires it [missing_attribute]"}))
}
