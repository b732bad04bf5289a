package ravenzerolog_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/rs/zerolog"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

type refusal struct {
	error
	key, text string
}

func (r refusal) MarshalZerologObject(e *zerolog.Event) { e.Str(r.key, r.text).Int("code", 51) }

func TestAnErrorWrittenAsAnObject(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"message", "error", "msg"} {
		client, rec := clienttest.Recorded(t)
		logger := zerolog.New(ravenzerolog.NewWriter(client))
		logger.Warn().Err(refusal{errors.New("x"), key, "card declined"}).Msg("a breadcrumb")
		logger.Error().Err(refusal{errors.New("x"), key, "card declined"}).Msg("failed")
		e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"), sentrytest.HasException("", "card declined"), sentrytest.HasExtra("error.code", 51))
		NewWithT(t).Expect(e.Breadcrumbs[0].Data).To(HaveKeyWithValue("error", "card declined"))
	}
	for written, want := range map[string]string{
		`{"level":"error","error":{"code":51}}`: `{"code":51}`,
		`{"level":"error","error":["a","b"]}`:   `["a","b"]`,
		`{"level":"error","error":51}`:          `51`,
	} {
		client, rec := clienttest.Recorded(t)
		_, _ = ravenzerolog.NewWriter(client).Write([]byte(written))
		sentrytest.RequireEvent(t, rec, sentrytest.HasException("", want))
	}
}

// io.MultiWriter passes on no levels.
func TestBehindAWriterWithoutLevels(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	var out bytes.Buffer
	logger := zerolog.New(io.MultiWriter(ravenzerolog.NewWriter(client), &out)).With().Str("shop", "lyon").Logger()
	logger.Debug().Msg("too small")
	logger.Info().Msg("signed in")
	logger.Log().Msg("without a level")
	logger.Error().Err(errors.New("card declined")).Msg("failed")

	g := NewWithT(t)
	e := sentrytest.RequireEvents(t, rec, 1, sentrytest.HasMessage("failed"), sentrytest.HasException("", "card declined"), sentrytest.HasExtra("shop", "lyon"))[0]
	g.Expect(e.Breadcrumbs).To(HaveLen(1))
	g.Expect(e.Breadcrumbs[0].Message).To(Equal("signed in"))
	frames := e.Exceptions[0].Stacktrace.Frames
	g.Expect(frames[len(frames)-1].Function).To(Equal("TestBehindAWriterWithoutLevels"), "the stack ends at the logging call")
	g.Expect(bytes.Count(out.Bytes(), []byte("\n"))).To(Equal(4))
}

func TestSeveralRecordsInOneWrite(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	w := ravenzerolog.NewWriter(client)
	text := []byte("{\"level\":\"error\",\"message\":\"one\"}\n{\"level\":\"error\",\"message\":\"two\"}\nno record\nnull\n{\"level\":7}\n{\"level\":\"loud\",\"message\":\"three\"}\n")
	n, err := w.Write(text)
	NewWithT(t).Expect(n, err).To(Equal(len(text)))
	sentrytest.RequireEvents(t, rec, 2)
}

func TestAFatalRecordReturnsALoss(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	rec.Fail(&transport.APIError{Status: 400, Message: "down"})
	w := ravenzerolog.NewWriter(client)
	_, err := w.WriteLevel(zerolog.ErrorLevel, []byte("lost"))
	g.Expect(err).NotTo(HaveOccurred(), "the program continues")
	n, err := w.WriteLevel(zerolog.FatalLevel, []byte("lost"))
	g.Expect(n).To(Equal(4))
	var lost *raven.LossError
	g.Expect(errors.As(err, &lost)).To(BeTrue())
	g.Expect(lost.Lost).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeRejected: 2}))
	_, err = w.Write([]byte(`{"level":"fatal","message":"lost"}`))
	g.Expect(err).NotTo(HaveOccurred(), "an error would stop io.MultiWriter")
}
