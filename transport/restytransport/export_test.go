package restytransport

import "log/slog"

// LogTo logs one line at each level through resty's logger.
func LogTo(to *slog.Logger) {
	l := logger{to}
	l.Errorf("said with %d", 1)
	l.Warnf("said with %d", 1)
	l.Debugf("said with %d", 1)
}
