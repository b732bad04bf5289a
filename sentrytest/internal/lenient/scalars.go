package lenient

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Text returns the text of a scalar as Sentry does: as Python prints it,
// without the fraction of a number. It refuses numbers beyond 64 bits.
func Text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		if v {
			return "True", true
		}
		return "False", true
	case float64:
		if v = math.Trunc(v); v == 0 {
			return "0", true // not -0
		}
		return strconv.FormatFloat(v, 'f', 0, 64), math.Abs(v) < 1<<64
	case json.Number:
		_, signed := strconv.ParseInt(v.String(), 10, 64)
		_, unsigned := strconv.ParseUint(v.String(), 10, 64)
		return v.String(), signed == nil || unsigned == nil
	}
	return "", false
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
// zone is in UTC, and has to have a T before the time.
func Time(v any) (time.Time, bool) {
	switch v := v.(type) {
	case float64:
		return unixTime(v)
	case string:
		return date(v, true)
	}
	return time.Time{}, false
}

// Date reads a time with a zone as Relay does: RFC 3339, and such forms of it
// as 2006-01-02 15:04:05 +0000.
func Date(text string) (time.Time, bool) { return date(text, false) }

// dateForm has the dates that Relay reads.
var dateForm = regexp.MustCompile(`^\s*(\+?\d{1,4})-(\d{1,2})-(\d{1,2})(T|t\s*|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?\s*` +
	`(?:([Zz]|UTC|utc)|([-+−])([01]\d|2[0-3]):?([0-5]\d))?\s*$`)

func date(text string, naive bool) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil && !strings.Contains(text, ",") {
		return t.UTC(), true
	}
	m := dateForm.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false
	}
	hasZone := m[9] != "" || m[10] != ""
	if !hasZone && (!naive || m[4] != "T") {
		return time.Time{}, false
	}
	number := func(i int) int {
		n, _ := strconv.Atoi(m[i]) // at most four digits
		return n
	}
	year, month, day, hour, minute, second := number(1), number(2), number(3), number(5), number(6), number(7)
	// Seconds may be 60, for a leap second.
	if hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	if midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC); int(midnight.Month()) != month || midnight.Day() != day {
		return time.Time{}, false
	}
	if m[8] != "" {
		fraction, _ := strconv.ParseFloat("0"+m[8], 64) // digits behind a point
		t = t.Add(time.Duration(math.Round(fraction*1e6)) * time.Microsecond)
	}
	offset := time.Duration(number(11))*time.Hour + time.Duration(number(12))*time.Minute
	if m[10] == "+" {
		offset = -offset
	}
	return t.Add(offset), true
}

func unixTime(seconds float64) (time.Time, bool) {
	// A number beyond the year 9999 is in milliseconds, or no time at all.
	if math.IsNaN(seconds) || seconds < -62135596800 || seconds > 253402300799 {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(math.Round(fraction*1e6))*1000).UTC(), true
}
