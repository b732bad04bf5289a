package fakesentryclient

import "time"

// Contents is the payload of an event in the shape of the protocol
// (docs/protocol.md, "Events"). Fields that the event does not have are absent.
type Contents struct {
	Logger      string                    `json:"logger,omitempty"`
	ServerName  string                    `json:"server_name,omitempty"`
	Dist        string                    `json:"dist,omitempty"`
	Transaction string                    `json:"transaction,omitempty"`
	Message     string                    `json:"message,omitempty"` // formatted
	LogEntry    *LogEntry                 `json:"logentry,omitempty"`
	Exception   *Values[Exception]        `json:"exception,omitempty"` // oldest first; the last one was raised
	Threads     *Values[Thread]           `json:"threads,omitempty"`
	Stacktrace  *Stacktrace               `json:"stacktrace,omitempty"`
	Breadcrumbs *Values[Breadcrumb]       `json:"breadcrumbs,omitempty"`
	Tags        map[string]string         `json:"tags,omitempty"`
	Extra       map[string]any            `json:"extra,omitempty"`
	User        map[string]any            `json:"user,omitempty"`
	Request     *HTTPRequest              `json:"request,omitempty"`
	Contexts    map[string]map[string]any `json:"contexts,omitempty"`
	Modules     map[string]string         `json:"modules,omitempty"`
	Fingerprint []string                  `json:"fingerprint,omitempty"`
}

// Values is a list in the form of the protocol.
type Values[T any] struct {
	Values []T `json:"values"`
}

// LogEntry is a message as a template and its parameters.
type LogEntry struct {
	Message   string         `json:"message,omitempty"` // the template
	Params    []any          `json:"params,omitempty"`
	Named     map[string]any `json:"named,omitempty"`
	Formatted string         `json:"formatted,omitempty"`
}

// Exception is one error of a chain.
type Exception struct {
	Type       string         `json:"type,omitempty"`
	Value      string         `json:"value,omitempty"`
	Module     string         `json:"module,omitempty"`
	ThreadID   string         `json:"thread_id,omitempty"`
	Mechanism  map[string]any `json:"mechanism,omitempty"`
	Stacktrace *Stacktrace    `json:"stacktrace,omitempty"`
}

// Stacktrace is a list of frames, oldest call first.
type Stacktrace struct {
	Frames []Frame `json:"frames"`
}

// Frame is one call.
type Frame struct {
	Function    string         `json:"function,omitempty"`
	Module      string         `json:"module,omitempty"`
	Package     string         `json:"package,omitempty"`
	Filename    string         `json:"filename,omitempty"`
	AbsPath     string         `json:"abs_path,omitempty"`
	Lineno      int            `json:"lineno,omitempty"`
	Colno       int            `json:"colno,omitempty"`
	InApp       *bool          `json:"in_app,omitempty"`
	PreContext  []string       `json:"pre_context,omitempty"`
	ContextLine string         `json:"context_line,omitempty"`
	PostContext []string       `json:"post_context,omitempty"`
	Vars        map[string]any `json:"vars,omitempty"`
}

// Thread is one thread at the time of the event.
type Thread struct {
	ID         string      `json:"id,omitempty"`
	Name       string      `json:"name,omitempty"`
	State      string      `json:"state,omitempty"`
	Crashed    bool        `json:"crashed,omitempty"`
	Current    bool        `json:"current,omitempty"`
	Main       bool        `json:"main,omitempty"`
	Stacktrace *Stacktrace `json:"stacktrace,omitempty"`
}

// Breadcrumb is one thing that happened before the event.
type Breadcrumb struct {
	Timestamp *time.Time     `json:"timestamp,omitempty"`
	Type      string         `json:"type,omitempty"`
	Category  string         `json:"category,omitempty"`
	Message   string         `json:"message,omitempty"`
	Level     string         `json:"level,omitempty"`
	Data      map[string]any `json:"data,omitempty"`
}

// HTTPRequest is the HTTP request during which an event happened.
type HTTPRequest struct {
	URL         string              `json:"url,omitempty"`
	Method      string              `json:"method,omitempty"`
	QueryString string              `json:"query_string,omitempty"`
	Fragment    string              `json:"fragment,omitempty"`
	Data        any                 `json:"data,omitempty"`
	Cookies     map[string]string   `json:"cookies,omitempty"`
	Headers     map[string][]string `json:"headers,omitempty"`
	Env         map[string]any      `json:"env,omitempty"`
}
