package fakesentryclient

import (
	"encoding/json"
	"time"
)

// Event is the summary of an event, as in lists. A field that the event does
// not have is "".
type Event struct {
	Seq         int64      `json:"seq"`        // its place in the order of arrival; grows, with gaps
	Request     int64      `json:"request"`    // the Seq of the request that carried it
	EventID     string     `json:"event_id"`   // 32 hexadecimal digits
	Type        string     `json:"type"`       // "error", "transaction", "csp", …
	Level       string     `json:"level"`      // "debug", "info", "warning", "error" or "fatal"
	Title       string     `json:"title"`      // the last exception; without exceptions the message
	Group       string     `json:"group"`      // equal for events that Sentry would probably put into one issue
	Culprit     string     `json:"culprit"`    // the transaction or function where it happened
	ProjectID   string     `json:"project_id"` // of the DSN
	PublicKey   string     `json:"public_key"` // of the DSN
	Release     string     `json:"release"`
	Environment string     `json:"environment"`
	Platform    string     `json:"platform"`
	SDK         SDK        `json:"sdk"`
	Timestamp   *time.Time `json:"timestamp,omitempty"` // the event's own time; nil if it has none
	Received    time.Time  `json:"received"`            // when the server received it
}

// SDK names the library that made an event.
type SDK struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Details is a whole event.
type Details struct {
	Event
	// Contents is the event in the current shape of the protocol, whatever
	// shape the client sent. Exceptions, threads and breadcrumbs are objects
	// with values; tags are an object of strings.
	Contents Contents `json:"contents"`
	// Grouping explains the event's group.
	Grouping Grouping `json:"grouping"`
	// Problems are the fields that the server could not read.
	Problems []Problem `json:"problems"`
	// Findings list what a real server would refuse, change or call deprecated,
	// the most severe first.
	Findings []Finding `json:"findings"`
	// Attachments are the files that came with the event.
	Attachments []Attachment `json:"attachments"`
}

// Problem is a field of an event that does not have the form that the protocol
// requires.
type Problem struct {
	Path   string `json:"path"` // for example "exception.values.0.stacktrace.frames"
	Reason string `json:"reason"`
}

// Grouping explains the group of an event. The server guesses what a real
// server does.
type Grouping struct {
	Why        string   `json:"why"`        // for example "exception types and in-app frames"
	Components []string `json:"components"` // the parts of the event that decide, in order
}

// Finding is one respect in which an event violates the protocol.
type Finding struct {
	Severity string `json:"severity"`        // info, warning or fatal
	Path     string `json:"path"`            // for example "exception.values.0.type"; "" for the whole event
	Rule     string `json:"rule"`            // for example "invalid_data"
	Value    string `json:"value,omitempty"` // as JSON; long values are cut; "" if there is none
	Message  string `json:"message"`         // one sentence
}

// Attachment is a file that came with an event.
type Attachment struct {
	Index       int    `json:"index"` // the argument for Client.Attachment
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Type        string `json:"type"` // "event.attachment" if the client named none
	Size        int    `json:"size"` // bytes
}

// Page is one page of a list, newest first.
type Page struct {
	Events []Event `json:"events"`
	Total  int     `json:"total"` // the number of all events that match
	Next   string  `json:"next"`  // the Filter.Cursor for the next page; "" on the last page
}

// Request is one HTTP request to an address for events, with its answer.
type Request struct {
	Seq             int64               `json:"seq"` // its place in the order of arrival
	Received        time.Time           `json:"received"`
	Method          string              `json:"method"`
	Path            string              `json:"path"`
	Query           string              `json:"query"`
	TLS             bool                `json:"tls"`
	Proto           string              `json:"proto"` // "HTTP/1.1" or "HTTP/2.0"
	Header          map[string][]string `json:"header"`
	ProjectID       string              `json:"project_id"`
	PublicKey       string              `json:"public_key"`
	Client          string              `json:"client"`           // sentry_client of the authentication
	ContentEncoding string              `json:"content_encoding"` // "" for none
	WireSize        int                 `json:"wire_size"`        // bytes of the body as sent
	Size            int                 `json:"size"`             // bytes of the body after decompression
	Status          int                 `json:"status"`           // of the answer; 0 if the server sent none
	Fault           string              `json:"fault"`            // the fault that made the answer; "" without one
	Refusal         *Refusal            `json:"refusal,omitempty"`
	Items           []Item              `json:"items"`  // of the envelope; empty for the store endpoint
	Events          []string            `json:"events"` // the ids of the events in the request
}

// Refusal says why a request was refused.
type Refusal struct {
	Reason string   `json:"reason"`
	Causes []string `json:"causes"`
}

// Item is one item of an envelope, without its payload.
type Item struct {
	Type           string `json:"type"`
	Filename       string `json:"filename"`        // of attachments
	ContentType    string `json:"content_type"`    // "" if the item names none
	AttachmentType string `json:"attachment_type"` // "" if the item names none
	Size           int    `json:"size"`            // bytes of payload
}

// Requests is one page of the list of requests, newest first.
type Requests struct {
	Requests []Request `json:"requests"`
	Total    int       `json:"total"`
	Next     string    `json:"next"` // the cursor of the next page; "" on the last page
}

// Envelope is an envelope with all its items.
type Envelope struct {
	Header map[string]json.RawMessage `json:"header"`
	Items  []EnvelopeItem             `json:"items"`
}

// EnvelopeItem is one item of an envelope.
type EnvelopeItem struct {
	Header  map[string]json.RawMessage `json:"header"`
	Payload []byte                     `json:"payload"` // base64 in JSON
}

// Tenant is a DSN whose events the server keeps apart from others.
type Tenant struct {
	Key       string    `json:"key"`     // the public key of its DSN; identifies the tenant in the API
	Name      string    `json:"name"`    // a label; may be ""
	DSN       string    `json:"dsn"`     // http, or the scheme of the server's public address
	TLSDSN    string    `json:"tls_dsn"` // https; "" if the server has no TLS
	ProjectID string    `json:"project_id"`
	Created   time.Time `json:"created"`
}

// Health is the state of the server.
type Health struct {
	Status  string `json:"status"`  // "ok"
	Version string `json:"version"` // of the program
	DSN     string `json:"dsn"`     // the DSN that all clients share
	TLSDSN  string `json:"tls_dsn"` // https; "" if the server has no TLS
	Events  int    `json:"events"`  // the number of stored events
}

// Stats counts what the server has received since it started.
type Stats struct {
	Requests  int            `json:"requests"`
	Events    int            `json:"events"`
	Refused   int            `json:"refused"` // requests with invalid contents
	Faults    int            `json:"faults"`  // requests that a fault answered
	Dropped   int            `json:"dropped"` // events that were deleted to stay within the bounds
	Kept      int            `json:"kept"`    // events in the store now
	Bytes     int64          `json:"bytes"`   // their approximate size
	Levels    map[string]int `json:"levels"`
	Items     map[string]int `json:"items"` // of envelopes, by type
	Discarded []Discarded    `json:"discarded"`
}

// Discarded counts events that clients reported as not sent.
type Discarded struct {
	Reason   string `json:"reason"`
	Category string `json:"category"`
	Quantity int    `json:"quantity"`
}
