package transport

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Answer turns a server's answer to a packet into the outcome of the delivery.
// It is the one table from status to error, for the engines here and for any
// other: 2xx is a [Response], 429 a *[RateLimitedError], everything else an
// *[APIError], redirects included. The message is the X-Sentry-Error header,
// or the detail and causes of a JSON body (protocol 3.2).
func Answer(p *Packet, status int, header http.Header, body []byte) (*Response, error) {
	now := time.Now()
	limits := ParseRateLimits(header, status, now)
	reply := parseReply(body)
	if status >= 200 && status < 300 {
		return &Response{Status: status, EventID: reply.ID, RateLimits: limits}, nil
	}
	message := header.Get("X-Sentry-Error")
	if message == "" {
		message = strings.Join(append([]string{reply.Detail}, reply.Causes...), ": ")
	}
	message = clean(message)
	if status == http.StatusTooManyRequests {
		return nil, &RateLimitedError{
			Message: message, EventID: p.EventID, RateLimits: limits,
			RetryAfter: retryAfter(header, limits, p.Category, now),
		}
	}
	return nil, &APIError{Status: status, Message: message, EventID: p.EventID}
}

type reply struct {
	ID     string   `json:"id"`
	Detail string   `json:"detail"`
	Error  string   `json:"error"`
	Causes []string `json:"causes"`
}

// parseReply reads what it can: servers behind proxies answer with anything.
func parseReply(body []byte) reply {
	var r reply
	if json.Unmarshal(body, &r) != nil {
		return reply{}
	}
	if r.Detail == "" {
		r.Detail = r.Error
	}
	return r
}

const maxMessage = 500

// clean keeps a server's words fit for a log line.
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
