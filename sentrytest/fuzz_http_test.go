package sentrytest_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// FuzzHTTP writes whole requests to a connection: any method, path, query,
// header and body that net/http can read. The server must never panic and never
// answer with 500 or 503, and what it recorded must be readable in every form.
func FuzzHTTP(f *testing.F) {
	for _, seed := range []string{
		"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
		"OPTIONS /api/1/store/ HTTP/1.1\r\nHost: h\r\n\r\n",
		"GET /api/1/store/?sentry_key=a&sentry_data=e30= HTTP/1.1\r\nHost: h\r\n\r\n",
		"POST /api/1/store/ HTTP/1.1\r\nHost: h\r\nX-Sentry-Auth: Sentry sentry_key=a\r\nContent-Length: 2\r\n\r\n{}",
		"POST /api/1/envelope/?sentry_key=a HTTP/1.1\r\nHost: h\r\nContent-Length: 14\r\n\r\n{\"sdk\":[\"\"]}\n\n",
		"POST /api/1/envelope/?sentry_key=a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n17\r\n{}\n{\"type\":\"event\"}\n{}\n\n\r\n0\r\n\r\n",
		"POST //api//1//security HTTP/1.0\r\nAuthorization: Basic YTo=\r\nContent-Type: application/csp-report\r\nContent-Length: 17\r\n\r\n{\"csp-report\":{}}",
		"PUT http://h/prefix/api/1/minidump/?sentry_key=a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Type: application/x-dmp\r\nContent-Length: 4\r\n\r\nMDMP",
		"POST /stream HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	var failed atomic.Pointer[string]
	srv := sentrytest.NewServer(f, sentrytest.InMemory(), sentrytest.Spotlight(), sentrytest.MaxBodySize(1<<20), sentrytest.OnProblem(func(line string) {
		if strings.Contains(line, "panic") {
			failed.Store(&line)
		}
	}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		method, ok := wholeRequest(raw)
		if !ok {
			return // the server would wait for the rest
		}
		srv.Clear()
		status := exchange(t, srv, method, raw)
		if line := failed.Swap(nil); line != nil {
			t.Fatal(*line)
		}
		switch {
		case status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported: // net/http's own
		case status >= 500:
			t.Fatalf("answered with %d", status)
		}
		for _, e := range srv.Events() {
			_, _, _ = e.String(), e.GroupingPreview(), e.Findings()
		}
		for _, e := range srv.Envelopes() {
			_ = e.Findings()
		}
		for _, one := range srv.Findings() {
			_ = one.String()
		}
		_ = srv.Dump()
	})
}

// wholeRequest reports whether raw is one request, complete and with nothing
// behind it.
func wholeRequest(raw []byte) (method string, ok bool) {
	rest := bufio.NewReader(bytes.NewReader(raw))
	req, err := http.ReadRequest(rest)
	if err != nil || req.Method == http.MethodConnect {
		return "", false
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return "", false
	}
	_, err = rest.ReadByte()
	return req.Method, err != nil
}

// exchange writes the bytes of a request and returns the status of its answer,
// 0 for a connection that was closed.
func exchange(t *testing.T, srv *sentrytest.Server, method string, raw []byte) int {
	t.Helper()
	conn, err := srv.DialContext(t.Context(), "tcp", "h:80")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := make(chan struct{})
	go func() { // the server may refuse headers before it has read them all
		defer close(sent)
		_, _ = conn.Write(raw)
	}()
	status := readStatus(t, conn, method)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	<-sent
	return status
}

func readStatus(t *testing.T, conn net.Conn, method string) int {
	t.Helper()
	answers := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(answers, &http.Request{Method: method})
		if err != nil {
			return 0
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 200 {
			if err != nil {
				t.Fatalf("the answer with %d breaks off: %v", resp.StatusCode, err)
			}
			return resp.StatusCode
		}
	}
}
