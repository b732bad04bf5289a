package sentrytest

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bodies"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
	"github.com/ravenkit/ravenkit/sentrytest/internal/wire"
)

// handle serves every request. It never fails a test, because its goroutine
// does not belong to one.
func (s *Server) handle(w http.ResponseWriter, r *http.Request) {
	wire.SetCORS(w.Header())
	if r.Method == http.MethodOptions {
		wire.Preflight(w)
		return
	}
	to := s.route(r.URL.Path)
	under := serving.InfoOf(r).Exchange
	req := newRequest(r, to)
	about := &serving.Request{Method: req.Method, Path: texts.OneLine(req.Path), Project: req.ProjectID, About: req}
	if !to.Spotlight {
		under.Handling(about)
	}
	step := s.early(r, req, to)
	body, bodyErr := s.readBody(r, req)
	req.Time = time.Now()
	e := entry{request: req}
	v := verdict{status: http.StatusOK}
	switch {
	case to.Protocol == "":
		v.refuse(wire.Refuse(http.StatusNotFound, "not found", s.cfg.rules.noEndpoint(r.URL.Path)))
	case !to.Allows(r.Method):
		w.Header().Set("Allow", http.MethodPost)
		v.refuse(wire.Refuse(http.StatusMethodNotAllowed, "method not allowed", r.Method+" "+r.URL.Path))
	case errors.Is(bodyErr, bodies.ErrTooLong):
		// The request takes a step too: a script counts requests, valid or not.
		v.refuse(wire.TooLong("the request body", s.cfg.maxWire))
		step = s.late(step, &v, req)
	case bodyErr != nil:
		v.refuse(wire.BadRequest("incomplete request body", bodyErr.Error()))
	default:
		e.judged = true
		if s.cfg.beforeAnswer == nil && !s.script.armed.Load() && s.journal.packsAtOnce() {
			v.scratch = bodies.Borrow()
		}
		s.judge(&v, to, req, body)
		if !to.Spotlight {
			s.judgeOwner(&v, req)
		}
		step = s.late(step, &v, req)
	}
	s.cfg.rules.restate(&v)
	a := compose(step, &v, req)
	if a.accepted {
		e.kept = v.kept
	}
	if v.refused != nil && (step == nil || !step.overrules()) {
		e.rejection = &Rejection{Status: a.status, Reason: v.refused.Detail, Causes: v.refused.Causes}
	}
	s.announce(r.Context(), &e, &a)
	s.journal.add(&e, v.scratch != nil)
	if v.scratch != nil {
		req.Decoded = "" // its memory is the scratch
		bodies.GiveBack(v.scratch)
	}
	if to.Spotlight {
		about.Project = req.ProjectID // of the envelope's dsn
	}
	under.Recorded(about)
	a.deliver(w, r)
}

// judgeAgain reads the body of a request on record.
func (s *Server) judgeAgain(v *verdict, req *Request) {
	s.judge(v, s.route(req.Path), req, bodies.BytesOf(req.Body))
}

// route adds the path of Spotlight to those of all servers.
func (s *Server) route(path string) wire.Route {
	if s.cfg.spotlight && strings.Trim(path, "/") == "stream" {
		return wire.Route{Protocol: wire.ProtocolEnvelope, Spotlight: true}
	}
	return s.cfg.rules.route(path)
}

func newRequest(r *http.Request, to wire.Route) *Request {
	req := &Request{
		Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Host: r.Host, Proto: r.Proto,
		TLS: r.TLS != nil, Header: r.Header, Protocol: to.Protocol, ProjectID: to.Project,
		ContentEncoding: contentEncoding(r.Header),
	}
	req.Connection = serving.InfoOf(r).ID
	// Relay takes an envelope on the store endpoint if it says that it is one.
	if to.Protocol == wire.ProtocolStore {
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/x-sentry-envelope" {
			req.Protocol = wire.ProtocolEnvelope
		}
	}
	return req
}

// readBody reads the whole body before anything is decided, so that a client is
// never cut off while it writes. For the same reason it reads on for a while
// when a body exceeds the limit, without keeping it.
func (s *Server) readBody(r *http.Request, req *Request) ([]byte, error) {
	// The buffer grows with what arrives, so that a false Content-Length costs
	// no memory.
	buf := bodies.Borrow()
	n, err := io.Copy(buf, io.LimitReader(r.Body, s.cfg.maxWire+1))
	body := bodies.SettleUp(buf)
	req.Body = bodies.TextOf(body)
	if err != nil {
		return nil, err
	}
	if n > s.cfg.maxWire {
		req.Body = req.Body[:s.cfg.maxWire]
		// The answer is the same whether the rest arrives or not.
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 4*s.cfg.maxWire))
		return nil, bodies.ErrTooLong
	}
	return body, nil
}

// contentEncoding returns the Content-Encoding, trimmed and in lower case.
func contentEncoding(header http.Header) string {
	return strings.ToLower(strings.TrimSpace(strings.Join(header.Values("Content-Encoding"), ",")))
}
