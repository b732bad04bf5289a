package raven

import (
	"net/http"
	"strconv"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/transport"
)

// pack encodes the draft for the client's endpoint. The error is a
// [*TooLargeError].
func (c *Client) pack(d *draft) (outgoing, error) {
	d.buf = c.wire.appendEvent(d.buf[:0], d)
	if len(d.buf) > maxEvent {
		if err := c.trim(d); err != nil {
			return outgoing{}, err
		}
	}
	p := &transport.Packet{URL: c.url, EventID: d.ev.EventID, Category: "error"}
	now := d.now
	if c.wire.dialect == reference {
		p.Header = d.auth.over(c.storeHeader(now))
		p.Body = append(make([]byte, 0, len(d.buf)), d.buf...)
	} else {
		p.Header = d.auth.over(c.header)
		p.Body = appendEnvelope(d.ev.EventID, now, d.buf)
	}
	return outgoing{packet: p, fate: &fate{client: c, id: d.ev.EventID, gist: d.enc.gist.brief()}}, nil
}

const (
	envelopeID     = `{"event_id":"`
	envelopeSentAt = `","sent_at":`
	envelopeRest   = `,"sdk":{"name":"` + sdkName + `","version":"` + Version + `"}}` + "\n"
	itemHeader     = `{"type":"event","length":`
	itemRest       = "}\n"
	timeLength     = len(`"2006-01-02T15:04:05.000000Z"`)
	idLength       = 32
)

// appendEnvelope returns an envelope with one event, in exactly the memory it
// needs.
func appendEnvelope(id string, now time.Time, event []byte) []byte {
	digits := 1
	for n := len(event); n > 9; n /= 10 {
		digits++
	}
	size := len(envelopeID) + idLength + len(envelopeSentAt) + timeLength + len(envelopeRest) +
		len(itemHeader) + digits + len(itemRest) + len(event) + 1
	dst := make([]byte, 0, size)
	dst = append(dst, envelopeID...)
	dst = append(dst, id...)
	dst = append(dst, envelopeSentAt...)
	dst = jsontext.AppendTime(dst, now, false)
	dst = append(dst, envelopeRest...)
	dst = append(dst, itemHeader...)
	dst = strconv.AppendInt(dst, int64(len(event)), 10)
	dst = append(dst, itemRest...)
	dst = append(dst, event...)
	return append(dst, '\n')
}

// envelopeHeader is the same for every packet, so all of them share it.
func envelopeHeader(dsn *transport.DSN) http.Header {
	auth := "Sentry sentry_version=7, sentry_client=" + userAgent + ", sentry_key=" + dsn.PublicKey
	return header("application/x-sentry-envelope", withSecret(auth, dsn))
}

// storeHeader is what the reference sends; its auth has the time in it.
func (c *Client) storeHeader(now time.Time) http.Header {
	auth := "Sentry sentry_timestamp=" + string(jsontext.AppendSeconds(nil, now)) + ", sentry_client=" + userAgent +
		", sentry_version=6, sentry_key=" + c.dsn.PublicKey
	return header("application/octet-stream", withSecret(auth, c.dsn))
}

func withSecret(auth string, dsn *transport.DSN) string {
	if secret := dsn.SecretKey.Reveal(); secret != "" {
		auth += ", sentry_secret=" + secret
	}
	return auth
}

func header(contentType, auth string) http.Header {
	return http.Header{
		"Content-Type":  {contentType},
		"User-Agent":    {userAgent},
		"X-Sentry-Auth": {auth},
	}
}
