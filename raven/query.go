package raven

// queryEvent describes a query as the reference client does.
func queryEvent(sql, engine string) *Event {
	query := map[string]any{"query": sql}
	if engine != "" {
		query["engine"] = engine
	}
	return &Event{Message: sql, Interfaces: Interfaces{"sentry.interfaces.Query": query}}
}
