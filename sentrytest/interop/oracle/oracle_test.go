package main

import (
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

var fuzzed = filepath.Join("..", "..", "testdata", "fuzz")

func TestTheCorpusIsLargeAndAlwaysTheSame(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	first, err := corpus(fuzzed)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(first)).To(BeNumerically(">=", 2000))
	classes := map[string]int{}
	for _, one := range first {
		classes[one.class]++
	}
	for _, class := range []string{"fuzz", "json", "messages", "mutants", "scalars", "SDKs", "shapes", "tags", "times", "transactions", "words"} {
		g.Expect(classes).To(HaveKey(class))
	}
	again, err := corpus(fuzzed)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(first))
}

func TestFates(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	fate, _ := relayFate(normalized{Lost: "x"})
	g.Expect(fate).To(Equal(loses))
	fate, _ = relayFate(normalized{Event: map[string]any{"level": "error"}})
	g.Expect(fate).To(Equal(keeps))
	fate, places := relayFate(normalized{Event: map[string]any{"_meta": map[string]any{"level": map[string]any{}}}})
	g.Expect(fate).To(Equal(changes))
	g.Expect(places).To(HaveKey("level"))

	fate, _ = ourFate([]sentrytest.Finding{{Severity: sentrytest.SeverityInfo, Path: "a"}})
	g.Expect(fate).To(Equal(keeps))
	fate, places = ourFate([]sentrytest.Finding{{Severity: sentrytest.SeverityWarning, Path: "sentry.interfaces.Http.url"}, {Severity: sentrytest.SeverityWarning, Path: "message"}})
	g.Expect(fate).To(Equal(changes))
	g.Expect(places).To(Equal(map[string]bool{"request": true, "logentry": true}))
	fate, _ = ourFate([]sentrytest.Finding{{Severity: sentrytest.SeverityFatal, Path: "a"}})
	g.Expect(fate).To(Equal(loses))
}

func TestArtefacts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	for _, raw := range []string{"[]", `{"a":NaN}`, `{"event_id":"x"}`, `{"event_id":5}`, `{"a":1} x`} {
		g.Expect(artefact([]byte(raw))).NotTo(BeEmpty(), raw)
	}
	for _, raw := range []string{"{}", `{"event_id":null}`, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`, `{"level":"zz"}`, `{"a":`} {
		g.Expect(artefact([]byte(raw))).To(BeEmpty(), raw)
	}
}
