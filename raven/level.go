package raven

import "strings"

// Level is how bad an event is. The zero value means [LevelError], the default
// for all events, messages included. As a [CaptureOption] it sets the level of
// one event; the empty Level changes nothing.
//
// Names of other systems ("warn", "critical", "log", "10" to "50") are
// translated when the event is encoded. Other levels are sent in lower case.
type Level string

// The levels that Sentry knows.
const (
	LevelDebug   Level = "debug"
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelFatal   Level = "fatal"
)

// canonical returns the word for l and the number that Raven for Python sends
// instead, 0 for none.
func (l Level) canonical() (word Level, number int) {
	switch word = Level(strings.ToLower(strings.TrimSpace(string(l)))); word {
	case LevelError, "", "err", "40":
		return LevelError, 40
	case LevelDebug, "trace", "10":
		return LevelDebug, 10
	case LevelInfo, "log", "notice", "20":
		return LevelInfo, 20
	case LevelWarning, "warn", "30":
		return LevelWarning, 30
	case LevelFatal, "critical", "panic", "50":
		return LevelFatal, 50
	}
	return word, 0
}
