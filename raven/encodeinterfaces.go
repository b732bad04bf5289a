package raven

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
)

func (e *encoder) appendExceptions(dst []byte, list []Exception) []byte {
	numbered := slices.ContainsFunc(list, func(x Exception) bool { return x.Mechanism != nil && x.Mechanism.ExceptionID != 0 })
	dst = append(dst, `{"values":[`...)
	for i := range list {
		x := &list[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(append(dst, `{"type":`...), x.Type)
		value := e.mask().prose(x.Value)
		dst = appendString(append(dst, `,"value":`...), value)
		if i == len(list)-1 {
			e.gist.kind, e.gist.says = x.Type, value
			e.gist.keep(x.Stacktrace)
		}
		dst = appendStringField(dst, `,"module":`, x.Module)
		if x.ThreadID != 0 {
			dst = strconv.AppendInt(append(dst, `,"thread_id":`...), x.ThreadID, 10)
		}
		if !x.Stacktrace.empty() {
			dst = e.appendStacktrace(append(dst, `,"stacktrace":`...), x.Stacktrace)
		}
		if x.Mechanism != nil {
			dst = e.appendMechanism(append(dst, `,"mechanism":`...), x.Mechanism, numbered)
		}
		dst = append(dst, '}')
	}
	return append(dst, ']', '}')
}

func (e *encoder) appendMechanism(dst []byte, m *Mechanism, numbered bool) []byte {
	if m.Type == "" {
		dst = append(dst, `{"type":"generic"`...)
	} else {
		dst = appendString(append(dst, `{"type":`...), m.Type)
	}
	dst = appendStringField(dst, `,"description":`, e.mask().prose(m.Description))
	dst = appendStringField(dst, `,"help_link":`, m.HelpLink)
	if m.Handled != nil {
		dst = strconv.AppendBool(append(dst, `,"handled":`...), *m.Handled)
	}
	if m.Synthetic {
		dst = append(dst, `,"synthetic":true`...)
	}
	dst = appendStringField(dst, `,"source":`, m.Source)
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
		return append(appendString(append(dst, `,"data":{"go_type":`...), m.GoType), '}')
	case m.GoType != "":
		data = maps.Clone(data)
		data["go_type"] = m.GoType
	case len(data) == 0:
		return dst
	}
	return e.appendMap(append(dst, `,"data":`...), data, loose)
}

func (e *encoder) appendStacktrace(dst []byte, s *Stacktrace) []byte {
	dst = append(dst, `{"frames":[`...)
	slim := slimmed(s.Frames)
	for i := range s.Frames {
		if i > 0 {
			dst = append(dst, ',')
		}
		f := &s.Frames[i]
		if r := s.knownFrame(i); r != nil {
			dst = append(dst, r.json...)
		} else {
			dst = appendPlainFrame(dst, f)
		}
		dst = e.appendFrameRest(dst, f, slim.keeps(f.InApp))
	}
	if len(s.Frames) > 0 {
		return append(dst, ']', '}')
	}
	sourced := e.withSource(s.found)
	for i := len(s.found) - 1; i >= 0; i-- {
		dst = append(e.appendFound(dst, s.found[i], i <= sourced && e.showsSource(s.found, i)), ',')
	}
	dst = dst[:len(dst)-1]
	return append(dst, ']', '}')
}

func (e *encoder) appendUser(dst []byte, u *User) []byte {
	dst = append(dst, '{')
	m := e.mask()
	dst = appendField(dst, `"id":`, m.field("id", m.prose(u.ID)))
	dst = appendField(dst, `"username":`, m.field("username", m.value(u.Username)))
	dst = appendField(dst, `"email":`, m.field("email", m.value(u.Email)))
	dst = appendField(dst, `"name":`, m.field("name", m.value(u.Name)))
	dst = appendField(dst, `"ip_address":`, m.field("ip_address", u.IPAddress))
	if len(u.Data) > 0 {
		dst = append(e.appendData(append(dst, `"data":`...), u.Data), ',')
	}
	return closeObject(dst)
}

func (e *encoder) appendRequest(dst []byte, r *Request) []byte {
	dst = append(dst, '{')
	m := e.mask()
	dst = appendField(dst, `"url":`, m.field("url", m.value(r.URL)))
	dst = appendField(dst, `"method":`, m.field("method", r.Method))
	dst = appendField(dst, `"query_string":`, m.field("query_string", m.query(r.QueryString)))
	dst = appendField(dst, `"fragment":`, m.field("fragment", m.query(r.Fragment)))
	dst = appendField(dst, `"cookies":`, m.field("cookies", m.cookies(r.Cookies)))
	if len(r.Headers) > 0 {
		dst = append(e.appendStringMap(append(dst, `"headers":`...), r.Headers, headerValue), ',')
	}
	if len(r.Env) > 0 {
		dst = append(e.appendStringMap(append(dst, `"env":`...), r.Env, headerValue), ',')
	}
	if r.Data != nil && (e.rules == nil || !e.rules.noBody) {
		dst = append(e.appendBody(append(dst, `"data":`...), r.Data), ',')
	}
	return closeObject(dst)
}

// appendBody appends a request's data. Texts may be forms.
func (e *encoder) appendBody(dst []byte, data any) []byte {
	m := e.mask()
	switch body := data.(type) {
	case string:
		data = m.query(body)
	case []byte:
		data = m.query(string(body))
	}
	return e.appendData(dst, data)
}

// appendData appends what stands in a field called data.
func (e *encoder) appendData(dst []byte, data any) []byte {
	if m := e.mask(); m != nil && m.fields && m.secret("data") {
		return e.appendMasked(dst, reflect.ValueOf(data), loose)
	}
	return e.appendValue(dst, data, loose, 0)
}

// closeObject puts the brace where the last comma is, if there is one.
func closeObject(dst []byte) []byte {
	if dst[len(dst)-1] == ',' {
		dst[len(dst)-1] = '}'
		return dst
	}
	return append(dst, '}')
}

// appendBreadcrumbs appends the event's own breadcrumbs, or those that were
// recorded, which are JSON already.
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
	for _, key := range sortedKeys(nil, d.ev.Interfaces) {
		if !d.sends(key) {
			continue
		}
		dst = append(appendString(dst, key), ':')
		if d.enc.mask().secret(key) {
			dst = append(d.enc.appendMasked(dst, reflect.ValueOf(d.ev.Interfaces[key]), loose), ',')
			continue
		}
		dst = append(d.enc.appendValue(dst, d.ev.Interfaces[key], loose, 0), ',')
	}
	return dst
}
