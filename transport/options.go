package transport

import (
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// OptionSpec describes one option of a DSN. `raven transports` and the
// documentation print it, and a [Registry] checks values with it.
type OptionSpec struct {
	Name    string
	Aliases []string // other names for the same option
	Default string   // as in a DSN; "" for none
	Allowed string   // the allowed values, to complete "want …"
	// What the option does, in one sentence without a full stop.
	Help string
	// Check checks a value; nil allows any. It must be safe for concurrent use.
	Check func(value string) error
}

func (s OptionSpec) names() []string { return append([]string{s.Name}, s.Aliases...) }

// OptionBinder is a configuration that binds options to its fields.
type OptionBinder interface {
	BindOptions(o *OptionSet)
}

// OptionSet is the list of options of one or more configurations. Their
// BindOptions fills it; [DecodeOptions] and [OptionSpecs] read it.
type OptionSet struct {
	fields []optionField
}

type optionField struct {
	spec OptionSpec
	// Sets the field, or only checks the value; nil accepts any.
	set func(value string) error
	// recheck checks the field's value, which may not come from a DSN. If it is
	// nil, the code that uses the field checks it.
	recheck func() *OptionError
}

// rechecked adds a check of the field to the last option. wrong returns the
// field's value if it is invalid.
func (o *OptionSet) rechecked(allowed string, wrong func() (value string, cause error)) {
	f := &o.fields[len(o.fields)-1]
	name := f.spec.Name
	f.recheck = func() *OptionError {
		if value, cause := wrong(); cause != nil {
			return newOptionError(name, value, allowed, cause)
		}
		return nil
	}
}

const moreThanZero = "more than 0, or 0 for the default"

func negative[N int | time.Duration](p *N) func() (string, error) {
	return func() (string, error) {
		if *p < 0 {
			return fmt.Sprint(*p), errNotAllowed
		}
		return "", nil
	}
}

// checkFields checks configurations that may not come from a DSN. The error
// joins one *[OptionError] for each fault.
func checkFields(configs ...OptionBinder) error {
	var faults []error
	for _, f := range bindAll(configs).fields {
		if f.recheck == nil {
			continue
		}
		if fault := f.recheck(); fault != nil {
			faults = append(faults, fault)
		}
	}
	return errors.Join(faults...)
}

// BindOption adds an option whose value is parsed into *p. The error of parse
// is shown after the allowed values.
func BindOption[T any](o *OptionSet, spec OptionSpec, p *T, parse func(string) (T, error)) {
	spec.Check = func(s string) error {
		_, err := parse(s)
		return err
	}
	o.fields = append(o.fields, optionField{spec: spec, set: func(s string) error {
		v, err := parse(s)
		if err == nil {
			*p = v
		}
		return err
	}})
}

// Duration adds an option in seconds, with fractions, or as a Go duration. It
// must be more than zero.
func (o *OptionSet) Duration(name string, p *time.Duration, def time.Duration, help string) {
	spec := OptionSpec{
		Name: name, Help: help,
		Default: strconv.FormatFloat(def.Seconds(), 'f', -1, 64),
		Allowed: "seconds such as 5 or 0.2, or a duration such as 200ms, more than 0",
	}
	BindOption(o, spec, p, parseDuration)
	o.rechecked(moreThanZero, negative(p))
}

// Int adds an option that is a whole number from low to high. A def below low
// means that there is no default.
func (o *OptionSet) Int(name string, p *int, def, low, high int, help string, aliases ...string) {
	allowed := fmt.Sprintf("a whole number from %d to %d", low, high)
	if high == math.MaxInt {
		allowed = fmt.Sprintf("a whole number, at least %d", low)
	}
	spec := OptionSpec{Name: name, Aliases: aliases, Help: help, Allowed: allowed}
	if def >= low {
		spec.Default = strconv.Itoa(def)
	}
	BindOption(o, spec, p, wholeNumber(low, high))
	o.rechecked(moreThanZero, negative(p))
}

func wholeNumber(low, high int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err == nil && (n < low || n > high) {
			err = errOutOfRange
		}
		return n, plain(err)
	}
}

// Off adds a switch that is on by default. The value 0 sets *p to true, so that
// the zero value of a configuration is the safe one.
func (o *OptionSet) Off(name string, p *bool, help string) {
	spec := OptionSpec{Name: name, Help: help, Default: "1", Allowed: "1 or 0 (also true or false)"}
	BindOption(o, spec, p, func(s string) (bool, error) {
		on, err := parseBool(s)
		return !on, err
	})
}

// OneOf adds an option with a list of allowed words; the first is the default.
func (o *OptionSet) OneOf(name string, p *string, help string, words ...string) {
	spec := OptionSpec{Name: name, Help: help, Default: words[0], Allowed: "one of " + strings.Join(words, ", ")}
	BindOption(o, spec, p, func(s string) (string, error) {
		s = strings.ToLower(s)
		if !slices.Contains(words, s) {
			return "", errNotAllowed
		}
		return s, nil
	})
	o.rechecked(spec.Allowed, func() (string, error) {
		if *p != "" && !slices.Contains(words, *p) {
			return *p, errNotAllowed
		}
		return "", nil
	})
}

// Text adds an option whose value check checks; nil allows any value.
func (o *OptionSet) Text(name string, p *string, allowed, help string, check func(string) error) {
	if check == nil {
		check = func(string) error { return nil }
	}
	BindOption(o, OptionSpec{Name: name, Help: help, Allowed: allowed}, p, func(s string) (string, error) { return s, check(s) })
	o.rechecked(allowed, func() (string, error) {
		if *p == "" {
			return "", nil
		}
		return *p, check(*p)
	})
}

var (
	errOutOfRange = errors.New("out of range")
	// errNotAllowed is not shown: its message would repeat the allowed values.
	errNotAllowed = errors.New("not allowed")
)

// plain unwraps the errors of strconv, whose messages repeat the value.
func plain(err error) error {
	if num, ok := errors.AsType[*strconv.NumError](err); ok {
		return num.Err
	}
	return err
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "1", "true", "yes", "on":
		return true, nil
	case "0", "false", "no", "off":
		return false, nil
	}
	return false, errNotAllowed
}

func parseDuration(s string) (time.Duration, error) {
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		if !(seconds > 0) || seconds > math.MaxInt64/float64(time.Second) {
			return 0, errOutOfRange
		}
		return max(time.Duration(seconds*float64(time.Second)), 1), nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return 0, errNotAllowed
	case d <= 0:
		return 0, errOutOfRange
	}
	return d, nil
}

// OptionSpecs lists the options of configurations in order.
func OptionSpecs(configs ...OptionBinder) []OptionSpec {
	set := bindAll(configs)
	specs := make([]OptionSpec, len(set.fields))
	for i, f := range set.fields {
		specs[i] = f.spec
	}
	return specs
}

// DecodeOptions sets the fields of configurations from a DSN's options. Fields
// without an option in the DSN keep their values. If a name is given several
// times, the last value counts, as in Raven for Python. If two names of the
// same option are given, the name that is later in the alphabet counts.
// DecodeOptions checks every option before it returns: the error joins one
// *[OptionError] for each fault, in the order of the options' names. Unknown
// options are faults.
func DecodeOptions(options url.Values, configs ...OptionBinder) error {
	return eachOption(options, bindAll(configs).fields)
}

func bindAll(configs []OptionBinder) *OptionSet {
	set := new(OptionSet)
	for _, c := range configs {
		c.BindOptions(set)
	}
	return set
}

// checkOptions checks a DSN's options without setting anything.
func checkOptions(options url.Values, specs []OptionSpec) error {
	fields := make([]optionField, len(specs))
	for i, spec := range specs {
		fields[i] = optionField{spec: spec, set: spec.Check}
	}
	return eachOption(options, fields)
}

// eachOption sets the field of every option; of two fields with the same name,
// the last.
func eachOption(options url.Values, fields []optionField) error {
	known := make(map[string]optionField)
	for _, f := range fields {
		for _, name := range f.spec.names() {
			known[name] = f
		}
	}
	var faults []error
	for _, name := range sortedKeys(options) {
		value := lastOf(options[name])
		f, ok := known[name]
		if !ok {
			faults = append(faults, unknownOption(name, value, sortedKeys(known)))
		} else if f.set != nil {
			if err := f.set(value); err != nil {
				faults = append(faults, newOptionError(name, value, f.spec.Allowed, err))
			}
		}
	}
	return errors.Join(faults...)
}

func newOptionError(name, value, allowed string, cause error) *OptionError {
	return &OptionError{Option: name, Value: redact(value), Allowed: allowed, Err: cause}
}

func unknownOption(name, value string, names []string) *OptionError {
	return &OptionError{
		Option: name, Value: redact(value), Err: errUnknownOption,
		Allowed: strings.Join(names, ", "), Suggest: nearest(name, names),
	}
}
