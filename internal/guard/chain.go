package guard

// Unwrap returns the errors in an error. It also calls Cause, because some
// errors packages are older than Unwrap.
func Unwrap(err error) (many []error, one error) {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return nil, held(e.Unwrap)
	case interface{ Unwrap() []error }:
		return held(e.Unwrap), nil
	case interface{ Cause() error }:
		return nil, held(e.Cause)
	}
	return nil, nil
}

func held[T any](fn func() T) (inner T) {
	Enter()
	defer func() {
		Leave()
		if recover() != nil {
			var none T
			inner = none
		}
	}()
	return fn()
}

// Same reports whether two errors are one value. It does not panic if a
// comparable type holds a value that is not comparable.
func Same(a, b error) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a == b
}

// maxChain limits chains that have no cycle but do not end, such as an Unwrap
// that makes a new error each time.
const maxChain = 100

// Sound reports whether an error can be used without a guard: its text and the
// texts of the errors in it don't panic, and its chain ends.
func Sound(err error) bool {
	budget := maxChain
	return sound(err, &budget)
}

func sound(err error, budget *int) bool {
	if *budget--; *budget < 0 || Do(func() { _ = err.Error() }) != nil {
		return false
	}
	many, one := Unwrap(err)
	for _, inner := range append(many[:len(many):len(many)], one) {
		if inner != nil && !sound(inner, budget) {
			return false
		}
	}
	return true
}

// Is is [errors.Is] for an error that may not be sound.
func Is(err, target error) bool {
	budget := maxChain
	return is(err, target, &budget)
}

func is(err, target error, budget *int) (found bool) {
	if *budget--; err == nil || *budget < 0 {
		return false
	}
	if Same(err, target) {
		return true
	}
	if x, ok := err.(interface{ Is(error) bool }); ok {
		if Do(func() { found = x.Is(target) }) == nil && found {
			return true
		}
	}
	many, one := Unwrap(err)
	for _, inner := range many {
		if is(inner, target, budget) {
			return true
		}
	}
	return is(one, target, budget)
}
