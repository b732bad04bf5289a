package main

import (
	"context"
	"fmt"
	"net/http"
)

// server is a sink in a child process.
type server struct {
	child   *child
	addr    string
	control http.Client
	project int // the last project number
}

func startServer(ctx context.Context) (*server, error) {
	c, err := startChild(ctx, serveCommand)
	if err != nil {
		return nil, err
	}
	addr, err := c.readLine()
	if err != nil {
		return nil, err
	}
	return &server{child: c, addr: addr}, nil
}

// newProject returns a project whose events are counted from zero.
func (s *server) newProject() int {
	s.project++
	return s.project
}

func (s *server) dsn(project int, options string) string {
	return fmt.Sprintf("http://public@%s/%d%s", s.addr, project, options)
}

// endpoint is the URL for a project's events.
func (s *server) endpoint(project int) string {
	return fmt.Sprintf("http://%s/api/%d/envelope/", s.addr, project)
}

func (s *server) post(path string) error {
	r, err := s.control.Post("http://"+s.addr+path, "text/plain", nil)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", path, r.Status)
	}
	return nil
}

// holdBack delays every answer until letGo.
func (s *server) holdBack() error { return s.post("/gate/close") }

func (s *server) letGo() error { return s.post("/gate/open") }

// refuse answers 503 until accept, and counts nothing.
func (s *server) refuse() error { return s.post("/refuse") }

func (s *server) accept() error { return s.post("/accept") }

func (s *server) arrived(project int) (tally, error) {
	r, err := s.control.Get(fmt.Sprintf("http://%s/count/%d", s.addr, project))
	if err != nil {
		return tally{}, err
	}
	defer r.Body.Close()
	var t tally
	_, err = fmt.Fscan(r.Body, &t.events, &t.bytes)
	return t, err
}

func (s *server) stop() error {
	s.control.CloseIdleConnections()
	return s.child.end()
}
