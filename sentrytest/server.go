package sentrytest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/sentrytest/internal/bubble"
	"github.com/ravenkit/ravenkit/sentrytest/internal/certs"
	"github.com/ravenkit/ravenkit/sentrytest/internal/eventid"
	"github.com/ravenkit/ravenkit/sentrytest/internal/problemlog"
	"github.com/ravenkit/ravenkit/sentrytest/internal/serving"
	"github.com/ravenkit/ravenkit/sentrytest/internal/tempfiles"
)

// Server is a fake Sentry: it takes what SDKs, browsers and crash reporters
// send, answers as Sentry's Relay does, and records everything. Make one with
// [NewServer], [NewTLSServer] or [Start].
//
// All methods are safe for concurrent use. They return copies, and lists in the
// order of arrival. The records can be read after Close.
type Server struct {
	scope
	cfg     config
	tb      TB // nil when started by Start
	key     string
	project string

	endpoint              // http, or https without ListenTLS
	secure    endpoint    // https of ListenTLS
	tlsConfig *tls.Config // nil without TLS
	root      http.Handler

	phase    sync.Mutex           // serialises Down, Up and Close; guards reserved, closed and the bound addresses
	current  atomic.Pointer[life] // nil while the server is down
	reserved []func()             // release the ports that are reserved while the server is down
	closed   bool
	accepted atomic.Int64

	closeOnce sync.Once
	closeErr  error

	tenants  tenants
	traffic  serving.Traffic
	script   script
	files    tempfiles.Files
	problems problemlog.Log
	findings strictness
	last     lastLook
	client   sync.Mutex // guards shared
	shared   *http.Client
}

// NewServer starts a server for the test and closes it when the test ends. A
// script step that was never used then fails the test. Without options it is
// plain http on a free loopback port. It fails the test when it cannot start.
func NewServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	s, err := start(tb, opts)
	if err != nil {
		tb.Fatalf("%v", err)
		return nil
	}
	tb.Cleanup(func() {
		tb.Helper()
		s.end(tb)
	})
	return s
}

// NewTLSServer is [NewServer] with [Trusted] as its first option: an https
// server unless a later option asks for another certificate.
func NewTLSServer(tb TB, opts ...Option) *Server {
	tb.Helper()
	return NewServer(tb, append([]Option{Trusted()}, opts...)...)
}

// Start starts a server that its caller has to close: for Examples and
// programs. It fails when the address of [Listen] cannot be listened on, when
// options exclude each other or are out of range, and in a testing/synctest
// bubble unless it is [InMemory].
func Start(opts ...Option) (*Server, error) {
	return start(nil, opts)
}

func start(tb TB, opts []Option) (*Server, error) {
	s := &Server{scope: scope{journal: &journal{}}, cfg: newConfig(opts), tb: tb, key: eventid.RandomHex(), project: "1"}
	s.tlsConfig, s.root = s.cfg.serverTLS(), s.handler()
	s.journal.max, s.journal.judge = s.cfg.maxHistory, s.judgeAgain
	s.problems.Report = s.cfg.onProblem
	s.findings.on = s.cfg.rules.strict
	err := s.cfg.contradiction(tb != nil)
	if err == nil && !s.cfg.inMemory && bubble.Inside() {
		err = errors.New("a server with sockets stops the clock of a testing/synctest bubble: use the option sentrytest.InMemory()")
	}
	if err == nil {
		err = s.begin()
	}
	if err != nil {
		return nil, fmt.Errorf("sentrytest: %w", err)
	}
	return s, nil
}

// Close stops the server: it ends hung requests, closes every connection, waits
// for every goroutine and removes certificate files. Later calls return the
// same error.
//
// The error is an [*UnusedStepsError] when a script step was never used; a
// server of [NewServer] reports that to its test too.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		s.journal.close()
		err := s.shut()
		s.closeIdleClient()
		s.closeErr = errors.Join(err, s.files.Remove(), s.script.unused())
	})
	return s.closeErr
}

// URL returns the base URL of the server without a trailing slash, for example
// http://127.0.0.1:40001.
func (s *Server) URL() string { return s.scheme() + "://" + s.host }

// Addr returns the host and port of the server as its URL has them.
func (s *Server) Addr() string { return s.host }

// PublicKey returns the key of the server's own DSN: 32 hexadecimal digits,
// different for every server.
func (s *Server) PublicKey() string { return s.key }

// ProjectID returns the project of the server's own DSN.
func (s *Server) ProjectID() string { return s.project }

// Connections returns how many connections the server has accepted so far.
// Comparing it with the number of requests shows whether a client keeps its
// connections alive.
func (s *Server) Connections() int { return int(s.accepted.Load()) }

func (s *Server) scheme() string {
	if s.cfg.cert == certs.None || s.secure.host != "" {
		return "http"
	}
	return "https"
}
