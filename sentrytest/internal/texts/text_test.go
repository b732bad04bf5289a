package texts_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

func TestTexts(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(texts.Shorten("short", 5)).To(Equal("short"))
	g.Expect(texts.Shorten("aéb", 2)).To(Equal("a…"), "a letter is not cut in two")
	g.Expect(texts.OneLine("a\r\nb\x7f")).To(Equal("a  b "))
	g.Expect(texts.Indent("a\nb", "> ")).To(Equal("> a\n> b"))
	g.Expect(texts.Count(1, "event")).To(Equal("1 event"))
	g.Expect(texts.Count(2, "event")).To(Equal("2 events"))
	g.Expect(texts.SortedKeys(map[string]int{"b": 1, "a": 2})).To(Equal([]string{"a", "b"}))
}

func TestList(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	list := []string{"a\nb", "c", "d"}
	quoted := func(text string) string { return "<" + text + ">" }
	g.Expect(texts.List(list, 3, "  ", quoted)).To(Equal("\n  <a\n  b>\n  <c>\n  <d>"))
	g.Expect(texts.List(list, 1, "  ", quoted)).To(Equal("\n  <a\n  b>\n  and 2 more"))
	g.Expect(texts.List(nil, 1, "  ", quoted)).To(BeEmpty())
}

func TestSharedEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b       string
		start, end int
	}{{"abc", "abc", 3, 0}, {"abxcd", "abcd", 2, 2}, {"aa", "aaa", 2, 0}, {"", "a", 0, 0}} {
		start, end := texts.SharedEnds(len(c.a), len(c.b), func(i, j int) bool { return c.a[i] == c.b[j] })
		NewWithT(t).Expect([]int{start, end}).To(Equal([]int{c.start, c.end}), "%q %q", c.a, c.b)
	}
}
