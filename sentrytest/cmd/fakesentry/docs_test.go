package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestTheGuideNamesEveryFieldAndKindOfFault(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	text, err := os.ReadFile("../../../docs/fakesentry.md")
	g.Expect(err).NotTo(HaveOccurred())
	_, rest, _ := strings.Cut(string(text), "\n### Faults\n")
	section, _, _ := strings.Cut(rest, "\n### ")
	fields, kinds, _ := strings.Cut(section, "\n| `do` | what the client meets |\n")
	var tags []string
	for i := range reflect.TypeFor[sentrytest.Fault]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[sentrytest.Fault]().Field(i).Tag.Get("json"), ",")
		tags = append(tags, name)
	}
	g.Expect(firstColumn(fields)).To(ConsistOf(tags))
	g.Expect(firstColumn(kinds)).To(ConsistOf(sentrytest.FaultKinds()))
}

// firstColumn returns the words in code of the first column of a table.
func firstColumn(table string) []string {
	var words []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]+) \\|").FindAllStringSubmatch(table, -1) {
		for _, word := range strings.Split(row[1], ", ") {
			words = append(words, strings.Trim(word, "`"))
		}
	}
	return words
}
