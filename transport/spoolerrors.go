package transport

import "fmt"

// SpooledError is the error of a packet that Close left in the spool. The
// packet is not lost: the next transport with the same directory and DSN
// delivers it. It unwraps to an error that wraps [ErrClosed].
type SpooledError struct {
	EventID string
	Dir     string // of the DSN's packets
	Err     error  // why Close gave it up
}

// Error names the event, the directory, and why it was not delivered.
func (e *SpooledError) Error() string {
	return fmt.Sprintf("transport: %s stays in the spool %s for the next start: %v", packetText(e.EventID), e.Dir, e.Err)
}

// isSpooled reports whether an error is that of a packet in the spool. It does
// not call methods of the program's errors.
func isSpooled(err error) bool {
	_, ok := err.(*SpooledError)
	return ok
}

// Unwrap returns why Close gave up.
func (e *SpooledError) Unwrap() error { return e.Err }

// SpoolReason is why a spool lost a packet.
type SpoolReason string

// The reasons of losses.
const (
	// SpoolBytes: spool_bytes left no room for it.
	SpoolBytes SpoolReason = "spool_bytes"
	// SpoolAge: it was older than spool_age.
	SpoolAge SpoolReason = "spool_age"
	// SpoolDiskFull: the disk was full.
	SpoolDiskFull SpoolReason = "disk full"
	// SpoolDamaged: its bytes on disk were damaged, or could not be read. A
	// copy of damaged bytes is in the directory corrupt.
	SpoolDamaged SpoolReason = "damaged"
)

// SpoolError is the error of a packet that a spool lost. It unwraps to
// [ErrQueueFull] if there was no room for the packet.
type SpoolError struct {
	EventID string // "" if it could not be read
	Dir     string // of the DSN's packets
	Reason  SpoolReason
	Err     error // the cause, if there is one
}

// Error names the event, the directory, and the reason.
func (e *SpoolError) Error() string {
	var why string
	switch e.Reason {
	case SpoolBytes:
		why = "newer ones needed its room (spool_bytes)"
	case SpoolAge:
		why = "it was too old (spool_age)"
	case SpoolDiskFull:
		why = "the disk is full"
	default:
		why = "its bytes are damaged or unreadable; a copy of them is in corrupt"
	}
	msg := fmt.Sprintf("transport: %s was removed from the spool %s: %s", packetText(e.EventID), e.Dir, why)
	if e.Err != nil {
		msg += ": " + e.Err.Error()
	}
	return msg
}

// Unwrap returns ErrQueueFull if there was no room, and the cause.
func (e *SpoolError) Unwrap() []error {
	var errs []error
	if e.Reason != SpoolDamaged {
		errs = append(errs, ErrQueueFull)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}
