package seglog

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestAnAgeCountsIfTheClockAgreesWithTheTimeThatPassed(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name                 string
		byClock, age, passed time.Duration // of the newest frame; at the scan; since
		want                 bool
	}{
		{"old", 4 * day, 3 * day, day, true},
		{"young", 2 * day, day, day, false},
		{"the clock jumped ahead", 4 * day, day, day, false},
		{"the clock jumped back", 2 * day, 3 * day, day, false},
		{"the clock was ahead at the start", 2 * day, 4 * day, time.Minute, false},
		{"the clock is ahead since the start", 4 * day, 4 * day, time.Minute, false},
		{"the clock was not set at the append", 20 * 365 * day, 20 * 365 * day, day, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := time.Now()
			s := &segment{newest: now.Add(-c.byClock).UnixNano(), age: c.age, since: now.Add(-c.passed)}
			NewWithT(t).Expect(s.expired(3 * day)).To(Equal(c.want))
		})
	}
}
