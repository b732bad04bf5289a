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

// maxTag limits the key and the value of a tag, in characters. Older servers
// and the documentation limit a key to maxOldTagKey.
const (
	maxTag       = 200
	maxOldTagKey = 32
)

// checkTags compares the tags, in either shape, with their limits: see
// docs/protocol.md, "Tags".
func checkTags(f *List, fields map[string]any) {
	seen := map[string]bool{}
	unread := &lenient.Reader{} // the reader of the event has reported these problems
	unread.Object(fields, "").Pairs("tags", func(at, name string, value any) {
		checkTagKey(f, at, name, seen)
		checkTagValue(f, at, value)
	})
}

func checkTagKey(f *List, at, name string, seen map[string]bool) {
	key := strings.ReplaceAll(strings.TrimSpace(name), " ", "-")
	switch n := len([]rune(key)); {
	case key == "":
		f.Add(Warning, at, InvalidData, name, "expected a non-empty key")
	case !tagKeyChars.MatchString(key):
		f.Add(Warning, at, InvalidData, name, "only letters, digits and _ . : - are allowed in a key")
	case n > maxTag:
		f.Add(Warning, at, ValueTooLong, name, "a key of %d characters: no more than %d are allowed", n, maxTag)
	case n > maxOldTagKey:
		f.Add(Info, at, ValueTooLong, name, "a key of %d characters: older servers allow %d", n, maxOldTagKey)
	}
	if slices.Contains(tagsDropped, key) {
		f.Add(Warning, at, Dropped, name, "the server removes tags of that name: the event has an attribute for it")
	}
	if seen[key] {
		f.Add(Warning, at, Dropped, name, "a second tag of that name: the first wins")
	}
	seen[key] = true
}

func checkTagValue(f *List, at string, value any) {
	text, err := lenient.TagText(value)
	if value == nil || err != nil {
		return // null stays, and the reader reports the rest
	}
	text = strings.TrimSpace(text)
	switch n := len([]rune(text)); {
	case text == "":
		f.Add(Warning, at, InvalidData, value, "expected a non-empty value")
	case strings.Contains(text, "\n"):
		f.Add(Warning, at, InvalidData, value, "line ends are not allowed")
	case n > maxTag:
		f.Add(Warning, at, ValueTooLong, value, "%d characters: no more than %d are allowed", n, maxTag)
	}
}
