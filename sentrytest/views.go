package sentrytest

// Transactions returns the transactions that the server accepted, in the order of arrival: items of type "transaction",
// and bodies of the store endpoint of that type. They are no part of [Server.Events].
func (s *Server) Transactions() []Event {
	return snapshot(&s.journal, &s.journal.traces, (*storedEvent).copy)
}

// Sessions returns the sessions that the server accepted, in the order of arrival: see [Envelope.Sessions].
func (s *Server) Sessions() []Session { return view(s, Envelope.Sessions) }

// CheckIns returns the check-ins that the server accepted, in the order of arrival: see [Envelope.CheckIns].
func (s *Server) CheckIns() []CheckIn { return view(s, Envelope.CheckIns) }

// Logs returns the log records that the server accepted, in the order of arrival: see [Envelope.Logs].
func (s *Server) Logs() []Log { return view(s, Envelope.Logs) }

// Metrics returns the metrics that the server accepted, in the order of arrival: see [Envelope.Metrics].
func (s *Server) Metrics() []Metric { return view(s, Envelope.Metrics) }

// Feedback returns the feedback and user reports that the server accepted, in the order of arrival: see
// [Envelope.Feedback].
func (s *Server) Feedback() []Feedback { return view(s, Envelope.Feedback) }

// ClientReports returns the client reports that the server accepted, in the order of arrival: see
// [Envelope.ClientReports].
func (s *Server) ClientReports() []ClientReport { return view(s, Envelope.ClientReports) }

// Attachments returns the attachments that the server accepted, of minidump uploads too, in the order of arrival: see
// [Envelope.Attachments]. Those of one event are in [Event.Attachments] as well.
func (s *Server) Attachments() []Attachment { return view(s, Envelope.Attachments) }

// view reads something out of every envelope, each time anew: that is work which accepting them does not wait for, and
// what it returns belongs to the caller.
func view[T any](s *Server, read func(Envelope) []T) []T {
	s.journal.mu.Lock()
	stored := s.journal.envelopes
	s.journal.mu.Unlock()
	var out []T
	for _, e := range stored {
		out = append(out, read(*e)...)
	}
	return out
}
