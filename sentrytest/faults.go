package sentrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// SetFaults replaces the faults of the server. They are rules that a program switches while the server runs: they are asked
// before those of [Server.Rule] and the script, in their order, and the first that fits serves a request. Usage counts
// start from 0.
//
// Faults are settings and no claims: one that is never used fails no test. If any of them is not in order, the
// error joins a [*FaultError] for each of those, and the server keeps the faults that it had.
func (s *Server) SetFaults(faults ...Fault) error {
	entries := make([]*scripted, len(faults))
	var errs []error
	for i, f := range faults {
		f = f.clone()
		rule, err := f.Rule()
		if bad := (*FaultError)(nil); errors.As(err, &bad) {
			bad.Index = i + 1
			errs = append(errs, err)
		}
		entries[i] = newScripted(rule, "SetFaults")
		entries[i].fault = &f
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.faults = entries
	s.script.rearmLocked()
	return nil
}

// Faults returns the faults of the server with how often each of them has served, in their order.
func (s *Server) Faults() []Fault {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	out := make([]Fault, len(s.script.faults))
	for i, entry := range s.script.faults {
		out[i] = entry.fault.clone()
		out[i].Used = entry.used
	}
	return out
}

// ClearFaults takes all faults away. Rules and scripts stay.
func (s *Server) ClearFaults() {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.faults = nil
}

// ParseFaults reads a list of faults from JSON. Each of them is checked as by [Fault.Rule]; the error joins a [*FaultError]
// for each that is not in order. A field that does not exist is an error too.
func ParseFaults(text []byte) ([]Fault, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, fmt.Errorf("sentrytest: faults: want a JSON list of objects: %w", err)
	}
	faults := make([]Fault, len(items))
	var errs []error
	for i, item := range items {
		if err := faults[i].parse(item); err != nil {
			err.Index = i + 1
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return faults, nil
}

func (f *Fault) parse(text []byte) *FaultError {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(f)
	var wrong *json.UnmarshalTypeError
	var problem FaultProblem
	switch {
	case err == nil:
		if _, err := f.Rule(); err != nil {
			bad := (*FaultError)(nil)
			errors.As(err, &bad)
			return bad
		}
		return nil
	case errors.As(err, &wrong) && wrong.Field != "":
		problem = FaultProblem{wrong.Field, "JSON " + wrong.Value, jsonKind(wrong.Type)}
	case errors.As(err, &wrong):
		problem = FaultProblem{"fault", "JSON " + wrong.Value, "an object"}
	default:
		// encoding/json has no type for this one.
		name, _ := strings.CutPrefix(err.Error(), "json: unknown field ")
		problem = FaultProblem{strings.Trim(name, `"`), "this field", "one of " + strings.Join(faultFields(), ", ")}
	}
	return &FaultError{Name: f.Name, Problems: []FaultProblem{problem}}
}

// jsonKind says in the words of JSON what a Go type is read from.
func jsonKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	case reflect.Float64:
		return "a number"
	}
	return "a whole number"
}

// faultFields returns the names of a fault's fields in JSON, in their order.
func faultFields() []string {
	var names []string
	for i := range reflect.TypeFor[Fault]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Fault]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
