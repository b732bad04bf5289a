package store_test

import (
	"crypto/md5"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(cfg)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// both runs a test with a store in memory and with one with a file.
func both(t *testing.T, cfg store.Config, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, cfg))
	})
	t.Run("file", func(t *testing.T) {
		t.Parallel()
		cfg := cfg
		cfg.Path = filepath.Join(t.TempDir(), "events with blank?.db")
		test(t, open(t, cfg))
	})
}

var start = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// arrival is an event as the server delivers it. key and text identify it.
func arrival(t *testing.T, key, text string) *sentrytest.Arrival {
	t.Helper()
	raw := fmt.Sprintf(`{"message":%q,"level":"warning","release":"1.0","tags":{"of":%q}}`, text, key)
	e, err := sentrytest.ParseEvent([]byte(raw))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	e.EventID = fmt.Sprintf("%x", md5.Sum([]byte(text)))
	e.SDK = sentrytest.SDK{Name: "raven.go", Version: "0.1.0"}
	a := &sentrytest.Arrival{Request: sentrytest.Request{
		Time: start, Method: "POST", Path: "/api/1/store/", ProjectID: "1", PublicKey: key, Client: "raven.go/0.1.0",
		Body: "\x1f\x8bcompressed\xff", Decoded: raw, Answer: sentrytest.Answer{Status: 200},
	}}
	e.Received = a.Request
	a.Events = []sentrytest.Event{e}
	return a
}

// accepted is an accepted envelope without an event.
func accepted(t *testing.T, text string) *sentrytest.Arrival {
	t.Helper()
	e, err := sentrytest.ParseEnvelope([]byte(text))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return &sentrytest.Arrival{Request: sentrytest.Request{Time: start, PublicKey: "k", Body: text, Decoded: text}, Envelope: &e}
}

func add(t *testing.T, s *store.Store, arrivals ...*sentrytest.Arrival) {
	t.Helper()
	for _, a := range arrivals {
		NewWithT(t).Expect(s.Add(t.Context(), a)).To(Succeed())
	}
}

func query(t *testing.T, text string) *search.Query {
	t.Helper()
	q, err := search.Parse(text)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return q
}

func titles(events []*store.Event) []string {
	out := []string{}
	for _, e := range events {
		out = append(out, e.Title)
	}
	return out
}

func all(s *store.Store) []string { return titles(s.Events()) }

func listed(t *testing.T, s *store.Store, f store.Filter, before int64, limit int) store.Page {
	t.Helper()
	page, err := s.List(t.Context(), f, before, limit)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return page
}
