package transport

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/transport/internal/seglog"
)

// packetForm turns packets of one DSN into what the spool keeps beside the
// body, and back. The keys of the DSN are not part of it.
type packetForm struct {
	dsn  *DSN
	base string // of the packets' URLs
	last *atomic.Pointer[encodedForm]
}

// packetMeta is what the spool keeps of a packet beside its body, as JSON.
type packetMeta struct {
	EventID  string `json:"id,omitempty"`
	Endpoint string `json:"to"` // the end of the URL, such as "envelope/"
	Category string `json:"category,omitempty"`
	Type     string `json:"type,omitempty"`  // Content-Type
	Agent    string `json:"agent,omitempty"` // User-Agent
	Auth     string `json:"auth,omitempty"`  // X-Sentry-Auth without the keys
}

// encodedForm is the form of the last packet: those of a client differ in their
// id only.
type encodedForm struct {
	url, category, kind, agent, auth string
	json                             []byte // without the id and the last brace
}

func newPacketForm(dsn *DSN) packetForm {
	return packetForm{dsn: dsn, base: dsn.projectURL(), last: new(atomic.Pointer[encodedForm])}
}

// meta encodes a packet without its body. It returns false if the packet is not
// addressed to the DSN.
func (f packetForm) meta(p *Packet) ([]byte, bool) {
	kind, agent, auth := p.Header.Get("Content-Type"), p.Header.Get("User-Agent"), p.Header.Get("X-Sentry-Auth")
	form := f.last.Load()
	if form == nil || form.url != p.URL || form.category != p.Category || form.kind != kind || form.agent != agent || form.auth != auth {
		endpoint, ok := strings.CutPrefix(p.URL, f.base)
		if !ok || strings.ContainsAny(endpoint, "?#") { // a query may hold keys
			return nil, false
		}
		text, err := json.Marshal(packetMeta{Endpoint: endpoint, Category: p.Category, Type: kind, Agent: agent, Auth: withoutKeys(auth)})
		if err != nil {
			return nil, false
		}
		form = &encodedForm{p.URL, p.Category, kind, agent, auth, text[:len(text)-1]}
		f.last.Store(form)
	}
	meta := make([]byte, 0, len(form.json)+len(p.EventID)+16)
	meta = append(append(meta, form.json...), `,"id":`...)
	if isID(p.EventID) {
		meta = append(append(append(meta, '"'), p.EventID...), '"')
	} else {
		id, err := json.Marshal(p.EventID)
		if err != nil {
			return nil, false
		}
		meta = append(meta, id...)
	}
	return append(meta, '}'), true
}

// packet returns the packet of a frame, with the keys of the DSN.
func (f packetForm) packet(frame seglog.Frame) (*Packet, error) {
	var m packetMeta
	if err := json.Unmarshal(frame.Meta, &m); err != nil {
		return &Packet{}, fmt.Errorf("its description is unreadable: %w", err)
	}
	p := &Packet{URL: f.base + m.Endpoint, Header: http.Header{}, Body: frame.Body, EventID: m.EventID, Category: m.Category}
	for name, value := range map[string]string{"Content-Type": m.Type, "User-Agent": m.Agent, "X-Sentry-Auth": withKeys(m.Auth, f.dsn)} {
		if value != "" {
			p.Header.Set(name, value)
		}
	}
	return p, nil
}

func eventIDOf(meta []byte) string {
	var m packetMeta
	_ = json.Unmarshal(meta, &m) // meta may be missing
	return m.EventID
}

const authScheme = "Sentry "

// withoutKeys removes the keys from an auth header. Of a header that is not
// Sentry's it keeps nothing.
func withoutKeys(auth string) string {
	if len(auth) < len(authScheme) || !strings.EqualFold(auth[:len(authScheme)], authScheme) {
		return ""
	}
	pairs := strings.Split(auth[len(authScheme):], ",")
	for i := range pairs {
		pairs[i] = strings.TrimSpace(pairs[i])
	}
	pairs = slices.DeleteFunc(pairs, func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		return name != "sentry_version" && name != "sentry_client" && name != "sentry_timestamp"
	})
	return strings.Join(pairs, ", ")
}

// withKeys adds a DSN's keys to the other parts of an auth header.
func withKeys(auth string, dsn *DSN) string {
	if auth == "" {
		auth = "sentry_version=" + strconv.Itoa(7)
	}
	auth = authScheme + auth + ", sentry_key=" + dsn.PublicKey
	if !dsn.SecretKey.IsZero() {
		auth += ", sentry_secret=" + dsn.SecretKey.Reveal()
	}
	return auth
}
