package sentrytest

import "errors"

// SetFaults replaces the faults that a program switches while the server runs.
// They are asked before those of [Server.Rule] and the script, in their order,
// and the first that fits serves a request. Usage counts start from 0.
//
// These faults are settings and no claims: one that is never used fails no
// test. A condition that can't be known when its step takes effect is an error,
// which joins a [*FaultError] for each fault that has one. The server then
// keeps the faults that it had.
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

// Faults returns the faults of [Server.SetFaults] in their order; [Fault.Used]
// says how often each of them has served.
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

// ClearFaults takes the faults of [Server.SetFaults] away. Rules and scripts
// stay.
func (s *Server) ClearFaults() {
	s.script.mu.Lock()
	defer s.script.mu.Unlock()
	s.script.faults = nil
}
