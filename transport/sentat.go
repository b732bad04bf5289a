package transport

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// staleAfter is the age from which a packet carries the time at which it is
// sent instead of the time at which it was made. Relay takes the difference to
// its own clock as the sender's clock drift, and from 55 minutes on moves the
// event's time by it.
const staleAfter = time.Minute

// asOf returns the packet as it is sent now, for a packet that was accepted at
// the given time. It is the packet itself or a copy.
func asOf(p *Packet, accepted, now time.Time) *Packet {
	if now.Sub(accepted) <= staleAfter {
		return p
	}
	c := *p
	c.Body = resent(p.Body, now)
	if auth := p.Header.Get("X-Sentry-Auth"); strings.Contains(auth, timestampPair) {
		c.Header = p.Header.Clone()
		c.Header["X-Sentry-Auth"] = []string{retimed(auth, now)}
	}
	return &c
}

// resent returns a copy of an envelope with now as sent_at in its header. If
// the body is no envelope, or has no sent_at, it returns the body.
func resent(body []byte, now time.Time) []byte {
	line, rest, ok := bytes.Cut(body, []byte("\n"))
	if !ok {
		return body
	}
	from, to := topLevelText(line, "sent_at")
	if from < 0 {
		return body
	}
	stamp := strconv.Quote(now.UTC().Format("2006-01-02T15:04:05.000000Z"))
	fresh := make([]byte, 0, len(body)+len(stamp))
	fresh = append(fresh, line[:from]...)
	fresh = append(fresh, stamp...)
	fresh = append(fresh, line[to:]...)
	fresh = append(fresh, '\n')
	return append(fresh, rest...)
}

// topLevelText finds the string value of a key in a JSON object, with its
// quotation marks; from is negative if there is none.
func topLevelText(object []byte, key string) (from, to int) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return -1, -1
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return -1, -1
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return -1, -1
		}
		if name == key && value[0] == '"' {
			to = int(dec.InputOffset())
			return to - len(value), to
		}
	}
	return -1, -1
}

const timestampPair = "sentry_timestamp="

// retimed sets the time in an auth header that has one to now.
func retimed(auth string, now time.Time) string {
	before, rest, _ := strings.Cut(auth, timestampPair)
	_, after, more := strings.Cut(rest, ",")
	auth = before + timestampPair + strconv.FormatFloat(float64(now.UnixMilli())/1000, 'f', -1, 64)
	if more {
		auth += "," + after
	}
	return auth
}
