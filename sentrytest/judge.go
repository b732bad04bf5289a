package sentrytest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
)

// verdict is what the server itself makes of a request, before a script step has its say.
type verdict struct {
	status   int
	refused  *refusal // nil when accepted; with status 200, accepted but of no use
	id       string   // "" when the answer names none
	text     *string  // the answer's body where it is plain text; nil for JSON
	events   []*storedEvent
	traces   []*storedEvent
	envelope *Envelope
}

// keep puts an event where its kind belongs.
func (v *verdict) keep(itemType string, e *storedEvent) {
	if itemType == itemTransaction {
		e.itemType = itemType
		v.traces = append(v.traces, e)
		return
	}
	v.events = append(v.events, e)
}

func (v *verdict) refuse(r *refusal) {
	v.refused, v.status = r, r.status
}

// judge reads the body and fills in what the request says about itself. The order is Relay's: encoding, auth,
// contents.
func (s *Server) judge(v *verdict, to route, req *Request, body []byte) {
	if _, r := openersFor(req.ContentEncoding, s.cfg.rules.Deflate); r != nil {
		v.refuse(r)
		return
	}
	if to.spotlight {
		s.judgeEnvelope(v, req, body, s.spotlightAuth(req))
		return
	}
	if r := s.cfg.rules.checkProject(req.ProjectID); r != nil {
		v.refuse(r)
		return
	}
	a, r := requestAuth(req.Header, req.Query, s.cfg.rules.Auth != AuthOnce)
	if a != nil {
		req.setAuth(a)
	}
	if r == nil && a == nil && req.Protocol != protocolEnvelope {
		r = unauthorized(missingAuth)
	}
	if r != nil {
		v.refuse(r)
		return
	}
	if req.Method == http.MethodGet {
		// A body that the query's "+" was turned into spaces of is still the same base64.
		values, _ := url.ParseQuery(req.Query)
		body = []byte(strings.ReplaceAll(values.Get("sentry_data"), " ", "+"))
		if text := values.Get("sentry_data"); strings.HasPrefix(text, "{") {
			body = []byte(text)
		}
	}
	switch req.Protocol {
	case protocolEnvelope:
		s.judgeEnvelope(v, req, body, func(env *Envelope, parseErr *EnvelopeError) (*auth, *refusal) {
			if a != nil && !(s.cfg.rules.Auth == AuthDSNFirst && env != nil && env.DSN != "") {
				return nil, nil
			}
			return authInside(env, parseErr)
		})
	case protocolSecurity:
		s.judgeSecurity(v, req, body)
	case protocolMinidump:
		s.judgeMinidump(v, req, body)
	default:
		s.judgeStore(v, req, body)
	}
}

func (s *Server) judgeStore(v *verdict, req *Request, body []byte) {
	body, r := s.cfg.decodeBody(body, req.ContentEncoding, MaxEventSize)
	if r == nil {
		// Legacy forms are for bodies that name no encoding, but no client sends base64 in gzip either.
		body, r = decodeStore(body)
	}
	if r != nil && r.status == http.StatusRequestEntityTooLarge {
		r = tooLarge("event")
	}
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	object, id, r := parseStoreEvent(body, req.Client)
	if r != nil {
		v.refuse(r)
		return
	}
	if id == "" {
		id = eventid.New()
	}
	v.id = id
	v.keep(object.TextAt("type"), &storedEvent{object: object, id: id})
}

// envelopeAuthority returns the auth that an envelope, or what could be read of it, gives to its request; nil when the
// request has its own.
type envelopeAuthority func(env *Envelope, parseErr *EnvelopeError) (*auth, *refusal)

func (s *Server) judgeEnvelope(v *verdict, req *Request, body []byte, authOf envelopeAuthority) {
	body, r := s.cfg.decodeBody(body, req.ContentEncoding, s.cfg.maxBody)
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	env, parseErr := parseEnvelope(body, s.cfg.rules)
	a, r := authOf(env, parseErr)
	if r != nil {
		v.refuse(r)
		return
	}
	if a != nil {
		req.setAuth(a)
	}
	if parseErr != nil {
		v.refuse(parseErr.refusal())
		return
	}
	if r := env.check(req, s.cfg.rules.Auth == AuthOnce); r != nil {
		v.refuse(r)
		return
	}
	v.envelope = env
	for _, item := range env.Items {
		if env.EventID == "" && createsEvent[item.Type] {
			if s.cfg.rules.RequireEventIDs {
				v.envelope = nil
				v.refuse(badRequest(invalidEnvelope, "event_id is missing, and item "+item.Type+" needs it"))
				return
			}
			env.EventID = eventid.New()
		}
	}
	v.id = env.EventID
	for _, item := range env.Items {
		if item.Type != itemEvent && item.Type != itemTransaction {
			continue
		}
		object, err := jsontree.ParseObject(item.Payload)
		if err != nil && repairsNaN(req.Client) {
			object, err = jsontree.ParseObject(repairNaN(item.Payload))
		}
		if err != nil {
			// Relay looks into payloads only after it has answered, and drops this one then.
			v.refused = refuse(http.StatusOK, "accepted, then dropped: "+item.Type+" item is not a JSON object", err.Error())
			continue
		}
		v.keep(item.Type, &storedEvent{object: object, id: env.EventID, envelope: env})
	}
}

const invalidEnvelope = "invalid event envelope"

// authInside returns the auth of an envelope that came without any outside.
func authInside(env *Envelope, parseErr *EnvelopeError) (*auth, *refusal) {
	if parseErr != nil && parseErr.Reason == invalidEnvelopeHeader {
		return nil, unauthorized(badEnvelopeAuth, parseErr.causes()...)
	}
	if parseErr != nil {
		// The header is in order; only it matters here, and what follows is refused later.
		env = parseErr.envelope
	}
	if env.DSN == "" {
		return nil, unauthorized(missingAuth)
	}
	return envelopeAuth(env.DSN)
}

// check compares the envelope with its request and with the limits.
func (e *Envelope) check(req *Request, sameAuth bool) *refusal {
	if e.DSN != "" {
		key, _, project, err := parseDSN(e.DSN)
		switch {
		case err != nil:
			return badRequest(invalidEnvelope, invalidEnvelopeHeader)
		case sameAuth && req.ProjectID != "" && project != req.ProjectID:
			return badRequest(invalidEnvelope, "project id header mismatch between envelope and request")
		case sameAuth && key != req.PublicKey:
			return badRequest(invalidEnvelope, "public key header mismatch between envelope and request")
		}
	}
	for _, item := range e.Items {
		if item.Type == "integration" {
			return badRequest("envelope contains internal items", fmt.Sprintf("item type %q", item.Type))
		}
	}
	return checkLimits(e.Items)
}
