package ravenzap_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"
	pkgerrors "github.com/pkg/errors"
	"go.uber.org/zap"

	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
)

//go:noinline
func origin() error { return pkgerrors.New("made here") }

// wrapped is a function of the program that logs for its callers.
//
//go:noinline
func wrapped(logger *zap.Logger, err error) { logger.Error("failed", zap.Error(err)) }

// The stack ends at the caller that zap names, else at the call of zap. An
// error's own stack has precedence.
func TestWhereAStackEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		opts []zap.Option
		err  error
		want string
	}{
		"no caller":       {nil, errors.New("x"), "wrapped"},
		"the caller":      {[]zap.Option{zap.AddCaller()}, errors.New("x"), "wrapped"},
		"the caller's":    {[]zap.Option{zap.AddCaller(), zap.AddCallerSkip(1)}, errors.New("x"), "TestWhereAStackEnds.func1"},
		"the error's own": {[]zap.Option{zap.AddCaller()}, origin(), "origin"},
		"own, no caller":  {nil, origin(), "origin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			wrapped(zap.New(ravenzap.NewCore(client), tt.opts...), tt.err)
			frames := rec.Events()[0].Exceptions[0].Stacktrace.Frames
			NewWithT(t).Expect(frames[len(frames)-1].Function).To(Equal(tt.want))
		})
	}
}
