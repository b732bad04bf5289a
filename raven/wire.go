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

// Version is the version of this client. It is sent in the sdk interface, in
// the User-Agent header and in sentry_client.
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

// wire holds what is the same in all events of a client.
type wire struct {
	dialect dialect
	project string
	// The client's values as JSON, each with its key and a comma at the end.
	serverName, release, environment []byte

	defaults Event // the same values for functions of the program
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

// appendEnvelope returns an envelope with one event, in one allocation.
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

// envelopeHeader returns the header that all packets share.
func envelopeHeader(dsn *transport.DSN) http.Header {
	return header(dsn, "application/x-sentry-envelope", "Sentry sentry_version=7, sentry_client="+userAgent+", sentry_key="+dsn.PublicKey)
}

// storeHeader returns the header of Raven for Python; its auth has the time.
func storeHeader(dsn *transport.DSN, now time.Time) http.Header {
	auth := "Sentry sentry_timestamp=" + string(jsontext.AppendSeconds(nil, now)) + ", sentry_client=" + userAgent +
		", sentry_version=6, sentry_key=" + dsn.PublicKey
	return header(dsn, "application/octet-stream", auth)
}

func header(dsn *transport.DSN, contentType, auth string) http.Header {
	if secret := dsn.SecretKey.Reveal(); secret != "" {
		auth += ", sentry_secret=" + secret
	}
	return http.Header{
		"Content-Type":  {contentType},
		"User-Agent":    {userAgent},
		"X-Sentry-Auth": {auth},
	}
}

// linkedModules returns the default modules field, as JSON with a comma at the
// end: Go itself and the linked modules.
var linkedModules = sync.OnceValue(func() []byte {
	return append(new(jsonvalue.Encoder).AppendStringMap([]byte(`"modules":`), program.Modules(), asItIs), ',')
})

// defaultContexts returns the default contexts as JSON.
var defaultContexts = sync.OnceValue(func() []byte {
	return append(append(append([]byte(nil), runtimeContext...), ','), osContext...)
})

// isDefault reports whether contexts are exactly the default ones, as functions
// of the program usually leave them.
func isDefault(contexts Contexts) bool {
	if len(contexts) != 2 {
		return false
	}
	r, _ := contexts["runtime"].(map[string]any)
	o, _ := contexts["os"].(map[string]any)
	return len(r) == 2 && r["name"] == goName && r["version"] == goVersion && len(o) == 1 && o["name"] == goOS
}

// The values in the default contexts.
var goName, goVersion, goOS any = "go", runtime.Version(), runtime.GOOS

var (
	runtimeContext = jsontext.Close(jsontext.AppendField([]byte(`"runtime":{"name":"go",`), `"version":`, runtime.Version()), '}')
	osContext      = jsontext.Close(jsontext.AppendField([]byte(`"os":{`), `"name":`, runtime.GOOS), '}')
)

func asItIs(_ *mask.Mask, _, value string) string { return value }
