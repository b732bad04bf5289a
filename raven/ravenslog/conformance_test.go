package ravenslog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestTheWrappedHandlerPassesSlogtest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		out.Reset()
		client, _ := clienttest.Recorded(t)
		return ravenslog.NewHandler(client, slog.NewJSONHandler(&out, nil))
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		if err := json.Unmarshal(out.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}

func TestEventsPassSlogtest(t *testing.T) {
	t.Parallel()
	var latest func() sentrytest.Event
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		client, rec := clienttest.Recorded(t)
		latest = func() sentrytest.Event { return rec.Events()[0] }
		return ravenslog.NewHandler(client, nil, ravenslog.WithEventLevel(slog.LevelInfo))
	}, func(t *testing.T) map[string]any {
		m := asRecord(latest())
		// Without a record's time, the event has the time of the capture.
		if strings.HasSuffix(t.Name(), "/zero-time") {
			if m[slog.TimeKey].(time.Time).IsZero() {
				t.Error("the event has no time")
			}
			delete(m, slog.TimeKey)
		}
		return m
	})
}

// asRecord returns an event in the form that slogtest reads.
func asRecord(e sentrytest.Event) map[string]any {
	m := map[string]any{slog.LevelKey: slog.LevelInfo, slog.MessageKey: e.Message, slog.TimeKey: e.Timestamp}
	maps.Copy(m, e.Extra)
	return m
}
