package raven

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

func (e *encoder) appendExceptions(dst []byte, list []Exception) []byte {
	numbered := slices.ContainsFunc(list, func(x Exception) bool { return x.Mechanism != nil && x.Mechanism.ExceptionID != 0 })
	dst = append(dst, `{"values":[`...)
	for i := range list {
		x := &list[i]
		dst = jsontext.AppendString(append(dst, `{"type":`...), x.Type)
		value := e.Mask().Prose(x.Value)
		dst = jsontext.AppendString(append(dst, `,"value":`...), value)
		if i == len(list)-1 {
			e.gist.kind, e.gist.says = x.Type, value
			e.gist.keep(x.Stacktrace)
		}
		dst = jsontext.AppendStringField(dst, `,"module":`, x.Module)
		if x.ThreadID != 0 {
			dst = strconv.AppendInt(append(dst, `,"thread_id":`...), x.ThreadID, 10)
		}
		if !x.Stacktrace.empty() {
			dst = e.appendStacktrace(append(dst, `,"stacktrace":`...), x.Stacktrace)
		}
		if x.Mechanism != nil {
			dst = e.appendMechanism(append(dst, `,"mechanism":`...), x.Mechanism, numbered)
		}
		dst = append(dst, '}', ',')
	}
	return append(jsontext.Close(dst, ']'), '}')
}

func (e *encoder) appendMechanism(dst []byte, m *Mechanism, numbered bool) []byte {
	if m.Type == "" {
		dst = append(dst, `{"type":"generic"`...)
	} else {
		dst = jsontext.AppendString(append(dst, `{"type":`...), m.Type)
	}
	dst = jsontext.AppendStringField(dst, `,"description":`, e.Mask().Prose(m.Description))
	dst = jsontext.AppendStringField(dst, `,"help_link":`, m.HelpLink)
	if m.Handled != nil {
		dst = strconv.AppendBool(append(dst, `,"handled":`...), *m.Handled)
	}
	if m.Synthetic {
		dst = append(dst, `,"synthetic":true`...)
	}
	dst = jsontext.AppendStringField(dst, `,"source":`, m.Source)
	if numbered {
		dst = strconv.AppendInt(append(dst, `,"exception_id":`...), int64(m.ExceptionID), 10)
		if m.ExceptionID != 0 {
			dst = strconv.AppendInt(append(dst, `,"parent_id":`...), int64(m.ParentID), 10)
		}
	}
	if m.IsExceptionGroup {
		dst = append(dst, `,"is_exception_group":true`...)
	}
	return append(e.appendMechanismData(dst, m), '}')
}

func (e *encoder) appendMechanismData(dst []byte, m *Mechanism) []byte {
	data := m.Data
	switch {
	case m.GoType != "" && len(data) == 0:
		return append(jsontext.AppendString(append(dst, `,"data":{"go_type":`...), m.GoType), '}')
	case m.GoType != "":
		data = maps.Clone(data)
		data["go_type"] = m.GoType
	case len(data) == 0:
		return dst
	}
	return e.AppendMap(append(dst, `,"data":`...), data, jsonvalue.Loose)
}

func (e *encoder) appendUser(dst []byte, u *User) []byte {
	dst = append(dst, '{')
	m := e.Mask()
	dst = jsontext.AppendField(dst, `"id":`, m.Field("id", m.Prose(u.ID)))
	dst = jsontext.AppendField(dst, `"username":`, m.Field("username", m.Value(u.Username)))
	dst = jsontext.AppendField(dst, `"email":`, m.Field("email", m.Value(u.Email)))
	dst = jsontext.AppendField(dst, `"name":`, m.Field("name", m.Value(u.Name)))
	dst = jsontext.AppendField(dst, `"ip_address":`, m.Field("ip_address", u.IPAddress))
	if len(u.Data) > 0 {
		dst = append(e.appendData(append(dst, `"data":`...), u.Data), ',')
	}
	return jsontext.Close(dst, '}')
}

func (e *encoder) appendRequest(dst []byte, r *Request) []byte {
	dst = append(dst, '{')
	m := e.Mask()
	dst = jsontext.AppendField(dst, `"url":`, m.Field("url", m.Value(r.URL)))
	dst = jsontext.AppendField(dst, `"method":`, m.Field("method", r.Method))
	dst = jsontext.AppendField(dst, `"query_string":`, m.Field("query_string", m.Query(r.QueryString)))
	dst = jsontext.AppendField(dst, `"fragment":`, m.Field("fragment", m.Query(r.Fragment)))
	dst = jsontext.AppendField(dst, `"cookies":`, m.Field("cookies", m.Cookies(r.Cookies)))
	if len(r.Headers) > 0 {
		dst = append(e.AppendStringMap(append(dst, `"headers":`...), r.Headers, headerValue), ',')
	}
	if len(r.Env) > 0 {
		dst = append(e.AppendStringMap(append(dst, `"env":`...), r.Env, headerValue), ',')
	}
	if r.Data != nil && (e.rules == nil || !e.rules.noBody) {
		dst = append(e.appendBody(append(dst, `"data":`...), r.Data), ',')
	}
	return jsontext.Close(dst, '}')
}

// appendBody appends a request's data. Text may be a form.
func (e *encoder) appendBody(dst []byte, data any) []byte {
	m := e.Mask()
	switch body := data.(type) {
	case string:
		data = m.Query(body)
	case []byte:
		data = m.Query(string(body))
	}
	return e.appendData(dst, data)
}

// appendData appends the value of a field called data.
func (e *encoder) appendData(dst []byte, data any) []byte {
	if m := e.Mask(); m.HidesField("data") {
		return e.AppendMasked(dst, reflect.ValueOf(data), jsonvalue.Loose)
	}
	return e.AppendValue(dst, data, jsonvalue.Loose, 0)
}

// appendBreadcrumbs appends the event's own breadcrumbs, or the recorded ones,
// which are JSON already.
func appendBreadcrumbs(dst []byte, d *draft) []byte {
	if len(d.ev.Breadcrumbs) == 0 && len(d.crumbs) == 0 {
		return dst
	}
	dst = append(dst, `"breadcrumbs":{"values":[`...)
	if len(d.ev.Breadcrumbs) > 0 {
		for i := range d.ev.Breadcrumbs {
			b := d.ev.Breadcrumbs[i]
			if b.Timestamp.IsZero() {
				b.Timestamp = d.ev.Timestamp
			}
			dst = append(appendCrumb(dst, &d.enc, b), ',')
		}
	} else {
		for _, c := range d.crumbs {
			dst = append(append(dst, c.json...), ',')
		}
	}
	dst[len(dst)-1] = ']'
	return append(dst, '}', ',')
}

// appendInterfaces appends further top-level keys.
func appendInterfaces(dst []byte, d *draft) []byte {
	for _, key := range jsonvalue.SortedKeys(nil, d.ev.Interfaces) {
		if !d.sends(key) {
			continue
		}
		dst = append(jsontext.AppendString(dst, key), ':')
		if d.enc.Mask().Secret(key) {
			dst = append(d.enc.AppendMasked(dst, reflect.ValueOf(d.ev.Interfaces[key]), jsonvalue.Loose), ',')
			continue
		}
		dst = append(d.enc.AppendValue(dst, d.ev.Interfaces[key], jsonvalue.Loose, 0), ',')
	}
	return dst
}

// headerValue masks the value of a header or an environment variable.
func headerValue(m *mask.Mask, key, value string) string {
	if m == nil {
		return value
	}
	if m.Secret(key) {
		return mask.Hidden
	}
	return m.InCookies(key).Value(value)
}

// maxTag is Sentry's limit for the value of a tag, in characters.
const maxTag = 200

// tagValue fits the value of a tag: Sentry drops values that are too long or
// have several lines.
func tagValue(m *mask.Mask, key, value string) string {
	if m.Secret(key) {
		return mask.Hidden
	}
	value = m.Start(value, maxTag)
	if strings.IndexByte(value, '\n') >= 0 {
		value = strings.ReplaceAll(value, "\n", " ")
	}
	return value
}
