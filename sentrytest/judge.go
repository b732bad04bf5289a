package sentrytest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// verdict is the server's decision about a request before a script step changes
// it.
type verdict struct {
	status  int
	refused *wire.Refusal // nil when accepted; with status 200, accepted and then dropped
	id      string        // "" when the answer names none
	text    *string       // the answer's body where it is plain text; nil for JSON
	scratch *bytes.Buffer // for the decoded body; nil if that is kept
	given   []string      // the ids to make, in turn; new ones when it is used up
	kept
}

// kept is what an accepted request leaves in the records.
type kept struct {
	events   []*arrivedEvent
	traces   []*arrivedEvent
	envelope *Envelope
	made     []string // the event ids that the server made, in turn
}

// newID makes an event id. A body that is read again gets the same ids.
func (v *verdict) newID() string {
	id := ""
	if n := len(v.made); n < len(v.given) {
		id = v.given[n]
	} else {
		id = eventid.New()
	}
	v.made = append(v.made, id)
	return id
}

// keep adds an event or a transaction.
func (v *verdict) keep(itemType string, e *arrivedEvent) {
	if itemType == wire.ItemTransaction {
		e.itemType = itemType
		v.traces = append(v.traces, e)
		return
	}
	v.events = append(v.events, e)
}

func (v *verdict) refuse(r *wire.Refusal) {
	v.refused, v.status = r, r.Status
}

// judge reads the body and what the request says about its client. The order is
// Relay's: encoding, auth, contents.
func (s *Server) judge(v *verdict, to wire.Route, req *Request, body []byte) {
	if r := wire.CheckEncoding(req.ContentEncoding); r != nil {
		v.refuse(r)
		return
	}
	if to.Spotlight {
		s.judgeEnvelope(v, req, body, s.spotlightAuth(req))
		return
	}
	if r := s.cfg.rules.checkProject(req.ProjectID); r != nil {
		v.refuse(r)
		return
	}
	a, r := wire.AuthOfRequest(req.Header, req.Query, s.cfg.rules.Auth != AuthOnce)
	if a != nil {
		req.setAuth(a)
	}
	if r == nil && a == nil && req.Protocol != wire.ProtocolEnvelope {
		r = wire.Unauthorized(wire.MissingAuth)
	}
	if r != nil {
		v.refuse(r)
		return
	}
	if req.Method == http.MethodGet {
		// The base64 of a body has "+", which a query turns into spaces.
		values, _ := url.ParseQuery(req.Query)
		body = []byte(strings.ReplaceAll(values.Get("sentry_data"), " ", "+"))
		if text := values.Get("sentry_data"); strings.HasPrefix(text, "{") {
			body = []byte(text)
		}
	}
	switch req.Protocol {
	case wire.ProtocolEnvelope:
		s.judgeEnvelope(v, req, body, func(header wire.Header, err *wire.Defect) (*wire.Auth, *wire.Refusal) {
			if a != nil && !(s.cfg.rules.Auth == AuthDSNFirst && err == nil && header.DSN != "") {
				return nil, nil
			}
			return wire.AuthOfHeader(header, err)
		})
	case wire.ProtocolSecurity:
		s.judgeSecurity(v, req, body)
	case wire.ProtocolMinidump:
		s.judgeMinidump(v, req, body)
	default:
		s.judgeStore(v, req, body)
	}
}

// plainBody undoes the Content-Encoding of a body as the rules say. The result
// has at most limit bytes.
func (c *config) plainBody(v *verdict, body []byte, encoding string, limit int64) ([]byte, *wire.Refusal) {
	return wire.Decode(body, encoding, deflateOpeners[c.rules.Deflate], limit, v.scratch)
}

func (s *Server) judgeStore(v *verdict, req *Request, body []byte) {
	body, r := s.cfg.plainBody(v, body, req.ContentEncoding, MaxEventSize)
	if r == nil {
		// Bodies in a legacy form name no encoding, and no client sends base64
		// in gzip.
		body, r = wire.DecodeStore(body)
	}
	if r != nil && r.Status == http.StatusRequestEntityTooLarge {
		r = wire.TooLarge("event")
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
		id = v.newID()
	}
	v.id = id
	v.keep(object.TextAt("type"), &arrivedEvent{object: object, id: id})
}

// envelopeAuthority returns the auth from the header of an envelope; nil when
// the request has its own. header is what was read before err.
type envelopeAuthority func(header wire.Header, err *wire.Defect) (*wire.Auth, *wire.Refusal)

func (s *Server) judgeEnvelope(v *verdict, req *Request, body []byte, authOf envelopeAuthority) {
	body, r := s.cfg.plainBody(v, body, req.ContentEncoding, s.cfg.maxBody)
	if r != nil {
		v.refuse(r)
		return
	}
	req.setDecoded(body)
	env, header, defect := parseEnvelope(body, s.cfg.rules.grammar())
	a, r := authOf(header, defect)
	if r != nil {
		v.refuse(r)
		return
	}
	if a != nil {
		req.setAuth(a)
	}
	if defect != nil {
		v.refuse(defect.Refusal())
		return
	}
	if s.cfg.rules.Auth == AuthOnce {
		r = header.Check(req.ProjectID, req.PublicKey)
	}
	if r == nil {
		r = checkItems(env.Items)
	}
	if r != nil {
		v.refuse(r)
		return
	}
	v.envelope = env
	for _, item := range env.Items {
		if env.EventID == "" && wire.CreatesEvent[item.Type] {
			if s.cfg.rules.RequireEventIDs {
				v.envelope = nil
				v.refuse(wire.BadRequest(wire.InvalidEnvelope, "event_id is missing, and item "+item.Type+" needs it"))
				return
			}
			env.EventID = v.newID()
		}
	}
	v.id = env.EventID
	for _, item := range env.Items {
		if item.Type != wire.ItemEvent && item.Type != wire.ItemTransaction {
			continue
		}
		object, err := jsontree.ParseObject(item.Payload)
		if err != nil && bodies.WritesNaN(req.Client) {
			object, err = jsontree.ParseObject(bodies.RepairNaN(item.Payload))
		}
		if err != nil {
			// Relay looks into payloads only after it has answered, and drops
			// this one then.
			v.refused = wire.Refuse(http.StatusOK, "accepted, then dropped: "+item.Type+" item is not a JSON object", err.Error())
			continue
		}
		v.keep(item.Type, &arrivedEvent{object: object, id: env.EventID, envelope: env})
	}
}

// spotlightAuth gives a request to /stream the key and the project of the DSN
// in its envelope. Without a DSN, which Spotlight does not need, both are the
// server's own.
func (s *Server) spotlightAuth(req *Request) envelopeAuthority {
	return func(header wire.Header, _ *wire.Defect) (*wire.Auth, *wire.Refusal) {
		req.ProjectID = s.project
		if header.DSN == "" {
			return wire.Anonymous(s.key), nil
		}
		if _, _, project, err := wire.ParseDSN(header.DSN); err == nil {
			req.ProjectID = project
		}
		return wire.AuthOfDSN(header.DSN)
	}
}

// parseStoreEvent checks what Relay checks before it answers: that the event is
// a JSON object and that its id, if it has one, is a UUID. The id may be empty.
func parseStoreEvent(body []byte, client string) (object jsontree.Object, id string, r *wire.Refusal) {
	object, err := jsontree.ParseObject(body)
	if err != nil && bodies.WritesNaN(client) {
		object, err = jsontree.ParseObject(bodies.RepairNaN(body))
	}
	if err == nil {
		id, err = wire.EventID(object.Member("event_id"))
	}
	if err != nil {
		return jsontree.Object{}, "", wire.BadRequest("invalid JSON data: " + err.Error())
	}
	return object, id, nil
}

// checkItems refuses items that no client sends, and those that exceed a limit.
func checkItems(items []Item) *wire.Refusal {
	for _, item := range items {
		if item.Type == "integration" {
			return wire.BadRequest("envelope contains internal items", fmt.Sprintf("item type %q", item.Type))
		}
	}
	return checkLimits(items)
}

// checkLimits refuses items of which there are too many or that are too large.
func checkLimits(items []Item) *wire.Refusal {
	var limits wire.Limits
	for _, item := range items {
		if r := limits.Add(wire.Item(item)); r != nil {
			return r
		}
	}
	return nil
}
