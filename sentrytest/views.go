package sentrytest

// Transactions returns the transactions that the server accepted, in the order
// of arrival: items of type "transaction", and bodies of the store endpoint of
// that type. They are no part of [Server.Events].
func (s *Server) Transactions() []Event {
	return s.scope().transactions()
}

// Sessions returns the sessions that the server accepted, in the order of
// arrival: see [Envelope.Sessions].
func (s *Server) Sessions() []Session { return read(s.scope(), Envelope.Sessions) }

// CheckIns returns the check-ins that the server accepted, in the order of
// arrival: see [Envelope.CheckIns].
func (s *Server) CheckIns() []CheckIn { return read(s.scope(), Envelope.CheckIns) }

// Logs returns the log records that the server accepted, in the order of
// arrival: see [Envelope.Logs].
func (s *Server) Logs() []Log { return read(s.scope(), Envelope.Logs) }

// Metrics returns the metrics that the server accepted, in the order of
// arrival: see [Envelope.Metrics].
func (s *Server) Metrics() []Metric { return read(s.scope(), Envelope.Metrics) }

// Feedback returns the feedback and user reports that the server accepted, in
// the order of arrival: see [Envelope.Feedback].
func (s *Server) Feedback() []Feedback { return read(s.scope(), Envelope.Feedback) }

// ClientReports returns the client reports that the server accepted, in the
// order of arrival: see [Envelope.ClientReports].
func (s *Server) ClientReports() []ClientReport { return read(s.scope(), Envelope.ClientReports) }

// Attachments returns the attachments that the server accepted, of minidump
// uploads too, in the order of arrival: see [Envelope.Attachments]. Those of
// one event are in [Event.Attachments] as well.
func (s *Server) Attachments() []Attachment { return read(s.scope(), Envelope.Attachments) }

// read reads something out of every envelope, each time anew: that is work
// which accepting them does not wait for, and what it returns belongs to the
// caller.
func read[T any](v scope, from func(Envelope) []T) []T {
	v.journal.mu.Lock()
	stored := v.journal.envelopes
	v.journal.mu.Unlock()
	var out []T
	for _, e := range stored {
		if v.sees(&e.Received) {
			out = append(out, from(*e)...)
		}
	}
	return out
}

// Transactions is [Server.Transactions] of what the tenant owns.
func (t *Tenant) Transactions() []Event { return t.scope().transactions() }

// Sessions is [Server.Sessions] of what the tenant owns.
func (t *Tenant) Sessions() []Session { return read(t.scope(), Envelope.Sessions) }

// CheckIns is [Server.CheckIns] of what the tenant owns.
func (t *Tenant) CheckIns() []CheckIn { return read(t.scope(), Envelope.CheckIns) }

// Logs is [Server.Logs] of what the tenant owns.
func (t *Tenant) Logs() []Log { return read(t.scope(), Envelope.Logs) }

// Metrics is [Server.Metrics] of what the tenant owns.
func (t *Tenant) Metrics() []Metric { return read(t.scope(), Envelope.Metrics) }

// Feedback is [Server.Feedback] of what the tenant owns.
func (t *Tenant) Feedback() []Feedback { return read(t.scope(), Envelope.Feedback) }

// ClientReports is [Server.ClientReports] of what the tenant owns.
func (t *Tenant) ClientReports() []ClientReport { return read(t.scope(), Envelope.ClientReports) }

// Attachments is [Server.Attachments] of what the tenant owns.
func (t *Tenant) Attachments() []Attachment { return read(t.scope(), Envelope.Attachments) }

// Findings is [Server.Findings] of what the tenant owns.
func (t *Tenant) Findings() []RequestFindings { return t.scope().records().findings() }
