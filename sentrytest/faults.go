package sentrytest

import "errors"

// SetFaults replaces the faults that a program switches while the server runs.
// They precede those of [Server.Rule] and the script. The first that fits a
// request serves it. Counts of use start from 0. An unused fault fails no test.
//
// If a condition can't be known when its step takes effect, the error joins a
// [*FaultError] for each such fault, and the server keeps the faults that it
// had.
func (s *Server) SetFaults(faults ...Fault) error {
	entries := make([]*scripted, len(faults))
	var errs []error
	for i, f := range faults {
		entries[i] = newScripted(f, "SetFaults")
		if problems := f.tooEarly(); problems != nil {
			errs = append(errs, &FaultError{Index: i + 1, Name: f.name, Problems: problems})
		}
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

// Faults returns the faults of [Server.SetFaults] in their order. [Fault.Used]
// says how often each has served.
func (s *Server) Faults() []Fault {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	out := make([]Fault, len(s.script.faults))
	for i, entry := range s.script.faults {
		out[i] = entry.fault
		out[i].used = entry.used
	}
	return out
}

// ClearFaults removes the faults of [Server.SetFaults]. Rules and scripts stay.
func (s *Server) ClearFaults() {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.faults = nil
}
