package errchain

import (
	"reflect"
	"strings"
)

// Pattern matches the names of error types.
type Pattern struct {
	text      string // without the stars
	prefix    bool   // it ended in a star
	qualified bool   // it has a package
}

// NewPattern returns a Pattern for a name of a type, PathError, or of a type
// with its package, fs.PathError or io/fs.PathError. A star at the end matches
// any rest; stars at the beginning are ignored. ok is false for an empty name.
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

// TypeName is the name of an error's type, with its package's path and name.
type TypeName struct{ path, pkg, name string }

// NameOf returns the name of an error's type; the zero value if it has none.
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
