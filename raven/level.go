package raven

import "strings"

// Level is how bad an event is (protocol 5.4). The zero value stands for
// [LevelError], the reference client's default for every event, messages
// included. As a [CaptureOption] it sets the level of one event; the empty
// Level changes nothing.
//
// The names that other systems use ("warn", "critical", "log", "10" to "50")
// are translated when the event is encoded; anything else is sent as it is, in
// lower case.
type Level string

// The levels that Sentry knows.
const (
	LevelDebug   Level = "debug"
	LevelInfo    Level = "info"
	LevelWarning Level = "warning"
	LevelError   Level = "error"
	LevelFatal   Level = "fatal"
)

// canonical returns the word for l and the number that the reference client
// sends in its place, 0 where there is none.
func (l Level) canonical() (word Level, number int) {
	switch l {
	case LevelError, "":
		return LevelError, 40
	case LevelDebug:
		return LevelDebug, 10
	case LevelInfo:
		return LevelInfo, 20
	case LevelWarning:
		return LevelWarning, 30
	case LevelFatal:
		return LevelFatal, 50
	}
	switch word = Level(strings.ToLower(strings.TrimSpace(string(l)))); word {
	case l:
	case "", LevelError, LevelDebug, LevelInfo, LevelWarning, LevelFatal:
		return word.canonical()
	}
	switch word {
	case "warn", "30":
		return LevelWarning, 30
	case "critical", "panic", "50":
		return LevelFatal, 50
	case "log", "notice", "20":
		return LevelInfo, 20
	case "trace", "10":
		return LevelDebug, 10
	case "err", "40":
		return LevelError, 40
	}
	return word, 0
}
