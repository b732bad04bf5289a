package sentrytest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"time"
)

// handle serves every request. It records and answers; it never judges a test, because a handler runs on a
// goroutine that does not belong to the test.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	setCORS(w.Header())
	if r.Method == http.MethodOptions {
		preflight(w)
		return
	}
	to := s.route(r.URL.Path)
	under := connOf(r).exchange
	req := newRequest(r, to)
	if !to.spotlight {
		under.handling(req)
	}
	step := s.early(r, req, to)
	body, bodyErr := s.readBody(r, req)
	req.Time = time.Now()
	e := entry{request: req}
	v := verdict{status: http.StatusOK}
	switch {
	case to.protocol == "":
		v.refuse(refuse(http.StatusNotFound, "not found", s.cfg.rules.noEndpoint(r.URL.Path)))
	case !to.allows(r.Method):
		w.Header().Set("Allow", http.MethodPost)
		v.refuse(refuse(http.StatusMethodNotAllowed, "method not allowed", r.Method+" "+r.URL.Path))
	case errors.Is(bodyErr, errTooLong):
		// The step is taken all the same: a script counts what the client sent, not what was right.
		v.refuse(tooLong("the request body", s.cfg.maxWire))
		step = s.late(step, &v, req)
	case bodyErr != nil:
		v.refuse(badRequest("incomplete request body", bodyErr.Error()))
	default:
		s.judge(&v, to, req, body)
		if !to.spotlight {
			s.judgeOwner(&v, req)
		}
		step = s.late(step, &v, req)
	}
	s.cfg.rules.restate(&v)
	a := compose(step, &v, req)
	if a.accepted {
		e.events, e.traces, e.envelope = v.events, v.traces, v.envelope
	}
	if v.refused != nil && (step == nil || !step.overrules()) {
		e.rejection = &Rejection{Status: a.status, Reason: v.refused.detail, Causes: v.refused.causes}
	}
	s.announce(r.Context(), &e, &a)
	s.journal.add(e)
	under.recorded(req)
	a.deliver(w, r, s)
}

func newRequest(r *http.Request, to route) *Request {
	req := &Request{
		Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Proto: r.Proto,
		TLS: r.TLS != nil, Header: r.Header, Protocol: to.protocol, ProjectID: to.project,
		ContentEncoding: encodingOf(r.Header),
	}
	req.Connection = connOf(r).id
	// Relay takes an envelope on the store endpoint if it says that it is one.
	if to.protocol == protocolStore {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-sentry-envelope" {
			req.Protocol = protocolEnvelope
		}
	}
	return req
}

// readBody reads the whole body before anything is decided, so that a client is never cut off while it
// writes. A body over the limit is read on for a while, but not kept, for the same reason.
func (s *Server) readBody(r *http.Request, req *Request) ([]byte, error) {
	// The buffer grows with what arrives: what a client announces costs nothing.
	buf := borrow()
	n, err := io.Copy(buf, io.LimitReader(r.Body, s.cfg.maxWire+1))
	body := settleUp(buf)
	req.Body = textOf(body)
	if err != nil {
		return nil, err
	}
	if n > s.cfg.maxWire {
		req.Body = req.Body[:s.cfg.maxWire]
		// Whether the rest arrives makes no difference to the answer.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 4*s.cfg.maxWire))
		return nil, errTooLong
	}
	return body, nil
}
