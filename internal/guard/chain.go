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
	Do(func() { inner = fn() })
	return inner
}

// Any reports whether match is true for err or for an error in it. It calls
// match at most limit times, because a chain may not end.
func Any(err error, limit int, match func(error) bool) bool { return matched(err, &limit, match) }

func matched(err error, left *int, match func(error) bool) bool {
	for err != nil && *left > 0 {
		*left--
		if match(err) {
			return true
		}
		many, one := Unwrap(err)
		for _, inner := range many {
			if matched(inner, left, match) {
				return true
			}
		}
		err = one
	}
	return false
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
	n := 0
	return !Any(err, maxChain+1, func(err error) bool {
		n++
		return n > maxChain || Do(func() { _ = err.Error() }) != nil
	})
}

// Is is [errors.Is] for an error that may not be sound.
func Is(err, target error) bool {
	return Any(err, maxChain, func(err error) (found bool) {
		if x, ok := err.(interface{ Is(error) bool }); ok {
			Do(func() { found = x.Is(target) })
		}
		return found || Same(err, target)
	})
}
