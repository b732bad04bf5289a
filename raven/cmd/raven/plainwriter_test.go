package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// Text from a server, or from an attacker in its place, must not control the
// terminal.
func TestTextFromTheNetworkIsEscaped(t *testing.T) {
	const evil = "\x1b]0;evil\x07\x1b[2J\u009b1A\u202e"
	for name, handler := range map[string]http.HandlerFunc{
		"as an id": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"id":%q}`, evil) },
		"as a detail": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			fmt.Fprintf(w, `{"detail":%q}`, evil)
		},
		"as a status":  func(w http.ResponseWriter, _ *http.Request) { raw(w, "HTTP/1.1 407 "+evil+"\r\n\r\n") },
		"as no answer": func(w http.ResponseWriter, _ *http.Request) { raw(w, evil+"\r\n\r\n") },
	} {
		srv := httptest.NewServer(handler)
		t.Cleanup(srv.Close)
		addr := srv.Listener.Addr().String()
		for _, scheme := range []string{"sync+http", "fasthttp+http", "resty+http"} {
			dsns := []string{scheme + "://k@" + addr + "/1", scheme + "s://k@sentry.invalid/1?proxy=http://" + addr}
			for _, dsn := range dsns {
				for _, command := range []string{"send", "test", "doctor"} {
					t.Run(name+" "+command+" "+dsn, func(t *testing.T) {
						r := runRaven(t, command, dsn)
						NewWithT(t).Expect(r.out + r.errs).NotTo(MatchRegexp(`[^\PC\n]`))
					})
				}
			}
		}
	}
}

// raw answers with the given bytes.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, text)
	_ = conn.Close()
}

// talker is a transport of the program with any text.
type talker struct{ text string }

func (t talker) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	return nil, fmt.Errorf("it failed: %s", t.text)
}

func (talker) Close(context.Context) error { return nil }

func TestTextFromATransportIsEscaped(t *testing.T) {
	registry := transport.NewRegistry()
	if err := registry.RegisterFunc("talker+http", func(*transport.DSN, transport.Env) (transport.Transport, error) {
		return talker{"\x1b[31m\x9b\tred"}, nil
	}); err != nil {
		t.Fatal(err)
	}
	r := runWith(t, registry, "send", "talker+http://k@h/1")
	NewWithT(t).Expect(r.errs).To(ContainSubstring("it failed: \\x1b[31m\\x9b\tred"))
}
