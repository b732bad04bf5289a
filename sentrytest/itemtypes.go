package sentrytest

// Item types of envelopes that this package looks into (protocol section 4.5).
const (
	itemEvent        = "event"
	itemTransaction  = "transaction"
	itemAttachment   = "attachment"
	itemSession      = "session"
	itemSessions     = "sessions"
	itemCheckIn      = "check_in"
	itemLog          = "log"
	itemMetric       = "trace_metric"
	itemSpan         = "span"
	itemFeedback     = "feedback"
	itemUserReport   = "user_report"
	itemClientReport = "client_report"
)

// Kinds of attachments, as the attachment_type of their items has them (protocol section 4.4).
const (
	attachmentPlain         = "event.attachment"
	attachmentMinidump      = "event.minidump"
	attachmentViewHierarchy = "event.view_hierarchy"
	attachmentEventPayload  = "event.payload"
	attachmentBreadcrumbs   = "event.breadcrumbs"
)
