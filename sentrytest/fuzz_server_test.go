package sentrytest_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// FuzzServer posts anything to every endpoint in every encoding: the server
// answers with one of the statuses that it has, records what it did, and can
// show it.
func FuzzServer(f *testing.F) {
	paths := []string{"/api/1/store/", "/api/1/envelope/", "/api/1/security/", "/api/1/minidump/"}
	encodings := []string{"", "gzip", "deflate", "br", "zstd", "bogus"}
	for _, seed := range []struct {
		path, encoding    byte
		contentType, body string
	}{
		{0, 0, "application/json", vectorJSON},
		{0, 0, "application/octet-stream", vectorZlib},
		{0, 2, "", "\x78\x9c\x03\x00\x00\x00\x00\x01"},
		{0, 0, "application/x-sentry-envelope", "{}\n" + `{"type":"event"}` + "\n{}"},
		{1, 0, "", "{}\n" + `{"type":"session"}` + "\n{}"},
		{1, 3, "", "\x0b\x01\x80{}\x03"},
		{1, 4, "", "\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}"},
		{2, 0, "application/csp-report", `{"csp-report":{}}`},
		{2, 0, "application/reports+json", `[{"type":"csp-violation","body":{}}]`},
		{3, 0, "application/octet-stream", "MDMP"},
		{3, 0, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"\r\n\r\nMDMP\r\n--b\r\nContent-Disposition: form-data; name=\"sentry[a][b]\"\r\n\r\nx\r\n--b--\r\n"},
	} {
		f.Add(seed.path, seed.encoding, seed.contentType, []byte(seed.body))
	}
	srv := sentrytest.NewServer(f, sentrytest.InMemory(), sentrytest.MaxBodySize(4<<20))
	f.Fuzz(func(t *testing.T, path, encoding byte, contentType string, body []byte) {
		if !printable(contentType) {
			return // net/http does not send it
		}
		srv.Clear()
		r := send(t, srv, http.MethodPost, paths[int(path)%len(paths)]+"?sentry_key=a", string(body),
			"Content-Type:"+contentType, "Content-Encoding:"+encodings[int(encoding)%len(encodings)])
		switch r.Status {
		case http.StatusOK:
			if len(srv.Requests()) != 1 {
				t.Fatal("accepted, but not recorded")
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
			if len(srv.Rejected()) != 1 || len(srv.Events())+len(srv.Envelopes()) > 0 {
				t.Fatalf("refused with %d, but recorded as something else", r.Status)
			}
		default:
			t.Fatalf("answered with %d: %s", r.Status, r.Body)
		}
		for _, e := range srv.Events() {
			if len(e.EventID) != 32 {
				t.Fatalf("event id %q", e.EventID)
			}
		}
		for _, one := range srv.Findings() {
			_ = one.String()
		}
		_ = srv.Dump()
	})
}

func printable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// FuzzDSN checks the DSN in an envelope's header: one that is accepted names a
// key and a project that can be asked for.
func FuzzDSN(f *testing.F) {
	for _, seed := range []string{
		"", "http://k@h/1", "https://k:@h:9000/pre/fix/42", "https://k:s@[::1]/1", "http://k@h/1/", "http://k@h", "ftp://k@h/1", "http://@h/1",
		"http://k%20@h/a%2Fb", "http://k@h/?1", "//k@h/1", "http://k@h/%zz",
	} {
		f.Add(seed)
	}
	srv := sentrytest.NewServer(f, sentrytest.InMemory())
	f.Fuzz(func(t *testing.T, dsn string) {
		header, err := json.Marshal(map[string]string{"dsn": dsn})
		if err != nil {
			t.Fatal(err)
		}
		srv.Clear()
		r := send(t, srv, http.MethodPost, "/api/1/envelope/", string(header)+"\n"+`{"type":"event"}`+"\n{}")
		switch r.Status {
		case http.StatusOK:
			got := srv.Events()[0].Received
			u, err := url.Parse(srv.Envelopes()[0].DSN)
			if err != nil || got.PublicKey == "" || u.User.Username() != got.PublicKey || got.AuthSource != sentrytest.AuthSourceEnvelope {
				t.Fatalf("%q was accepted as key %q: %v", dsn, got.PublicKey, err)
			}
		case http.StatusBadRequest, http.StatusUnauthorized:
			if len(srv.Rejected()) != 1 {
				t.Fatalf("%q was refused, but not recorded", dsn)
			}
		default:
			t.Fatalf("%q was answered with %d", dsn, r.Status)
		}
	})
}
