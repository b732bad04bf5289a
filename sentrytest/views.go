package sentrytest

// Events returns the events that were accepted: bodies of the store endpoint,
// envelope items of type "event", reports of browsers and minidumps.
// [Server.Transactions], [Server.Sessions] and so on return the other items,
// and [Server.Envelopes] has every item.
func (v *scope) Events() []Event { return v.eventCopies(v.all().events) }

// Transactions returns the transactions that were accepted: items of type
// "transaction", and bodies of the store endpoint of that type. They are not
// among the Events.
func (v *scope) Transactions() []Event { return v.eventCopies(v.all().traces) }

// Envelopes returns the envelopes that were accepted, with items of every type.
func (v *scope) Envelopes() []Envelope {
	return copies(v, v.all().envelopes, func(_ *packed, e *entry) Envelope { return e.envelope.Clone() })
}

// Requests returns every request that arrived, refused and scripted ones
// included, in the order in which their bodies were complete. CORS preflights
// are not recorded.
func (v *scope) Requests() []Request {
	return copies(v, v.all().requests, func(_ *packed, e *entry) Request { return e.request.clone() })
}

// Rejected returns the requests that were refused because of their contents,
// with the reason that the client got.
func (v *scope) Rejected() []Rejection {
	return copies(v, v.all().rejected, func(_ *packed, e *entry) Rejection { return e.rejection.clone() })
}

// Sessions returns the sessions that were accepted: see [Envelope.Sessions].
func (v *scope) Sessions() []Session { return read(v, Envelope.Sessions) }

// CheckIns returns the check-ins that were accepted: see [Envelope.CheckIns].
func (v *scope) CheckIns() []CheckIn { return read(v, Envelope.CheckIns) }

// Logs returns the log records that were accepted: see [Envelope.Logs].
func (v *scope) Logs() []Log { return read(v, Envelope.Logs) }

// Metrics returns the metrics that were accepted: see [Envelope.Metrics].
func (v *scope) Metrics() []Metric { return read(v, Envelope.Metrics) }

// Feedback returns the feedback and user reports that were accepted: see
// [Envelope.Feedback].
func (v *scope) Feedback() []Feedback { return read(v, Envelope.Feedback) }

// ClientReports returns the client reports that were accepted: see
// [Envelope.ClientReports].
func (v *scope) ClientReports() []ClientReport { return read(v, Envelope.ClientReports) }

// Attachments returns the attachments that were accepted, those of minidump
// uploads included: see [Envelope.Attachments]. [Event.Attachments] has those
// of one event.
func (v *scope) Attachments() []Attachment { return read(v, Envelope.Attachments) }

// read reads something out of every envelope, anew at each call, so that
// accepting an envelope costs less and the caller owns the result.
func read[T any](v *scope, from func(Envelope) []T) []T {
	var out []T
	visit(v, v.all().envelopes, func(_ *packed, e *entry) { out = append(out, from(*e.envelope)...) })
	return out
}
