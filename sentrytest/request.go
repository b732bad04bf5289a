package sentrytest

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/deepcopy"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Request is one HTTP request as the server received it, with its answer. The
// fields below Header are filled as far as the request is valid.
type Request struct {
	ID         int       // 1 for the first request since the server started; Clear does not reset it
	Connection int       // 1 for the first connection; equal for requests on one connection
	Time       time.Time // when the whole body had arrived
	Method     string
	Path       string // with all its slashes, without the query
	Query      string // raw
	Host       string
	Proto      string // "HTTP/1.1" or "HTTP/2.0"
	TLS        bool
	Header     http.Header

	Protocol        string            // "store", "envelope", "security", "minidump", or "" for a path that is no endpoint
	ProjectID       string            // from the path
	PublicKey       string            // from the auth, whichever form it took
	SecretKey       string            // "" when the client sent none
	Client          string            // sentry_client; "" when the client sent none
	Version         int               // sentry_version; 7 when the client sent none
	Auth            map[string]string // the pairs of the auth header or query as they were sent
	AuthSource      string            // one of the AuthSource constants, "" when there was no usable auth
	ContentEncoding string            // trimmed and in lower case; "" for none
	Body            string            // as it went over the wire; a string, so that it can be shared
	Decoded         string            // after Content-Encoding and base64 were undone; "" if that failed

	Answer Answer
}

// Answer is what the server answered to a request.
type Answer struct {
	Status int // 0 when no answer was sent
	Header http.Header
	Body   string // the whole body, also when a step cut it short
	Step   string // the script step that made the answer, after the name of its Fault if it has one; "" for none
}

// String returns the request and its answer on one line.
func (r Request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.Method, r.Path)
	if r.Proto == "HTTP/2.0" {
		b.WriteString(" over HTTP/2.0")
	}
	if r.ContentEncoding != "" {
		fmt.Fprintf(&b, " (%s)", r.ContentEncoding)
	}
	fmt.Fprintf(&b, ", %d bytes -> ", len(r.Body))
	if r.Answer.Status == 0 {
		b.WriteString("no answer")
	} else {
		fmt.Fprintf(&b, "%d", r.Answer.Status)
	}
	if r.Answer.Step != "" {
		fmt.Fprintf(&b, " by script step %s", r.Answer.Step)
	}
	return texts.OneLine(b.String())
}

func (r Request) clone() Request { return deepcopy.Of(r) }

// Rejection is a request that the server refused because of its contents, or
// that it accepted with status 200 and then dropped, as Relay does. The answer
// of a script step is not a rejection: see [Request.Answer].
type Rejection struct {
	Request Request
	Status  int
	Reason  string   // the "detail" of the answer
	Causes  []string // the "causes" of the answer, often empty
}

// String returns the rejection on one line.
func (r Rejection) String() string {
	line := fmt.Sprintf("%s %s -> %d %s", r.Request.Method, r.Request.Path, r.Status, r.Reason)
	if len(r.Causes) > 0 {
		line += ": " + strings.Join(r.Causes, ": ")
	}
	return texts.OneLine(line)
}

func (r Rejection) clone() Rejection { return deepcopy.Of(r) }

// Where a request's auth came from, as [Request.AuthSource] names it.
const (
	AuthSourceHeader        = "X-Sentry-Auth" // X-Sentry-Auth: Sentry …
	AuthSourceAuthorization = "Authorization" // Authorization: Sentry …
	AuthSourceBasic         = "Basic"         // Authorization: Basic …
	AuthSourceQuery         = "query"         // ?sentry_key=…
	AuthSourceEnvelope      = "envelope"      // the dsn in the envelope's header
)

func (r *Request) setAuth(a *wire.Auth) {
	r.AuthSource, r.PublicKey, r.SecretKey = a.Source, a.Key, a.Secret
	r.Client, r.Version, r.Auth = a.Client, a.Version, a.Pairs
}

// setDecoded keeps the decoded body, which must not change from then on.
func (r *Request) setDecoded(body []byte) { r.Decoded = bodies.TextOf(body) }
