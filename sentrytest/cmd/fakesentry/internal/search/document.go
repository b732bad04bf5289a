package search

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Document is the searchable part of an event. It is much smaller than the
// event, so thousands can be kept and searched.
type Document struct {
	values map[string][]string // by field, in lower case
	tags   map[string]string   // in lower case
	text   string              // in lower case
	level  int                 // index in levels
}

var levels = []string{"debug", "info", "warning", "error", "fatal"}

// Title returns the title of an event in lists: its last exception, or else its
// message.
func Title(e sentrytest.Event) string {
	if n := len(e.Exceptions); n > 0 {
		x := e.Exceptions[n-1]
		value, _, _ := strings.Cut(x.Value, "\n")
		if x.Type == "" || value == "" {
			return cmp.Or(x.Type, value, "(an exception without type or value)")
		}
		return x.Type + ": " + value
	}
	message, _, _ := strings.Cut(e.Message, "\n")
	return cmp.Or(message, "(an event without message or exception)")
}

// Culprit returns where the event happened: its transaction, or else its
// culprit, or else the function of its innermost frame in the application.
func Culprit(e sentrytest.Event) string {
	if c := cmp.Or(e.Transaction, e.Culprit); c != "" {
		return c
	}
	for _, x := range slices.Backward(e.Exceptions) {
		if x.Stacktrace == nil {
			continue
		}
		for _, f := range slices.Backward(x.Stacktrace.Frames) {
			if f.InApp == nil || *f.InApp {
				return strings.TrimPrefix(cmp.Or(f.Module, f.Filename)+"."+f.Function, ".")
			}
		}
	}
	return ""
}

// NewDocument makes the document of an event.
func NewDocument(e sentrytest.Event) *Document {
	d := &Document{values: map[string][]string{}, tags: map[string]string{}, level: slices.Index(levels, e.Level)}
	var text strings.Builder
	for _, f := range fields {
		for _, v := range f.of(e) {
			if v == "" {
				continue
			}
			v = strings.ToLower(v)
			d.values[f.name] = append(d.values[f.name], v)
			if !f.quiet {
				text.WriteString(v + "\n")
			}
		}
	}
	for k, v := range e.Tags {
		d.tags[strings.ToLower(k)] = strings.ToLower(v)
	}
	for _, k := range slices.Sorted(maps.Keys(d.tags)) {
		text.WriteString(k + "=" + d.tags[k] + "\n")
	}
	d.text = text.String()
	return d
}

// Size returns the approximate size of the document in bytes.
func (d *Document) Size() int { return 2*len(d.text) + 512 }

// field is a field of the query language.
type field struct {
	name    string
	help    string
	within  bool // the value may be anywhere in the text
	quiet   bool // terms without a field do not search it
	special bool // not compared as a text
	of      func(e sentrytest.Event) []string
}

func one(get func(e sentrytest.Event) string) func(sentrytest.Event) []string {
	return func(e sentrytest.Event) []string { return []string{get(e)} }
}

var fields = []field{
	{name: "level", help: "debug, info, warning, error, fatal; also >=warning", quiet: true, special: true, of: one(func(e sentrytest.Event) string { return e.Level })},
	{name: "title", help: "the title in the list", within: true, of: one(Title)},
	{name: "message", help: "the message", within: true, of: one(func(e sentrytest.Event) string { return e.Message })},
	{name: "exception", help: "type and value of each exception", within: true, of: exceptions},
	{name: "culprit", help: "the transaction or function", of: one(Culprit)},
	{name: "transaction", help: "the transaction", of: one(func(e sentrytest.Event) string { return e.Transaction })},
	{name: "tag", help: "NAME=VALUE, or NAME for any value", special: true, of: func(sentrytest.Event) []string { return nil }},
	{name: "release", help: "the release", of: one(func(e sentrytest.Event) string { return e.Release })},
	{name: "environment", help: "the environment", of: one(func(e sentrytest.Event) string { return e.Environment })},
	{name: "dist", help: "the distribution", of: one(func(e sentrytest.Event) string { return e.Dist })},
	{name: "logger", help: "the logger", of: one(func(e sentrytest.Event) string { return e.Logger })},
	{name: "platform", help: "the platform", of: one(func(e sentrytest.Event) string { return e.Platform })},
	{name: "server", help: "the server's name", of: one(func(e sentrytest.Event) string { return e.ServerName })},
	{name: "user", help: "id, name, e-mail or IP address of the user", of: func(e sentrytest.Event) []string {
		return []string{e.User.ID, e.User.Username, e.User.Email, e.User.Name, e.User.IPAddress}
	}},
	{name: "sdk", help: "the SDK's name, or name/version", of: func(e sentrytest.Event) []string {
		if e.SDK.Name == "" {
			return nil
		}
		return []string{e.SDK.Name, e.SDK.Name + "/" + e.SDK.Version}
	}},
	{name: "type", help: "the event's type; error for ordinary events", quiet: true, of: one(func(e sentrytest.Event) string { return cmp.Or(e.Type, "error") })},
	{name: "id", help: "the event's id", of: one(func(e sentrytest.Event) string { return e.EventID })},
	{name: "fingerprint", help: "a part of the fingerprint", of: func(e sentrytest.Event) []string { return e.Fingerprint }},
	{name: "group", help: "the key of the group that the event belongs to", quiet: true, of: one(func(e sentrytest.Event) string { return e.GroupingPreview().Key })},
	{name: "project", help: "the project id", quiet: true, of: one(func(e sentrytest.Event) string { return e.Received.ProjectID })},
	{name: "key", help: "the public key of the DSN", quiet: true, of: one(func(e sentrytest.Event) string { return e.Received.PublicKey })},
}

func exceptions(e sentrytest.Event) []string {
	var out []string
	for _, x := range e.Exceptions {
		out = append(out, x.Type+": "+x.Value)
	}
	return out
}
