package jsonvalue

import (
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// field is one field of a struct, by its json tag.
type field struct {
	key       string // with its colon, as JSON
	name      string // in Go
	index     []int
	omitEmpty bool
	omitZero  bool
}

var structFields sync.Map // of reflect.Type to []field

func fieldsOf(t reflect.Type) []field {
	if known, ok := structFields.Load(t); ok {
		return known.([]field)
	}
	var fields []field
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		embedded := f.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		switch {
		case !f.IsExported(), name == "-" && options == "", f.Anonymous && name == "" && embedded.Kind() == reflect.Struct,
			hiddenByTag(t, f):
			continue
		case name == "":
			name = f.Name
		}
		fields = append(fields, field{
			key:       string(jsontext.AppendString(nil, name)) + ":",
			name:      f.Name,
			index:     f.Index,
			omitEmpty: slices.Contains(strings.Split(options, ","), "omitempty"),
			omitZero:  slices.Contains(strings.Split(options, ","), "omitzero"),
		})
	}
	known, _ := structFields.LoadOrStore(t, fields)
	return known.([]field)
}

// hiddenByTag reports whether a promoted field is shown inside an embedded
// struct, because that has a name in JSON.
func hiddenByTag(t reflect.Type, f reflect.StructField) bool {
	for n := 1; n < len(f.Index); n++ {
		name, _, _ := strings.Cut(t.FieldByIndex(f.Index[:n]).Tag.Get("json"), ",")
		if name != "" {
			return true
		}
	}
	return false
}
