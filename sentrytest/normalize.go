package sentrytest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// ParseEvent reads the JSON of one event in any of the protocol's shapes. It
// fails only if raw is not a JSON object. An unreadable field is empty, and
// listed in [Event.Problems].
//
// Numbers in free-form values such as Extra are float64, or json.Number for
// integers that a float64 would round. The result does not share memory with
// raw.
func ParseEvent(raw []byte) (Event, error) {
	object, err := jsontree.ParseObject(raw)
	if err != nil {
		return Event{}, fmt.Errorf("sentrytest: not an event: %w", err)
	}
	return normalize(object.Clone()), nil
}

// normalize reads an event, which shares memory with the object.
func normalize(object jsontree.Object) Event {
	fields, err := object.Decode()
	e, problems := readEvent(fields)
	if err != nil {
		e.Problems = []Problem{{Reason: fmt.Sprintf("not a JSON object: %v", err)}}
	}
	for _, p := range problems {
		e.Problems = append(e.Problems, Problem(p))
	}
	e.Raw = object.Bytes()
	return e
}

// readEvent reads an event from its tree, and returns the problems. The event
// shares memory with the tree.
func readEvent(fields map[string]any) (Event, []lenient.Problem) {
	var e Event
	r := &lenient.Reader{}
	o := r.Object(fields, "")
	e.readScalars(o)
	e.readMessage(o)
	e.Exceptions = readExceptions(o)
	e.Stacktrace = readStacktrace(o, "stacktrace", "sentry.interfaces.Stacktrace")
	e.Threads = readThreads(o)
	e.Breadcrumbs = readBreadcrumbs(o)
	e.Tags = readTags(o)
	e.Extra = o.Mapping("extra")
	e.User = readUser(o)
	e.Request = readHTTPRequest(o)
	e.Contexts = readContexts(o)
	e.Modules = o.StringMap("modules")
	e.SDK = readSDKObject(o.Sub("sdk"))
	e.Fingerprint = o.Scalars("fingerprint")
	if n, ok := o.Integer("time_spent"); ok {
		spent := int64(n)
		e.TimeSpent = &spent
	}
	e.readRest(o)
	return e, r.Take()
}

func (e *Event) readScalars(o lenient.Object) {
	if text := o.Text("event_id"); text != "" {
		id, ok := eventid.Normalize(text)
		if !ok {
			o.Note("event_id", fmt.Sprintf("not a UUID: %q", text))
		}
		e.EventID = id
	}
	e.Type = o.Text("type")
	e.Timestamp = o.Time("timestamp")
	fallback := "error"
	if e.Type == "transaction" {
		fallback = "info"
	}
	e.Level = o.Level("level", fallback)
	e.Logger = o.Text("logger")
	e.Platform = o.Text("platform")
	e.ServerName = o.Text("server_name")
	e.Release = o.Scalar("release")
	e.Environment = o.Text("environment")
	e.Dist = o.Text("dist")
	e.Transaction = o.Text("transaction")
	e.Culprit = o.Text("culprit")
}

// readMessage reads the log entry from the first of its three places that is
// there, even if it is null.
func (e *Event) readMessage(o lenient.Object) {
	key := ""
	for _, one := range []string{"message", "sentry.interfaces.Message", "logentry"} {
		if _, ok := o.Fields[one]; ok {
			key = one
		}
	}
	switch v := o.Fields[key].(type) {
	case nil:
		return
	case map[string]any:
		entry := o.Reader.Object(v, o.Path(key))
		e.LogEntry.Message = entry.Text("message")
		e.LogEntry.Formatted = entry.Text("formatted")
		switch params := entry.Fields["params"].(type) {
		case nil:
		case []any:
			e.LogEntry.Params = params
		case map[string]any:
			e.LogEntry.Named = params
		default:
			entry.Note("params", "neither a list nor an object")
		}
	default:
		e.LogEntry.Formatted = o.TextOrJSON(key)
	}
	e.Message = e.LogEntry.Formatted
	if e.Message == "" {
		e.Message = lenient.Interpolate(e.LogEntry.Message, e.LogEntry.Params, e.LogEntry.Named)
	}
}

// readTags takes both an object and a list of pairs. Of two equal keys the
// first wins, as in Sentry.
func readTags(o lenient.Object) map[string]string {
	var tags map[string]string
	o.Pairs("tags", func(at, key string, value any) {
		text, ok := lenient.Text(value)
		if !ok && value != nil {
			o.Reader.Note(at, "expected a scalar, found "+jsontree.Show(value))
			return
		}
		if _, twice := tags[key]; value == nil || twice {
			return
		}
		if tags == nil {
			tags = map[string]string{}
		}
		tags[key] = text
	})
	return tags
}

func readContexts(o lenient.Object) map[string]map[string]any {
	contexts := o.Sub("contexts", "sentry.interfaces.Contexts")
	var out map[string]map[string]any
	for _, name := range texts.SortedKeys(contexts.Fields) {
		if contexts.Fields[name] == nil {
			continue
		}
		value := contexts.Mapping(name)
		if value == nil {
			continue // Mapping has noted why
		}
		if out == nil {
			out = map[string]map[string]any{}
		}
		out[name] = value
	}
	return out
}

func readUser(o lenient.Object) User {
	u := o.Sub("user", "sentry.interfaces.User")
	user := User{
		ID: u.Scalar("id"), Username: u.Scalar("username"), Email: u.Text("email"), Name: u.Text("name"),
		IPAddress: u.Text("ip_address"), Data: u.Mapping("data"),
	}
	known := map[string]bool{"id": true, "username": true, "email": true, "name": true, "ip_address": true, "data": true}
	for key, value := range u.Fields {
		if known[key] {
			continue
		}
		if user.Other == nil {
			user.Other = map[string]any{}
		}
		user.Other[key] = value
	}
	return user
}

func readBreadcrumbs(o lenient.Object) []Breadcrumb {
	var out []Breadcrumb
	for _, b := range o.Values("breadcrumbs", "sentry.interfaces.Breadcrumbs") {
		kind := b.Text("type")
		if kind == "" {
			kind = "default"
		}
		out = append(out, Breadcrumb{
			Timestamp: b.Time("timestamp"), Type: kind, Category: b.Text("category"), Message: b.Text("message"),
			Level: b.Level("level", "info"), Data: b.Mapping("data"), EventID: b.Text("event_id"),
		})
	}
	return out
}

func readHTTPRequest(o lenient.Object) HTTPRequest {
	r := o.Sub("request", "sentry.interfaces.Http")
	req := HTTPRequest{
		URL: r.Text("url"), Method: r.Text("method"), Fragment: r.Text("fragment"), Data: r.Fields["data"],
		QueryString: r.Query("query_string"), Cookies: r.Cookies("cookies"), Env: r.Mapping("env"),
		Protocol: r.Text("protocol"),
	}
	r.Pairs("headers", func(at, key string, value any) {
		if req.Headers == nil {
			req.Headers = http.Header{}
		}
		for _, one := range jsontree.List(value) {
			text, ok := lenient.Text(one)
			if !ok {
				r.Reader.Note(at, "not a string: "+jsontree.Show(one))
				continue
			}
			req.Headers.Add(key, text)
		}
	})
	return req
}

// readSDK reads the sdk attribute of an envelope's header.
func readSDK(raw []byte) SDK {
	if sdk, ok := readPlainSDK(raw); ok {
		return sdk
	}
	v, err := jsontree.Decode(raw)
	if err != nil {
		return SDK{}
	}
	fields, _ := v.(map[string]any)
	r := &lenient.Reader{}
	return readSDKObject(r.Object(fields, ""))
}

// readPlainSDK reads an sdk that is absent or has only strings, which is the
// usual case in the header of an envelope.
func readPlainSDK(raw []byte) (sdk SDK, ok bool) {
	if len(raw) == 0 {
		return SDK{}, true
	}
	object, err := jsontree.ParseObject(raw)
	if err != nil {
		return SDK{}, false
	}
	ok = true
	err = object.Members(func(key string, value json.RawMessage) (err error) {
		switch {
		case value[0] != '"':
			ok = false
		case key == "name":
			sdk.Name, err = jsontree.Unquote(value)
		case key == "version":
			sdk.Version, err = jsontree.Unquote(value)
		}
		return err
	})
	return sdk, ok && err == nil
}

func readSDKObject(o lenient.Object) SDK {
	sdk := SDK{Name: o.Text("name"), Version: o.Text("version"), Integrations: o.Strings("integrations"), Features: o.Strings("features")}
	for _, p := range o.Values("packages") {
		sdk.Packages = append(sdk.Packages, Package{Name: p.Text("name"), Version: p.Text("version")})
	}
	return sdk
}

// readRest reads attributes that few events have.
func (e *Event) readRest(o lenient.Object) {
	if t := o.Sub("template", "sentry.interfaces.Template"); t.Fields != nil {
		line, _ := t.Integer("lineno")
		e.Template = &Template{
			Filename: t.Text("filename"), AbsPath: t.Text("abs_path"), Lineno: line, ContextLine: t.Text("context_line"),
			PreContext: t.Strings("pre_context"), PostContext: t.Strings("post_context"),
		}
	}
	e.DebugMeta = o.Mapping("debug_meta")
	for _, one := range o.Values("errors") {
		e.Errors = append(e.Errors, one.Fields)
	}
	if key, value := o.First("csp", "hpkp", "expectct", "expectstaple"); value != nil {
		e.Report = o.Mapping(key)
	}
	e.StartTimestamp = o.Time("start_timestamp")
	e.TransactionSource = o.Sub("transaction_info").Text("source")
	e.Spans = readSpans(o)
	e.Measurements = o.Mapping("measurements")
}

func readSpans(o lenient.Object) []Span {
	if _, isList := o.Fields["spans"].([]any); !isList {
		return nil // lint reports it
	}
	var out []Span
	for _, s := range o.Values("spans") {
		out = append(out, Span{
			SpanID: s.Text("span_id"), TraceID: s.Text("trace_id"), ParentSpanID: s.Text("parent_span_id"), Op: s.Text("op"),
			Description: s.Text("description"), Status: s.Text("status"), Origin: s.Text("origin"),
			StartTimestamp: s.Time("start_timestamp"), Timestamp: s.Time("timestamp"), Tags: readTags(s), Data: s.Mapping("data"),
		})
	}
	return out
}
