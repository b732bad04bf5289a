package raven

import (
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsonvalue"
)

// eventFields maps the other top-level keys of events to the fields of [Event],
// or to "" if the client sets them.
var eventFields = map[string]string{
	"breadcrumbs": "Breadcrumbs",
	"contexts":    "Contexts",
	"culprit":     "Culprit",
	"dist":        "Dist",
	"environment": "Environment",
	"event_id":    "EventID",
	"exception":   "Exceptions",
	"extra":       "Extra",
	"fingerprint": "Fingerprint",
	"level":       "Level",
	"logentry":    "Message",
	"logger":      "Logger",
	"message":     "Message",
	"modules":     "Modules",
	"platform":    "Platform",
	"project":     "",
	"release":     "Release",
	"repos":       "",
	"request":     "Request",
	"sdk":         "",
	"server_name": "ServerName",
	"stacktrace":  "Stacktrace",
	"tags":        "Tags",
	"threads":     "Threads",
	"time_spent":  "TimeSpent",
	"timestamp":   "Timestamp",
	"transaction": "Transaction",
	"user":        "User",
}

// check refuses keys that the event has already.
func (o Interfaces) check() error {
	for _, key := range jsonvalue.SortedKeys(nil, o) {
		switch field, taken := eventFields[key]; {
		case taken && field != "":
			return fmt.Errorf("raven: Interfaces has the key %q; set Event.%s in its place", key, field)
		case taken:
			return fmt.Errorf("raven: Interfaces has the key %q, which the client sets itself", key)
		}
	}
	return nil
}

// checkInterfaces checks the Interfaces of an event and its options.
func checkInterfaces(ev *Event, opts []CaptureOption) error {
	if err := ev.Interfaces.check(); err != nil {
		return err
	}
	for _, o := range opts {
		if o, ok := o.(Interfaces); ok {
			if err := o.check(); err != nil {
				return err
			}
		}
	}
	return nil
}

// sends reports whether a key of Interfaces is sent.
func (d *draft) sends(key string) bool {
	if d.bare {
		_, taken := eventFields[key]
		return !taken
	}
	return strings.Contains(key, ".")
}
