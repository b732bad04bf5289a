package conns

// DialError marks the error of a dial, which dialers of the program's own may
// have any type for. Its text is that of Err.
type DialError struct{ Err error }

// Error returns the text of Err.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap returns what the dialer said.
func (e *DialError) Unwrap() error { return e.Err }

// Timeout reports whether the dialer ran out of time.
func (e *DialError) Timeout() bool {
	t, ok := e.Err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}
