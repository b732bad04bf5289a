package wire

// Item types of envelopes that this package looks into.
const (
	ItemEvent        = "event"
	ItemTransaction  = "transaction"
	ItemAttachment   = "attachment"
	ItemSession      = "session"
	ItemSessions     = "sessions"
	ItemCheckIn      = "check_in"
	ItemLog          = "log"
	ItemMetric       = "trace_metric"
	ItemSpan         = "span"
	ItemFeedback     = "feedback"
	ItemUserReport   = "user_report"
	ItemClientReport = "client_report"
)

// Kinds of attachments, as the attachment_type of their items has them.
const (
	AttachmentPlain         = "event.attachment"
	AttachmentMinidump      = "event.minidump"
	AttachmentViewHierarchy = "event.view_hierarchy"
	AttachmentEventPayload  = "event.payload"
	AttachmentBreadcrumbs   = "event.breadcrumbs"
)
