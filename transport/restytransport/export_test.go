package restytransport

import "log/slog"

// LogTo has resty's logger say something at each level.
func LogTo(to *slog.Logger) {
	l := logger{to}
	l.Errorf("said with %d", 1)
	l.Warnf("said with %d", 1)
	l.Debugf("said with %d", 1)
}
