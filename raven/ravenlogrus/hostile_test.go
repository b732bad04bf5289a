package ravenlogrus_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sirupsen/logrus"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

type declined struct{ code int }

func (d *declined) Error() string { return string(rune(d.code)) }

func TestBrokenFieldsDoNotAffectOthers(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	hook := ravenlogrus.NewHook(client)
	entry := func(level logrus.Level, message string, data logrus.Fields) *logrus.Entry {
		return &logrus.Entry{Level: level, Message: message, Data: data}
	}
	g := NewWithT(t)
	g.Expect(hook.Fire(entry(logrus.WarnLevel, "a breadcrumb", logrus.Fields{logrus.ErrorKey: (*declined)(nil)}))).To(Succeed())
	g.Expect(hook.Fire(entry(logrus.ErrorLevel, "failed", logrus.Fields{logrus.ErrorKey: (*declined)(nil), "cause": (*declined)(nil)}))).To(Succeed())

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("failed"), sentrytest.HasException("*ravenlogrus_test.declined", "<nil>"), sentrytest.HasExtra("cause", "<nil>"))
	g.Expect(e.Breadcrumbs[0].Data).To(Equal(map[string]any{"error": "<nil>"}))
}

func TestAFatalEntryReturnsALoss(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	rec.Fail(&transport.APIError{Status: 400, Message: "down"})
	hook := ravenlogrus.NewHook(client)
	var lost *raven.LossError
	g.Expect(hook.Fire(&logrus.Entry{Level: logrus.ErrorLevel, Message: "lost"})).To(Succeed(), "the program continues")
	g.Expect(errors.As(hook.Fire(&logrus.Entry{Level: logrus.FatalLevel, Message: "lost"}), &lost)).To(BeTrue())
	g.Expect(lost.Lost).To(Equal(map[raven.OutcomeKind]uint64{raven.OutcomeRejected: 2}))
}
