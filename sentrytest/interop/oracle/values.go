package main

import (
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// firstValue returns the first attribute whose value is another for a reader of
// package sentrytest than for Relay. name is "" if there is none.
func firstValue(raw []byte, relay map[string]any) (name string, ours, relays any) {
	e, err := sentrytest.ParseEvent(raw)
	if err != nil {
		return "", nil, nil
	}
	get := func(path string) string {
		v, _ := jsontree.Lookup(map[string]any(relay), path)
		text, _ := v.(string)
		return text
	}
	annotated, _ := relay["_meta"].(map[string]any)
	type pair struct {
		name        string
		ours, relay string
	}
	pairs := []pair{
		{"message", e.Message, get("logentry.formatted")},
		{"level", e.Level, get("level")},
		{"logger", e.Logger, get("logger")},
		{"release", e.Release, get("release")},
		{"dist", e.Dist, get("dist")},
		{"transaction", e.Transaction, get("transaction")},
		{"culprit", e.Culprit, get("culprit")},
		{"user.id", e.User.ID, get("user.id")},
		{"user.email", e.User.Email, get("user.email")},
		{"user.username", e.User.Username, get("user.username")},
		{"sdk.version", e.SDK.Version, get("sdk.version")},
		{"request.url", e.Request.URL, get("request.url")},
	}
	for i, x := range e.Exceptions {
		at := fmt.Sprintf("exception.values.%d.", i)
		pairs = append(pairs, pair{"exception.type", x.Type, get(at + "type")}, pair{"exception.value", x.Value, get(at + "value")},
			pair{"exception.module", x.Module, get(at + "module")})
	}
	for _, p := range pairs {
		if filled := p.name == "sdk.version" || p.name == "transaction" && p.relay == "<unlabeled transaction>" || p.name == "logger"; p.ours == "" && filled {
			continue // Relay fills it in
		}
		if top, _, _ := strings.Cut(p.name, "."); p.relay == "" && annotated[top] != nil {
			continue // both say that Relay drops it, and a reader sees what was sent
		}
		if !alike(p.ours, p.relay) {
			return p.name, p.ours, p.relay
		}
	}
	if fingerprint := textsOf(relay["fingerprint"]); strings.Join(e.Fingerprint, "\x00") != strings.Join(fingerprint, "\x00") {
		return "fingerprint", e.Fingerprint, fingerprint
	}
	pairsOf, _ := relay["tags"].([]any)
	for _, one := range pairsOf {
		both := textsOf(one)
		if len(both) == 2 && both[0] != "" && both[1] != "" && both[0] != "server_name" && both[0] != "site" && !alikeTag(e.Tags, both[0], both[1]) {
			return "tags", e.Tags, both
		}
	}
	if annotated["timestamp"] != nil {
		return "", nil, nil // Relay shifts all times with it
	}
	crumbs, _ := jsontree.Lookup(map[string]any(relay), "breadcrumbs.values")
	list, _ := crumbs.([]any)
	at := 0
	for _, one := range list {
		fields, ok := one.(map[string]any)
		if !ok {
			continue
		}
		if at >= len(e.Breadcrumbs) {
			return "breadcrumbs", len(e.Breadcrumbs), len(list)
		}
		stamp, _ := jsontree.Number(fields["timestamp"])
		if t := e.Breadcrumbs[at].Timestamp; !t.IsZero() != (fields["timestamp"] != nil) || !t.IsZero() && (stamp-float64(t.UnixMicro())/1e6 > 1e-5 || stamp-float64(t.UnixMicro())/1e6 < -1e-5) {
			return "breadcrumb.timestamp", t, fields["timestamp"]
		}
		at++
	}
	return "", nil, nil
}

// alike reports whether two texts are the same, apart from white space around
// them and a cut.
func alike(ours, relay string) bool {
	ours = strings.TrimSpace(ours)
	begin, cut := strings.CutSuffix(relay, "...")
	return ours == strings.TrimSpace(relay) || cut && strings.HasPrefix(ours, begin)
}

func alikeTag(tags map[string]string, key, value string) bool {
	for name, one := range tags {
		if alike(strings.ReplaceAll(strings.TrimSpace(name), " ", "-"), key) && alike(one, value) {
			return true
		}
	}
	return false
}

func textsOf(v any) []string {
	list, _ := v.([]any)
	out := []string{}
	for _, one := range list {
		text, _ := one.(string)
		out = append(out, text)
	}
	return out
}
