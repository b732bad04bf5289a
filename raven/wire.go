package raven

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
	"github.com/ravenkit/ravenkit/raven/internal/mask"
	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/transport"
)

// Version is the version of this client, as it stands in the sdk interface,
// in the User-Agent header and in sentry_client (protocol 1.3).
const Version = "0.1.0"

const (
	sdkName   = "raven.go"
	userAgent = sdkName + "/" + Version
	platform  = "go"
)

// dialect is the form of events on the wire.
type dialect bool

const (
	modern dialect = false // envelopes, as today's servers expect
	store  dialect = true  // the store protocol, as Raven for Python sends it
)

// wire is what a client knows before the first event: how to write it, and the
// parts that are the same in all of them.
type wire struct {
	dialect dialect
	project string
	// The client's values as JSON with their keys and a comma behind them.
	serverName, release, environment []byte

	defaults Event // the same values for those who look at an event
}

const (
	sdkField     = `"sdk":{"name":"` + sdkName + `","version":"` + Version + `"},`
	loggedField  = `"logentry":`
	messageField = `"sentry.interfaces.Message":`
)

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
func storeHeader(dsn *transport.DSN, now time.Time) http.Header {
	auth := "Sentry sentry_timestamp=" + string(jsontext.AppendSeconds(nil, now)) + ", sentry_client=" + userAgent +
		", sentry_version=6, sentry_key=" + dsn.PublicKey
	return header("application/octet-stream", withSecret(auth, dsn))
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

// linkedModules is the modules field of every event that does not bring its
// own: Go itself and what was linked in, as JSON with a comma behind it.
var linkedModules = sync.OnceValue(func() []byte {
	return append(new(jsonvalue.Encoder).AppendStringMap([]byte(`"modules":`), program.Modules(), asItIs), ',')
})

// defaultContexts are the contexts that every event has, as JSON.
var defaultContexts = sync.OnceValue(func() []byte {
	return append(append(append([]byte(nil), runtimeContext...), ','), osContext...)
})

// isDefault reports whether contexts are those that every event has and nothing
// else, as a function that has looked at an event mostly leaves them.
func isDefault(contexts Contexts) bool {
	if len(contexts) != 2 {
		return false
	}
	r, _ := contexts["runtime"].(map[string]any)
	o, _ := contexts["os"].(map[string]any)
	return len(r) == 2 && r["name"] == goName && r["version"] == goVersion && len(o) == 1 && o["name"] == goOS
}

// The values of the contexts that every event has.
var goName, goVersion, goOS any = "go", runtime.Version(), runtime.GOOS

var (
	runtimeContext = jsontext.CloseObject(jsontext.AppendField([]byte(`"runtime":{"name":"go",`), `"version":`, runtime.Version()))
	osContext      = jsontext.CloseObject(jsontext.AppendField([]byte(`"os":{`), `"name":`, runtime.GOOS))
)

func asItIs(_ *mask.Mask, _, value string) string { return value }
