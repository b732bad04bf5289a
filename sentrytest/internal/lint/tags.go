package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest/internal/lenient"
)

var (
	tagKeyChars = regexp.MustCompile(`^[a-zA-Z0-9_.:-]+$`)
	tagsDropped = []string{"release", "dist", "user", "filename", "function"}
)

// maxTag limits the key of a tag, in characters. Older servers
// and the documentation limit a key to maxOldTagKey.
const (
	maxTag       = 200
	maxOldTagKey = 32
)

// checkTags compares the tags, in either shape, with their limits: see
// docs/protocol.md, "Tags".
func checkTags(f *List, fields map[string]any) {
	seen := map[string]bool{}
	unread := &lenient.Reader{}
	defer func() { f.problems(fields, unread.Take()) }()
	unread.Object(fields, "").Pairs("tags", func(at, name string, value any) {
		checkTagKey(f, at, name, seen)
		checkTagValue(f, at, value)
	})
}

func checkTagKey(f *List, at, name string, seen map[string]bool) {
	key := strings.TrimSpace(strings.ReplaceAll(name, " ", "-"))
	switch n := len([]rune(key)); {
	case key == "":
		f.Add(Warning, at, InvalidData, name, "expected a non-empty key")
	case !tagKeyChars.MatchString(key):
		f.Add(Warning, at, InvalidData, name, "only letters, digits and _ . : - are allowed in a key")
	case n > maxTag:
		f.Add(Warning, at, Truncated, name, "a key of %d characters: cut at %d", n, maxTag)
	case n > maxOldTagKey:
		f.Add(Info, at, ValueTooLong, name, "a key of %d characters: older servers allow %d", n, maxOldTagKey)
	}
	if slices.Contains(tagsDropped, key) {
		f.Add(Info, at, Dropped, name, "the server removes tags of that name: the event has an attribute for it")
	}
	if seen[key] {
		f.Add(Info, at, Dropped, name, "a second tag of that name: the first wins")
	}
	seen[key] = true
}

func checkTagValue(f *List, at string, value any) {
	if value != nil && attributes["tags.{}"].judge(f, "tags.{}", at, value) {
		without("\n", "line ends")(f, at, value)
	}
}
