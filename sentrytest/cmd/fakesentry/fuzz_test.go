package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// FuzzProgram posts anything to each endpoint and then reads every address of
// the page and the API. Nothing may panic, and each record that a list names
// must be readable.
func FuzzProgram(f *testing.F) {
	paths := []string{"/api/1/store/", "/api/1/envelope/", "/api/1/security/", "/api/1/minidump/", "/stream"}
	for _, seed := range []struct {
		path              byte
		contentType, body string
	}{
		{0, "application/json", `{"message":"hi","tags":{"a":"b"},"exception":{"values":[{"type":"T","stacktrace":{"frames":[{"function":"f","vars":{"x":[1]}}]}}]}}`},
		{1, "", "{}\n" + `{"type":"event"}` + "\n{}\n" + `{"type":"attachment","filename":"a.png"}` + "\n\x89PNG\r"},
		{1, "", `{"sdk":["",{}]}` + "\n" + `{"type":"client_report"}` + "\n" + `{"discarded_events":[{"reason":"a","category":"b","quantity":1}]}`},
		{2, "application/reports+json", `[{"type":"csp-violation","body":{}},7,{"known-pins":[]}]`},
		{3, "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"\xff\"\r\n\r\nMDMP\r\n--b--\r\n"},
		{3, "application/x-dmp", "MDMP"},
		{4, "", "{}\n" + `{"type":"transaction"}` + "\n{}"},
	} {
		f.Add(seed.path, seed.contentType, []byte(seed.body))
	}
	var failed atomic.Pointer[string]
	h, err := host.Start(host.Config{Page: browserPage, Problem: func(line string) {
		if strings.Contains(line, "panic") {
			failed.Store(&line)
		}
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := h.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, path byte, contentType string, body []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+paths[int(path)%len(paths)]+"?sentry_key=k", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		if status := answered(t, h, req); status >= 500 {
			t.Fatalf("answered with %d", status)
		}
		look := func(path string) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if status := answered(t, h, req); status != http.StatusOK {
				t.Fatalf("GET %s: %d", path, status)
			}
		}
		page, _, _ := h.Store.Deliveries(nil, 0, 1)
		for _, d := range page {
			for _, path := range addresses(d) {
				look(path)
			}
		}
		if line := failed.Swap(nil); line != nil {
			t.Fatal(*line)
		}
		if _, err := h.Store.Delete(t.Context(), store.Filter{}); err != nil {
			t.Fatal(err)
		}
	})
}

// addresses are all addresses that show something of a request.
func addresses(d *store.Delivery) []string {
	out := []string{
		"/", "/?group=1", "/requests", "/requests?show=refused", "/api/v1/events", "/api/v1/requests", "/api/v1/stats", "/api/v1/metrics", "/api/eventlist",
		fmt.Sprintf("/requests/%d", d.Seq), fmt.Sprintf("/api/v1/requests/%d", d.Seq), fmt.Sprintf("/api/v1/requests/%d/body", d.Seq),
	}
	if d.Items != nil {
		out = append(out, fmt.Sprintf("/api/v1/requests/%d/envelope", d.Seq))
	}
	for _, e := range d.Events[:min(len(d.Events), 3)] {
		out = append(out, fmt.Sprintf("/events/%d", e.Seq), fmt.Sprintf("/api/v1/events/%d", e.Seq), fmt.Sprintf("/api/v1/events/%d/raw", e.Seq), "/api/event/"+e.EventID)
		for i, item := range d.Items[:min(len(d.Items), 10)] {
			if item.Type == "attachment" {
				out = append(out, fmt.Sprintf("/api/v1/events/%d/attachments/%d", e.Seq, i))
			}
		}
	}
	return out
}

// answered makes a request and returns the status of its answer, or 0 without
// an answer.
func answered(t *testing.T, h *host.Host, req *http.Request) int {
	t.Helper()
	resp, err := h.Server.Client().Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return resp.StatusCode
}
