package lenient

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/internal/jsontree"
	"github.com/ravenkit/ravenkit/sentrytest/internal/texts"
)

// Text reads a string, or the text of a boolean or a number, as Sentry does.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	}
	return "", false
}

// TagText returns the text of a tag's value as Sentry does: as Python prints
// it, without the fraction of a number.
func TagText(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool:
		if v {
			return "True", nil
		}
		return "False", nil
	case float64:
		if v = math.Trunc(v); v == 0 {
			return "0", nil // not -0
		}
		return strconv.FormatFloat(v, 'f', 0, 64), nil
	case json.Number:
		return v.String(), nil
	}
	return "", errors.New("expected a scalar, found " + texts.Shorten(jsontree.Show(v), 60))
}

// Level reads the name or the number of a level. Names are exact: "WARNING" is
// not one.
func Level(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		switch v {
		case "debug", "info", "warning", "error", "fatal":
			return v, true
		case "log":
			return "info", true
		case "critical":
			return "fatal", true
		}
	case float64:
		switch v {
		case 10:
			return "debug", true
		case 20:
			return "info", true
		case 30:
			return "warning", true
		case 40:
			return "error", true
		case 50:
			return "fatal", true
		}
	}
	return "", false
}

// Time reads a date or seconds since 1970, to the microsecond. A date without a
// zone is in UTC.
func Time(v any) (time.Time, bool) {
	switch v := v.(type) {
	case float64:
		return unixTime(v)
	case string:
		text := strings.TrimSpace(v)
		if t, ok := Date(text); ok {
			return t, true
		}
		if t, err := time.Parse("2006-01-02T15:04:05.999999999", joinDate(text)); err == nil {
			return t.UTC(), true
		}
		if seconds, err := strconv.ParseFloat(text, 64); err == nil {
			return unixTime(seconds)
		}
	}
	return time.Time{}, false
}

// Date reads a time with a zone as Relay does: RFC 3339, and such forms of it
// as 2006-01-02 15:04:05 +0000.
func Date(text string) (time.Time, bool) {
	text = joinDate(text)
	if rest, ok := strings.CutSuffix(text, "UTC"); ok {
		text = rest + "Z"
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// joinDate writes a date in capitals, with a T before the time and no blanks
// after it.
func joinDate(text string) string {
	const date = len("2006-01-02")
	text = strings.ToUpper(text)
	if len(text) <= date || text[date] != ' ' && text[date] != 'T' {
		return text
	}
	return text[:date] + "T" + strings.ReplaceAll(text[date+1:], " ", "")
}

func unixTime(seconds float64) (time.Time, bool) {
	// A number beyond the year 9999 is in milliseconds, or no time at all.
	if math.IsNaN(seconds) || seconds < -62135596800 || seconds > 253402300799 {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000).UTC(), true
}
