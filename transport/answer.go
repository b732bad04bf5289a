package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// Answer turns a server's answer to a packet into the outcome of the delivery.
// Every engine uses it. 2xx is a [Response], 429 a *[RateLimitedError], and
// everything else an *[APIError], redirects included. The message is the
// X-Sentry-Error header, or the detail and causes of a JSON body, with the
// secret of the packet's X-Sentry-Auth masked.
func Answer(p *Packet, r *Reply) (*Response, error) {
	now := time.Now()
	return answer(p, r, ParseRateLimits(r.Header, r.Status, now), now, nil)
}

func answer(p *Packet, r *Reply, limits RateLimits, now time.Time, secrets []string) (*Response, error) {
	said := parseReply(r.Body)
	if r.Status >= 200 && r.Status < 300 {
		return &Response{Status: r.Status, EventID: said.ID, RateLimits: limits, Proto: r.Proto}, nil
	}
	message := r.Header.Get("X-Sentry-Error")
	if message == "" {
		message = strings.Join(append([]string{said.Detail}, said.Causes...), ": ")
	}
	if to, err := url.Parse(r.Header.Get("Location")); err == nil && to.Host != "" && message == "" {
		message = "it redirects to " + to.Scheme + "://" + to.Host + to.Path
	}
	message = clean(hide(message, append(secretsOf(p), secrets...)))
	if r.Status == http.StatusTooManyRequests {
		return nil, &RateLimitedError{
			Message: message, EventID: p.EventID, RateLimits: limits,
			RetryAfter: retryAfter(r.Header, limits, p.Category, now),
		}
	}
	refusal := &APIError{Status: r.Status, Message: message, EventID: p.EventID, limits: limits}
	if after, ok := readRetryAfter(r.Header.Get("Retry-After"), now); ok {
		refusal.RetryAfter = min(after, maxHeld)
	}
	return nil, refusal
}

type reply struct {
	ID     string   `json:"id"`
	Detail string   `json:"detail"`
	Error  string   `json:"error"`
	Causes []string `json:"causes"`
}

// parseReply reads what it can: proxies before a server answer with any body.
func parseReply(body []byte) reply {
	if id, ok := plainID(body); ok {
		return reply{ID: id}
	}
	var r reply
	if json.Unmarshal(body, &r) != nil {
		return reply{}
	}
	if !isID(r.ID) {
		r.ID = ""
	}
	if r.Detail == "" {
		r.Detail = r.Error
	}
	return r
}

// plainID reads the usual answer of Sentry: an object with only an id.
func plainID(body []byte) (string, bool) {
	id, ok := bytes.CutPrefix(body, []byte(`{"id":"`))
	if !ok {
		return "", false
	}
	id, ok = bytes.CutSuffix(id, []byte(`"}`))
	return string(id), ok && isID(string(id))
}

// isID reports whether a server's text is an event's id. Programs print the id,
// so nothing else is accepted.
func isID(s string) bool {
	return len(s) == 32 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

const maxMessage = 500

// clean makes a server's text fit for one log line.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
	s = strings.TrimSpace(s)
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
