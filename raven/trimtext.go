package raven

import (
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/errchain"
)

// shortTexts are the lengths to which texts are cut, one after the other, when
// nothing else can be removed. Escapes make JSON longer than its texts.
var shortTexts = []int{100_000, 10_000, 1000, 100}

// text cuts all texts to the next shorter length. The last time it also removes
// lists and maps.
func (t *trimmer) text(int) bool {
	for i, n := range shortTexts {
		last := i == len(shortTexts)-1
		if t.shorten(n, last) {
			return true
		}
	}
	return false
}

func (t *trimmer) shorten(n int, last bool) bool {
	ev, found := t.ev, false
	cut := func(texts ...*string) {
		for _, s := range texts {
			if len(*s) > n {
				*s, found = t.cutText(*s, n), true
			}
		}
	}
	cut(&ev.Message, &ev.Culprit, &ev.Transaction, &ev.Logger, &ev.Platform, &ev.ServerName, &ev.Release, &ev.Environment, &ev.Dist)
	for i := range ev.Exceptions {
		x := &ev.Exceptions[i]
		cut(&x.Type, &x.Value, &x.Module)
		if m := x.Mechanism; m != nil && m.Data != nil {
			m.Data, found = nil, true
		}
	}
	t.traces(func(s *Stacktrace) bool {
		for i := range s.Frames {
			f := &s.Frames[i]
			cut(&f.Function, &f.Module, &f.Filename, &f.AbsPath)
		}
		return false
	})
	if u := ev.User; u != nil {
		cut(&u.ID, &u.Username, &u.Email, &u.Name, &u.IPAddress)
	}
	if r := ev.Request; r != nil {
		cut(&r.URL, &r.Method, &r.QueryString, &r.Fragment, &r.Cookies)
		found = t.cutMap(r.Headers, n) || found
		found = t.cutMap(r.Env, n) || found
		if last && len(r.Headers)+len(r.Env) > 0 {
			r.Headers, r.Env, found = nil, nil, true
		}
	}
	for i := range ev.Fingerprint {
		cut(&ev.Fingerprint[i])
	}
	if len(ev.Exceptions) > errchain.MaxShown {
		ev.Exceptions, found = slices.Clone(ev.Exceptions[len(ev.Exceptions)-errchain.MaxShown:]), true
	}
	if last && len(ev.Tags)+len(ev.Extra)+len(ev.Contexts)+len(ev.Interfaces) > 0 {
		ev.Tags, ev.Extra, ev.Contexts, ev.Interfaces, found = nil, nil, nil, nil, true
	}
	return found
}

func (t *trimmer) cutMap(m map[string]string, n int) bool {
	found := false
	for k, v := range m {
		if len(v) > n {
			m[k], found = t.cutText(v, n), true
		}
	}
	return found
}

// cutText returns the beginning of a text without half a character, and dots.
// It masks first, because half a URL no longer shows its password.
func (t *trimmer) cutText(s string, n int) string {
	s = t.enc.Mask().Prose(s)
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("...")], "") + "..."
}
