package errchain

import (
	"reflect"
	"strings"
)

// Pattern matches the names of error types.
type Pattern struct {
	text      string // without the stars
	prefix    bool   // it ended in a star
	qualified bool   // it says where the type is from
}

// NewPattern returns a Pattern for a name: of the type alone, PathError, or of
// its package too, fs.PathError or io/fs.PathError. A star at the end stands
// for any rest, and stars before it for pointers. ok is false for an empty
// name.
func NewPattern(s string) (p Pattern, ok bool) {
	s = strings.TrimLeft(strings.TrimSpace(s), "*")
	text, prefix := strings.CutSuffix(s, "*")
	return Pattern{text: text, prefix: prefix, qualified: strings.ContainsAny(text, "./")}, text != ""
}

// Matches reports whether the pattern matches a name.
func (p *Pattern) Matches(t TypeName) bool {
	switch {
	case t.name == "":
		return false
	case p.qualified:
		return p.covers(t.pkg+"."+t.name) || p.covers(t.path+"."+t.name)
	}
	return p.covers(t.name)
}

func (p *Pattern) covers(name string) bool {
	return name == p.text || p.prefix && strings.HasPrefix(name, p.text)
}

// TypeName is what an error's type is called in its package, which has a name
// and an import path.
type TypeName struct{ path, pkg, name string }

// NameOf is the name of an error's type, the zero value for one without a name.
func NameOf(err error) TypeName {
	t := reflect.TypeOf(err)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	qualified, _, _ := strings.Cut(t.String(), "[")
	pkg, name, ok := strings.Cut(qualified, ".")
	if !ok || t.Name() == "" {
		return TypeName{}
	}
	return TypeName{path: t.PkgPath(), pkg: pkg, name: name}
}
