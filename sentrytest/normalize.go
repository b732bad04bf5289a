package sentrytest

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// ParseEvent reads the JSON of one event in any of the protocol's shapes. It fails only if raw is not a JSON
// object; a field that cannot be read is left empty and listed in [Event.Problems].
//
// Numbers in free-form values such as Extra are float64, as encoding/json has it, except for integers that a
// float64 would round: those are json.Number. The result does not share memory with raw.
func ParseEvent(raw []byte) (Event, error) {
	object, err := jsontree.ParseObject(raw)
	if err != nil {
		return Event{}, fmt.Errorf("sentrytest: not an event: %w", err)
	}
	return normalize(object.Clone()), nil
}

// normalize reads an event, which shares memory with the object.
func normalize(object jsontree.Object) Event {
	e := Event{Raw: object.Bytes()}
	tree, err := jsontree.Decode(object.Bytes())
	r := &reader{}
	fields, ok := tree.(map[string]any)
	if err != nil || !ok {
		r.problem("", fmt.Sprintf("not a JSON object: %v", err))
	}
	o := r.object(fields, "")
	e.readScalars(o)
	e.readMessage(o)
	e.Exceptions = readExceptions(o)
	e.Stacktrace = readStacktrace(o, "stacktrace", "sentry.interfaces.Stacktrace")
	e.Threads = readThreads(o)
	e.Breadcrumbs = readBreadcrumbs(o)
	e.Tags = readTags(o)
	e.Extra = o.mapping("extra")
	e.User = readUser(o)
	e.Request = readHTTPRequest(o)
	e.Contexts = readContexts(o)
	e.Modules = o.stringMap("modules")
	e.SDK = readSDKObject(o.sub("sdk"))
	e.Fingerprint = o.strings("fingerprint")
	if n, ok := o.integer("time_spent"); ok {
		spent := int64(n)
		e.TimeSpent = &spent
	}
	e.readRest(o)
	e.Problems = r.problems
	return e
}

func (e *Event) readScalars(o object) {
	if text := o.text("event_id"); text != "" {
		id, ok := eventid.Normalize(text)
		if !ok {
			o.problem("event_id", fmt.Sprintf("not a UUID: %q", text))
		}
		e.EventID = id
	}
	e.Type = o.text("type")
	e.Timestamp = o.time("timestamp")
	fallback := "error"
	if e.Type == "transaction" {
		fallback = "info"
	}
	e.Level = o.level("level", fallback)
	e.Logger = o.text("logger")
	e.Platform = o.text("platform")
	e.ServerName = o.text("server_name")
	e.Release = o.text("release")
	e.Environment = o.text("environment")
	e.Dist = o.text("dist")
	e.Transaction = o.text("transaction")
	e.Culprit = o.text("culprit")
}

// readTags takes both an object and a list of pairs. Of two equal keys the first wins, as in Sentry.
func readTags(o object) map[string]string {
	var tags map[string]string
	o.pairs("tags", func(at, key string, value any) {
		text, err := tagText(value)
		if err != nil {
			o.reader.problem(at, err.Error())
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

func readContexts(o object) map[string]map[string]any {
	contexts := o.sub("contexts", "sentry.interfaces.Contexts")
	var out map[string]map[string]any
	for _, name := range texts.SortedKeys(contexts.fields) {
		if contexts.fields[name] == nil {
			continue
		}
		value := contexts.mapping(name)
		if value == nil {
			continue // mapping has reported why
		}
		if out == nil {
			out = map[string]map[string]any{}
		}
		out[name] = value
	}
	return out
}

func readUser(o object) User {
	u := o.sub("user", "sentry.interfaces.User")
	user := User{
		ID: u.text("id"), Username: u.text("username"), Email: u.text("email"), Name: u.text("name"),
		IPAddress: u.text("ip_address"), Data: u.mapping("data"),
	}
	known := map[string]bool{"id": true, "username": true, "email": true, "name": true, "ip_address": true, "data": true}
	for key, value := range u.fields {
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

func readBreadcrumbs(o object) []Breadcrumb {
	var out []Breadcrumb
	for _, b := range o.values("breadcrumbs", "sentry.interfaces.Breadcrumbs") {
		kind := b.text("type")
		if kind == "" {
			kind = "default"
		}
		out = append(out, Breadcrumb{
			Timestamp: b.time("timestamp"), Type: kind, Category: b.text("category"), Message: b.text("message"),
			Level: b.level("level", "info"), Data: b.mapping("data"), EventID: b.text("event_id"),
		})
	}
	return out
}

func readHTTPRequest(o object) HTTPRequest {
	r := o.sub("request", "sentry.interfaces.Http")
	req := HTTPRequest{
		URL: r.text("url"), Method: r.text("method"), Fragment: r.text("fragment"), Data: r.fields["data"],
		QueryString: r.query("query_string"), Cookies: r.cookies("cookies"), Env: r.mapping("env"),
		Protocol: r.text("protocol"),
	}
	r.pairs("headers", func(at, key string, value any) {
		if req.Headers == nil {
			req.Headers = http.Header{}
		}
		for _, one := range jsontree.List(value) {
			text, ok := lenientText(one)
			if !ok {
				r.reader.problem(at, "not a string: "+jsontree.Show(one))
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
	r := &reader{}
	return readSDKObject(r.object(fields, ""))
}

// readPlainSDK reads an sdk that is absent or has nothing but texts, as most have in the header of every envelope.
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

func readSDKObject(o object) SDK {
	sdk := SDK{Name: o.text("name"), Version: o.text("version"), Integrations: o.strings("integrations"), Features: o.strings("features")}
	for _, p := range o.values("packages") {
		sdk.Packages = append(sdk.Packages, Package{Name: p.text("name"), Version: p.text("version")})
	}
	return sdk
}
