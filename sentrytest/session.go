package sentrytest

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
	"github.com/ravenkit/ravenkit/sentrytest/internal/lint"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// Session is a session, or a bucket of aggregated ones.
type Session struct {
	ID                string // sid; "" in a bucket
	DistinctID        string // did; "" when absent
	Sequence          int    // seq; 0 when absent
	Init              bool
	Started           time.Time      // UTC; of a bucket the minute that it covers; zero when absent or unreadable
	Timestamp         time.Time      // UTC; zero when absent or unreadable
	Duration          *time.Duration // nil when absent
	Status            string         // for example ok, exited or crashed; "" when absent
	Errors            int
	AbnormalMechanism string
	Release           string
	Environment       string
	IPAddress         string
	UserAgent         string
	Aggregate         *SessionCounts // what a bucket counts; nil for a single session

	Findings []Finding       // what is wrong with the item, most severe first
	Raw      json.RawMessage // the payload of the item, with all of its buckets
	Received Request         // zero for an envelope of ParseEnvelope
}

// SessionCounts is how the sessions of one bucket ended.
type SessionCounts struct {
	Exited, Errored, Crashed, Abnormal int
}

// sessionStatuses are the usual values of status. Relay keeps any other word.
var sessionStatuses = []string{"ok", "exited", "crashed", "abnormal", "errored", "unhandled"}

// maxBuckets is how many buckets one sessions item may have.
const maxBuckets = 100

// Sessions returns the sessions of the envelope in their order: one for each
// item of type "session", and one for each of at most 100 buckets of an item of
// type "sessions". An unreadable item is a Session with findings only.
func (e Envelope) Sessions() []Session {
	return readItems(e, readSessions, wire.ItemSession, wire.ItemSessions)
}

func readSessions(item Item, e Envelope) []Session {
	p := lint.ReadPayload(item.Payload)
	p.Strict = true
	var out []Session
	if item.Type == wire.ItemSession {
		out = []Session{readSession(p)}
	} else {
		out = readBuckets(p)
	}
	found := sorted(p.Findings())
	for i := range out {
		out[i].Findings, out[i].Raw, out[i].Received = slices.Clone(found), bytes.Clone(item.Payload), e.Received.clone()
	}
	return out
}

func readSession(p *lint.Payload) Session {
	one := Session{
		ID: p.Text("sid"), DistinctID: p.Text("did"), Sequence: p.Count("seq"), Init: lenient.IsTrue(p.Boolean("init")),
		Started: p.TimeText("started"), Timestamp: p.TimeText("timestamp"), Duration: p.Duration("duration"),
		Status: p.Usual("status", sessionStatuses...), Errors: p.Count("errors"), AbnormalMechanism: p.Text("abnormal_mechanism"),
	}
	one.readAttributes(p)
	p.UUID("sid", one.ID)
	p.Needs("started")
	return one
}

func (s *Session) readAttributes(p *lint.Payload) {
	attrs := p.Sub("attrs")
	s.Release, s.Environment = attrs.Text("release"), attrs.Text("environment")
	s.IPAddress, s.UserAgent = attrs.Text("ip_address"), attrs.Text("user_agent")
	p.Needs("attrs.release")
}

func readBuckets(p *lint.Payload) []Session {
	var common Session
	common.readAttributes(p)
	p.Needs("aggregates")
	var out []Session
	buckets := p.Values("aggregates")
	if len(buckets) > maxBuckets {
		p.Lost("aggregates", "%d buckets: no more than %d are allowed", len(buckets), maxBuckets)
		buckets = buckets[:maxBuckets]
	}
	for _, bucket := range buckets {
		one := common
		one.Started, one.DistinctID = bucket.Time("started"), bucket.Text("did")
		one.Aggregate = &SessionCounts{
			Exited: bucket.Count("exited"), Errored: bucket.Count("errored"), Crashed: bucket.Count("crashed"), Abnormal: bucket.Count("abnormal"),
		}
		if one.Started.Second() != 0 || one.Started.Nanosecond() != 0 {
			p.Advise(bucket.Path("started"), "not rounded to the minute")
		}
		if bucket.Fields["started"] == nil {
			bucket.Note("started", "missing: without it the server drops the item")
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		out = []Session{common}
	}
	return out
}
