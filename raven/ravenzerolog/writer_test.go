package ravenzerolog_test

import (
	"errors"
	"fmt"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
	"github.com/ravenkit/ravenkit/sentrytest"
)

func TestTheErrorBecomesTheException(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	logger := zerolog.New(ravenzerolog.NewWriter(client, ravenzerolog.WithLogger("shop"), ravenzerolog.WithTags("shard", "absent"))).
		With().Timestamp().Logger()

	logger.Error().Err(fmt.Errorf("pay: %w", errors.New("card declined"))).Int("id", 17).Int("shard", 7).
		Dict("order", zerolog.Dict().Str("from", "lyon")).Msg("checkout failed")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("checkout failed"), sentrytest.HasException("", "pay: card declined"),
		sentrytest.HasLevel("error"), sentrytest.HasExtra("id", 17), sentrytest.HasExtra("order.from", "lyon"), sentrytest.HasTag("shard", "7"))
	g := NewWithT(t)
	g.Expect(e.Logger).To(Equal("shop"))
	g.Expect(e.Extra).To(HaveLen(2), "level, message, time and tags are not extra data: %v", e.Extra)
	frames := e.Exceptions[0].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestTheErrorBecomesTheException"), "the stack ends at the logging call")
}

func TestLevels(t *testing.T) {
	t.Parallel()
	for level, want := range map[zerolog.Level]string{
		zerolog.TraceLevel: "debug", zerolog.DebugLevel: "debug", zerolog.InfoLevel: "info", zerolog.WarnLevel: "warning",
		zerolog.ErrorLevel: "error",
	} {
		client, rec := clienttest.Recorded(t)
		logger := zerolog.New(ravenzerolog.NewWriter(client, ravenzerolog.WithEventLevel(zerolog.TraceLevel)))
		logger.WithLevel(level).Msg("m")
		sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("m"), sentrytest.HasLevel(want))
	}
}

func TestTextThatIsNotJSONBecomesTheMessage(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	w := ravenzerolog.NewWriter(client)

	n, err := w.WriteLevel(zerolog.ErrorLevel, []byte("plain text\n"))
	g := NewWithT(t)
	g.Expect(n, err).To(Equal(11))
	n, err = w.Write([]byte("without a level"))
	g.Expect(n, err).To(Equal(15))

	sentrytest.RequireEvents(t, rec, 1, sentrytest.HasMessage("plain text"))
}

// zerolog panics after the write.
func TestAPanicRecordIsDeliveredBeforeThePanic(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	client, err := raven.New(srv.DSN())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(t.Context())
	defer func() {
		if recover() == nil {
			t.Error("zerolog did not panic")
		}
		if n := len(srv.Events()); n != 1 {
			t.Errorf("%d events had arrived when zerolog panicked", n)
		}
	}()
	logger := zerolog.New(ravenzerolog.NewWriter(client))
	logger.Panic().Msg("the end")
}
