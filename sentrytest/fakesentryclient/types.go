package fakesentryclient

import (
	"encoding/json"
	"time"
)

// Event is an event in short, as lists have it. A field that the event does not have is "".
type Event struct {
	Seq         int64      `json:"seq"`        // its place in the order of arrival; grows, but not by one
	Request     int64      `json:"request"`    // the Seq of the request that carried it
	EventID     string     `json:"event_id"`   // 32 hexadecimal digits
	Type        string     `json:"type"`       // "error", or "transaction", "csp", …
	Level       string     `json:"level"`      // debug, info, warning, error or fatal
	Title       string     `json:"title"`      // the last exception, or else the message
	Group       string     `json:"group"`      // equal for events that Sentry would probably put into one issue
	Culprit     string     `json:"culprit"`    // the transaction or function in which it happened
	ProjectID   string     `json:"project_id"` // of the DSN
	PublicKey   string     `json:"public_key"` // of the DSN
	Release     string     `json:"release"`
	Environment string     `json:"environment"`
	Platform    string     `json:"platform"`
	SDK         SDK        `json:"sdk"`
	Timestamp   *time.Time `json:"timestamp,omitempty"` // of the event itself; nil when it has none
	Received    time.Time  `json:"received"`            // when the server had it
}

// SDK names the library that an event was made by.
type SDK struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Details is a whole event.
type Details struct {
	Event
	// Contents is the event in the shape of the protocol's event payload, whatever shape it was sent in: chains of
	// exceptions, threads and breadcrumbs are objects with values, tags are an object of strings.
	Contents Contents `json:"contents"`
	// Grouping says why the event is in its group.
	Grouping Grouping `json:"grouping"`
	// Problems are the fields that could not be read.
	Problems []Problem `json:"problems"`
	// Findings say what a real server would refuse, change or call deprecated, the gravest first.
	Findings []Finding `json:"findings"`
	// Attachments are the files that were sent along.
	Attachments []Attachment `json:"attachments"`
}

// Problem is a field of an event that does not have the form which the protocol asks for.
type Problem struct {
	Path   string `json:"path"` // for example "exception.values.0.stacktrace.frames"
	Reason string `json:"reason"`
}

// Grouping says why an event is in its group. It is a guess at what a real server does.
type Grouping struct {
	Why        string   `json:"why"`        // for example "exception types and in-app frames"
	Components []string `json:"components"` // what counts, in order
}

// Finding is one respect in which an event is not as the protocol asks for.
type Finding struct {
	Severity string `json:"severity"`        // info, warning or fatal
	Path     string `json:"path"`            // for example "exception.values.0.type"; "" for the whole
	Rule     string `json:"rule"`            // for example "invalid_data"
	Value    string `json:"value,omitempty"` // as JSON, cut if it is long; "" when there is none
	Message  string `json:"message"`         // for people
}

// Attachment is a file that came with an event.
type Attachment struct {
	Index       int    `json:"index"` // to fetch it by
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Type        string `json:"type"` // "event.attachment" when absent
	Size        int    `json:"size"` // bytes
}

// Page is a part of a list, newest first.
type Page struct {
	Events []Event `json:"events"`
	Total  int     `json:"total"` // how many events match altogether
	Next   string  `json:"next"`  // to be given as Filter.Cursor for the next page; "" after the last
}

// Request is one HTTP request that the server received on an address for events, with its answer.
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
	Client          string              `json:"client"`           // sentry_client
	ContentEncoding string              `json:"content_encoding"` // "" for none
	WireSize        int                 `json:"wire_size"`        // bytes of body as sent
	Size            int                 `json:"size"`             // bytes of body after decompression
	Status          int                 `json:"status"`           // of the answer; 0 when none was sent
	Fault           string              `json:"fault"`            // the fault that made the answer; "" for none
	Refusal         *Refusal            `json:"refusal,omitempty"`
	Items           []Item              `json:"items"`  // of the envelope; empty on the store endpoint
	Events          []string            `json:"events"` // ids of the events that it brought
}

// Refusal says why a request was refused.
type Refusal struct {
	Reason string   `json:"reason"`
	Causes []string `json:"causes"`
}

// Item is one item of an envelope, without its payload.
type Item struct {
	Type     string `json:"type"`
	Filename string `json:"filename"` // of attachments
	Size     int    `json:"size"`     // bytes of payload
}

// Requests is a part of the list of requests, newest first.
type Requests struct {
	Requests []Request `json:"requests"`
	Total    int       `json:"total"`
	Next     string    `json:"next"` // the cursor of the next page; "" after the last
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

// Tenant is a DSN of one's own.
type Tenant struct {
	Key       string    `json:"key"`     // the public key of its DSN, and its name in the API
	Name      string    `json:"name"`    // for people; may be ""
	DSN       string    `json:"dsn"`     // http, or as the server's public address has it
	TLSDSN    string    `json:"tls_dsn"` // https; "" when the server has none
	ProjectID string    `json:"project_id"`
	Created   time.Time `json:"created"`
}

// Health says how the server is.
type Health struct {
	Status  string `json:"status"`  // "ok"
	Version string `json:"version"` // of the program
	DSN     string `json:"dsn"`     // the one that everybody shares
	TLSDSN  string `json:"tls_dsn"` // https; "" when the server has none
	Events  int    `json:"events"`  // that are kept
}

// Stats counts what the server has received since it was started.
type Stats struct {
	Requests  int            `json:"requests"`
	Events    int            `json:"events"`
	Refused   int            `json:"refused"` // requests with wrong contents
	Faults    int            `json:"faults"`  // requests that a fault answered
	Dropped   int            `json:"dropped"` // events that had to go to stay within the bounds
	Kept      int            `json:"kept"`    // events that are kept now
	Bytes     int64          `json:"bytes"`   // about what they take
	Levels    map[string]int `json:"levels"`
	Items     map[string]int `json:"items"` // of envelopes, by type
	Discarded []Discarded    `json:"discarded"`
}

// Discarded is what clients say they have not sent.
type Discarded struct {
	Reason   string `json:"reason"`
	Category string `json:"category"`
	Quantity int    `json:"quantity"`
}
