package sentrytest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"
)

const artifactVersion = 1

// artifactHead is the first line of an artifact.
type artifactHead struct {
	Type    string    `json:"type"` // artifactType
	Version int       `json:"version"`
	Test    string    `json:"test,omitempty"`
	Server  string    `json:"server"`
	Time    time.Time `json:"time"`
	Dropped int       `json:"dropped,omitempty"`
}

const artifactType = "sentrytest"

func (s *Server) about(test string) artifactHead {
	return artifactHead{
		Type: artifactType, Version: artifactVersion, Test: test, Server: s.URL(),
		Time: time.Now().UTC(), Dropped: s.Dropped().Requests,
	}
}

// artifactRequest is one of the other lines.
type artifactRequest struct {
	Type       string      `json:"type"` // "request"
	ID         int         `json:"id"`
	Connection int         `json:"connection"`
	Time       time.Time   `json:"time"`
	Method     string      `json:"method"`
	Path       string      `json:"path"`
	Query      string      `json:"query,omitempty"`
	Host       string      `json:"host,omitempty"`
	Proto      string      `json:"proto,omitempty"`
	TLS        bool        `json:"tls,omitempty"`
	Header     http.Header `json:"header"`
	Protocol   string      `json:"protocol,omitempty"`
	ProjectID  string      `json:"project_id,omitempty"`
	PublicKey  string      `json:"public_key,omitempty"`
	Body       string      `json:"body,omitempty"`
	BodyBase64 []byte      `json:"body_base64,omitempty"`

	Answer    artifactAnswer     `json:"answer"`
	Accepted  bool               `json:"accepted"`
	EventID   string             `json:"event_id,omitempty"`
	EventIDs  []string           `json:"event_ids,omitempty"`
	Rejection *artifactRejection `json:"rejection,omitempty"`
}

type artifactAnswer struct {
	Status int         `json:"status"`
	Header http.Header `json:"header,omitempty"`
	Body   string      `json:"body,omitempty"`
	Step   string      `json:"step,omitempty"`
}

type artifactRejection struct {
	Status int      `json:"status"`
	Reason string   `json:"reason"`
	Causes []string `json:"causes,omitempty"`
}

func writeArtifact(w io.Writer, about artifactHead, src *scope) error {
	buffered := bufio.NewWriter(w)
	e := json.NewEncoder(buffered)
	e.SetEscapeHTML(false)
	if err := e.Encode(about); err != nil {
		return err
	}
	ids, rejections := idsOf(src), map[int]Rejection{}
	for _, p := range src.all().rejected {
		rejections[p.id] = *p.refused()
	}
	for _, r := range src.outlines() {
		line := requestLine(r)
		own, accepted := ids[r.ID]
		line.Accepted = accepted
		if len(own) > 0 {
			line.EventID = own[0]
		}
		if len(own) > 1 {
			line.EventIDs = own
		}
		if rejected, ok := rejections[r.ID]; ok {
			line.Rejection = &artifactRejection{rejected.Status, rejected.Reason, rejected.Causes}
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// idsOf returns the ids of the kept events of each request: one id if the
// events share it, as in an envelope, and else one for each event, as of
// browser reports. The id is "" for an envelope without one.
func idsOf(src *scope) map[int][]string {
	ids := map[int][]string{}
	records := src.only(src.all())
	for _, e := range slices.Concat(records.events, records.traces) {
		ids[e.in.id] = append(ids[e.in.id], e.id)
	}
	for request, all := range ids {
		if !slices.ContainsFunc(all, func(id string) bool { return id != all[0] }) {
			ids[request] = all[:1]
		}
	}
	for _, p := range records.envelopes {
		ids[p.id] = []string{p.eventID}
	}
	return ids
}

func requestLine(r Request) artifactRequest {
	line := artifactRequest{
		Type: "request", ID: r.ID, Connection: r.Connection, Time: r.Time, Method: r.Method, Path: r.Path,
		Query: r.Query, Host: r.Host, Proto: r.Proto, TLS: r.TLS, Header: r.Header,
		Protocol: r.Protocol, ProjectID: r.ProjectID, PublicKey: r.PublicKey, Body: r.Body,
		Answer: artifactAnswer{r.Answer.Status, r.Answer.Header, r.Answer.Body, r.Answer.Step},
	}
	if !utf8.ValidString(r.Body) {
		line.Body, line.BodyBase64 = "", []byte(r.Body)
	}
	return line
}

// ReadArtifact reads what [Server.WriteArtifact] or a failed test wrote. It
// decodes and parses bodies as the server does. If r fails or is no artifact,
// it returns an error. If the file ends in the middle, as after a crash, it
// returns an error and the Artifact up to there.
func ReadArtifact(r io.Reader) (*Artifact, error) {
	a := &Artifact{scope: scope{journal: &journal{}}}
	lines := json.NewDecoder(r)
	var head artifactHead
	if err := lines.Decode(&head); err != nil {
		return nil, fmt.Errorf("sentrytest: no artifact: %w", err)
	}
	if head.Type != artifactType || head.Version != artifactVersion {
		return nil, fmt.Errorf("sentrytest: no artifact of version %d: the first line is of type %q, version %d", artifactVersion, head.Type, head.Version)
	}
	a.Test, a.Server, a.Time, a.Dropped = head.Test, head.Server, head.Time, head.Dropped
	for n := 2; ; n++ {
		var line artifactRequest
		if err := lines.Decode(&line); errors.Is(err, io.EOF) {
			return a, nil
		} else if err != nil {
			return a, fmt.Errorf("sentrytest: line %d of the artifact: %w", n, err)
		}
		if line.Type == "request" {
			a.journal.add(line.entry(), false)
		}
	}
}

// entry makes the record of the request. The verdict comes from the line, since
// it depends on options that are unknown here; the body is read again.
func (l artifactRequest) entry() *entry {
	req := &Request{
		ID: l.ID, Connection: l.Connection, Time: l.Time, Method: l.Method, Path: l.Path, Query: l.Query, Host: l.Host,
		Proto: l.Proto, TLS: l.TLS, Header: l.Header, Protocol: l.Protocol, ProjectID: l.ProjectID,
		ContentEncoding: contentEncoding(l.Header), Body: l.Body,
		Answer: Answer{Status: l.Answer.Status, Header: l.Answer.Header, Body: l.Answer.Body, Step: l.Answer.Step},
	}
	if l.BodyBase64 != nil {
		req.Body = string(l.BodyBase64)
	}
	var v verdict
	if req.Protocol != "" {
		v = l.judge(req)
	}
	e := &entry{request: req}
	if l.Accepted {
		e.kept = v.kept
		for i, stored := range e.all() {
			stored.id = l.EventID
			if i < len(l.EventIDs) {
				stored.id = l.EventIDs[i]
			}
		}
		if e.envelope != nil {
			e.envelope.setID(l.EventID)
		}
	}
	if l.Rejection != nil {
		e.rejection = &Rejection{Status: l.Rejection.Status, Reason: l.Rejection.Reason, Causes: l.Rejection.Causes}
	}
	return e
}

// judge reads the body by rules that refuse as little as possible. Which of
// several auths counted depends on the server, and the key of the line shows
// it.
func (l artifactRequest) judge(req *Request) (v verdict) {
	const noLimit = 1 << 40
	asWritten := *req
	for order := AuthOnce; order <= AuthDSNFirst; order++ {
		*req, v = asWritten, verdict{status: http.StatusOK}
		reader := Server{key: l.PublicKey, project: l.ProjectID, cfg: newConfig([]Option{
			MaxWireSize(noLimit), MaxBodySize(noLimit), Spotlight(), Differ(Rules{TolerateBlankLines: true, Auth: order}),
		})}
		reader.judge(&v, reader.route(req.Path), req, []byte(req.Body))
		if req.PublicKey == l.PublicKey && (v.status == http.StatusOK || !l.Accepted) {
			break
		}
	}
	return v
}
