package raven

import (
	"maps"
	"strconv"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// encoder is the working memory for encoding one event. It belongs to a draft.
type encoder struct {
	jsonvalue.Encoder
	inApp       *stack.Rule
	rules       *rules // nil: everything is sent
	sourceLines int    // before and after a frame's line; 0: no source

	gist gist // of the event encoded last
}

// follow applies rules.
func (e *encoder) follow(r *rules) {
	e.rules = r
	e.Use(r.mask)
}

// tight returns the limits for extra, params and variables.
func (e *encoder) tight() jsonvalue.Limits {
	if e.rules == nil {
		return jsonvalue.Tight
	}
	return e.rules.tight
}

// appendEvent appends the event as a JSON object, for either dialect, with the
// fields in the order of Raven for Python.
func (w *wire) appendEvent(dst []byte, d *draft) []byte {
	ev, e := &d.ev, &d.enc
	e.gist = gist{}
	e.Restart()
	dst = append(dst, '{')
	dst = w.appendBags(dst, d)
	dst = w.appendMessage(dst, d)
	if len(ev.Exceptions) > 0 {
		dst = append(e.appendExceptions(append(dst, `"exception":`...), ev.Exceptions), ',')
	}
	if len(ev.Threads) > 0 {
		dst = e.appendThreads(dst, ev.Threads)
	}
	if s := ev.Stacktrace; !s.empty() {
		if len(ev.Exceptions) == 0 {
			e.gist.keep(s)
		}
		dst = append(e.appendStacktrace(append(dst, `"stacktrace":`...), s), ',')
	}
	if !ev.User.empty() {
		dst = append(e.appendUser(append(dst, `"user":`...), ev.User), ',')
	}
	if ev.Request != nil {
		dst = append(e.appendRequest(append(dst, `"request":`...), ev.Request), ',')
	}
	dst = w.appendContexts(dst, d)
	if !d.bare || ev.Level != "" {
		dst = w.appendLevel(dst, ev.Level)
	}
	dst = jsontext.AppendField(dst, `"logger":`, ev.Logger)
	if ev.Culprit != "" {
		dst = jsontext.AppendField(dst, `"culprit":`, e.Mask().Name(ev.Culprit))
	} else {
		dst = jsontext.AppendField(dst, `"transaction":`, e.Mask().Name(ev.Transaction))
	}
	dst = d.appendOr(dst, `"server_name":`, ev.ServerName, w.serverName)
	if ev.Modules != nil && (!d.complete || !maps.Equal(ev.Modules, program.Modules())) {
		dst = append(e.AppendStringMap(append(dst, `"modules":`...), ev.Modules, asItIs), ',')
	} else if ev.Modules != nil || !d.bare && !d.complete {
		dst = append(dst, linkedModules()...)
	}
	dst = d.appendOr(dst, `"release":`, ev.Release, w.release)
	dst = jsontext.AppendField(dst, `"dist":`, ev.Dist)
	dst = d.appendOr(dst, `"environment":`, ev.Environment, w.environment)
	if len(ev.Fingerprint) > 0 {
		dst = append(e.AppendStrings(append(dst, `"fingerprint":`...), ev.Fingerprint), ',')
	}
	dst = append(jsontext.AppendTime(append(dst, `"timestamp":`...), ev.Timestamp, bool(w.dialect)), ',')
	dst = w.appendTimeSpent(dst, d)
	dst = append(jsontext.AppendString(append(dst, `"event_id":`...), ev.EventID), ',')
	if ev.Platform == "" {
		dst = append(dst, `"platform":"`+platform+`",`...)
	} else {
		dst = jsontext.AppendField(dst, `"platform":`, ev.Platform)
	}
	dst = append(dst, sdkField...)
	if w.dialect == store {
		dst = jsontext.AppendField(dst, `"project":`, w.project)
		dst = append(dst, `"repos":{},`...)
	}
	dst = appendBreadcrumbs(dst, d)
	if len(ev.Interfaces) > 0 {
		dst = appendInterfaces(dst, d)
	}
	dst[len(dst)-1] = '}'
	return dst
}

// appendOr appends the event's own text, or the client's prepared field.
func (d *draft) appendOr(dst []byte, key, s string, prepared []byte) []byte {
	if s == "" && !d.bare && !d.complete {
		return append(dst, prepared...)
	}
	return jsontext.AppendField(dst, key, s)
}

// appendBags appends tags and extra. Raven for Python sends them also if they
// are empty.
func (w *wire) appendBags(dst []byte, d *draft) []byte {
	always := w.dialect == store && !d.bare
	if always || len(d.ev.Tags) > 0 {
		dst = append(d.enc.AppendStringMap(append(dst, `"tags":`...), d.ev.Tags, tagValue), ',')
	}
	if always || len(d.ev.Extra) > 0 {
		dst = append(d.enc.AppendMap(append(dst, `"extra":`...), d.ev.Extra, d.enc.tight()), ',')
	}
	return dst
}

// appendMessage appends the message interface and, in the store dialect, the
// message that every event must have.
func (w *wire) appendMessage(dst []byte, d *draft) []byte {
	ev := &d.ev
	text := ev.Message
	if ev.Message != "" {
		if len(ev.Params) > 0 {
			text = d.enc.Formatted(ev.Message, d.enc.Mask().Params(ev.Params), d.enc.tight())
		}
		if w.dialect == modern {
			dst = d.appendLogged(append(dst, loggedField...), text)
		} else if _, given := ev.Interfaces["sentry.interfaces.Message"]; !given {
			dst = d.appendLogged(append(dst, messageField...), text)
		}
	}
	if w.dialect == modern {
		return dst
	}
	if n := len(ev.Exceptions); n > 0 && text == "" {
		x := &ev.Exceptions[n-1]
		if text = x.Type; x.Value != "" {
			text += ": " + x.Value
		}
	}
	if text == "" && d.bare {
		return dst
	}
	return append(jsontext.AppendString(append(dst, `"message":`...), d.enc.Mask().Message(text)), ',')
}

func (d *draft) appendLogged(dst []byte, text string) []byte {
	m, lim := d.enc.Mask(), d.enc.tight()
	shown := m.Message(d.ev.Message)
	dst = jsontext.AppendString(append(dst, `{"message":`...), shown)
	dst = append(dst, `,"params":[`...)
	for _, p := range d.ev.Params[:min(len(d.ev.Params), lim.Items)] {
		dst = append(d.enc.AppendValue(dst, p, lim, 1), ',')
	}
	dst = jsontext.Close(dst, ']')
	if text != d.ev.Message {
		shown = m.Message(text)
	}
	d.enc.gist.text = shown
	dst = jsontext.AppendString(append(dst, `,"formatted":`...), shown)
	return append(dst, '}', ',')
}

func (w *wire) appendLevel(dst []byte, l Level) []byte {
	word, number := l.canonical()
	dst = append(dst, `"level":`...)
	if w.dialect == store && number != 0 {
		return append(strconv.AppendInt(dst, int64(number), 10), ',')
	}
	return append(jsontext.AppendString(dst, string(word)), ',')
}

// appendTimeSpent appends milliseconds. Raven for Python sends null for none.
func (w *wire) appendTimeSpent(dst []byte, d *draft) []byte {
	t := d.ev.TimeSpent
	if t <= 0 {
		if w.dialect == store && !d.bare {
			dst = append(dst, `"time_spent":null,`...)
		}
		return dst
	}
	dst = append(dst, `"time_spent":`...)
	return append(strconv.AppendInt(dst, t.Milliseconds(), 10), ',')
}

// appendContexts appends the event's contexts. The modern dialect adds the
// default ones; Raven for Python has none.
func (w *wire) appendContexts(dst []byte, d *draft) []byte {
	c := d.ev.Contexts
	defaults := w.dialect == modern && !d.bare && !d.complete
	if defaults && len(c) == 0 || d.complete && w.dialect == modern && isDefault(c) {
		return append(append(append(dst, `"contexts":{`...), defaultContexts()...), '}', ',')
	}
	if len(c) == 0 {
		return dst
	}
	dst = d.enc.AppendMap(append(dst, `"contexts":`...), c, jsonvalue.Loose)
	if defaults {
		dst = dst[:len(dst)-1]
		if _, given := c["runtime"]; !given {
			dst = append(append(dst, ','), runtimeContext...)
		}
		if _, given := c["os"]; !given {
			dst = append(append(dst, ','), osContext...)
		}
		dst = append(dst, '}')
	}
	return append(dst, ',')
}
