package sentrytest

// readRest reads what few events have.
func (e *Event) readRest(o object) {
	if t := o.sub("template", "sentry.interfaces.Template"); t.fields != nil {
		line, _ := t.integer("lineno")
		e.Template = &Template{
			Filename: t.text("filename"), AbsPath: t.text("abs_path"), Lineno: line, ContextLine: t.text("context_line"),
			PreContext: t.strings("pre_context"), PostContext: t.strings("post_context"),
		}
	}
	e.DebugMeta = o.mapping("debug_meta")
	for _, one := range o.values("errors") {
		e.Errors = append(e.Errors, one.fields)
	}
	if key, value := o.first("csp", "hpkp", "expectct", "expectstaple"); value != nil {
		e.Report = o.mapping(key)
	}
	e.StartTimestamp = o.time("start_timestamp")
	e.TransactionSource = o.sub("transaction_info").text("source")
	e.Spans = readSpans(o)
	e.Measurements = o.mapping("measurements")
}

func readSpans(o object) []Span {
	if _, isList := o.fields["spans"].([]any); !isList {
		return nil // validation has its own word for it
	}
	var out []Span
	for _, s := range o.values("spans") {
		out = append(out, Span{
			SpanID: s.text("span_id"), TraceID: s.text("trace_id"), ParentSpanID: s.text("parent_span_id"), Op: s.text("op"),
			Description: s.text("description"), Status: s.text("status"), Origin: s.text("origin"),
			StartTimestamp: s.time("start_timestamp"), Timestamp: s.time("timestamp"), Tags: readTags(s), Data: s.mapping("data"),
		})
	}
	return out
}
