package conns

// DialError marks an error of a dial, because the program's own dialers may
// return any type. Its text is that of Err.
type DialError struct{ Err error }

// Error returns the text of Err.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap returns the dialer's error.
func (e *DialError) Unwrap() error { return e.Err }

// Timeout reports whether the dial timed out.
func (e *DialError) Timeout() bool {
	t, ok := e.Err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}
