package sentrytest

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
