package adapterstest

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
)

// logs are the ways to log with a library whose adapter is named "shop".
type logs struct {
	debug, info, warn, fail func(ctx context.Context, text string)
}

// adapters make a logger of each library, over a client. low asks for events
// from warnings up and breadcrumbs from debug up.
var adapters = map[string]func(client *raven.Client, low bool) logs{
	"slog": func(client *raven.Client, low bool) logs {
		opts := []ravenslog.Option{ravenslog.WithLogger("shop")}
		if low {
			opts = append(opts, ravenslog.WithEventLevel(slog.LevelWarn), ravenslog.WithBreadcrumbLevel(slog.LevelDebug))
		}
		l := slog.New(ravenslog.NewHandler(client, nil, opts...))
		at := func(level slog.Level) func(context.Context, string) {
			return func(ctx context.Context, text string) { l.Log(ctx, level, text) }
		}
		return logs{at(slog.LevelDebug), at(slog.LevelInfo), at(slog.LevelWarn), at(slog.LevelError)}
	},
	"zap": func(client *raven.Client, low bool) logs {
		var settings []ravenzap.Setting
		if low {
			settings = append(settings, ravenzap.WithEventLevel(zapcore.WarnLevel), ravenzap.WithBreadcrumbLevel(zapcore.DebugLevel))
		}
		l := zap.New(ravenzap.NewCore(client, settings...)).Named("shop")
		at := func(level zapcore.Level) func(context.Context, string) {
			return func(ctx context.Context, text string) { l.Log(level, text, ravenzap.Context(ctx)) }
		}
		return logs{at(zapcore.DebugLevel), at(zapcore.InfoLevel), at(zapcore.WarnLevel), at(zapcore.ErrorLevel)}
	},
	"logrus": func(client *raven.Client, low bool) logs {
		opts := []ravenlogrus.Option{ravenlogrus.WithLogger("shop")}
		if low {
			opts = append(opts, ravenlogrus.WithEventLevel(logrus.WarnLevel), ravenlogrus.WithBreadcrumbLevel(logrus.DebugLevel))
		}
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.SetLevel(logrus.TraceLevel)
		l.AddHook(ravenlogrus.NewHook(client, opts...))
		at := func(level logrus.Level) func(context.Context, string) {
			return func(ctx context.Context, text string) { l.WithContext(ctx).Log(level, text) }
		}
		return logs{at(logrus.DebugLevel), at(logrus.InfoLevel), at(logrus.WarnLevel), at(logrus.ErrorLevel)}
	},
	"zerolog": func(client *raven.Client, low bool) logs {
		opts := []ravenzerolog.Option{ravenzerolog.WithLogger("shop")}
		if low {
			opts = append(opts, ravenzerolog.WithEventLevel(zerolog.WarnLevel), ravenzerolog.WithBreadcrumbLevel(zerolog.DebugLevel))
		}
		w := ravenzerolog.NewWriter(client, opts...)
		at := func(level zerolog.Level) func(context.Context, string) {
			return func(ctx context.Context, text string) {
				l := zerolog.New(w.WithContext(ctx))
				l.WithLevel(level).Msg(text)
			}
		}
		return logs{at(zerolog.DebugLevel), at(zerolog.InfoLevel), at(zerolog.WarnLevel), at(zerolog.ErrorLevel)}
	},
}

// Errors are events and infos are breadcrumbs, unless other levels are asked for.
// The logger's name is in both.
func TestAdaptersReportFromTheirLevelsUp(t *testing.T) {
	t.Parallel()
	for name, adapter := range adapters {
		for low, want := range map[bool]struct {
			event  string
			crumbs []string
		}{
			false: {"an error", []string{"an info", "a warning"}},
			true:  {"a warning", []string{"a debug", "an info"}},
		} {
			g := NewWithT(t)
			client, rec := clienttest.Recorded(t)
			ctx, _ := raven.NewContext(t.Context(), client)
			l := adapter(client, low)
			l.debug(ctx, "a debug")
			l.info(ctx, "an info")
			l.warn(ctx, "a warning")
			l.fail(ctx, "an error")
			e := rec.Events()[0]
			g.Expect(e.Message).To(Equal(want.event), name)
			g.Expect(e.Logger).To(Equal("shop"), name)
			var crumbs []string
			for _, b := range e.Breadcrumbs {
				crumbs = append(crumbs, b.Message)
				g.Expect(b.Category).To(Equal("shop"), name)
			}
			g.Expect(crumbs).To(Equal(want.crumbs), name)
		}
	}
}

// An adapter without a client uses the default one, as it is when something is
// logged.
func TestAdaptersWithoutAClientUseTheDefaultOne(t *testing.T) {
	t.Cleanup(func() { raven.SetDefault(nil) })
	for name, adapter := range adapters {
		client, rec := clienttest.Recorded(t)
		l := adapter(nil, false)
		l.fail(t.Context(), "too early")
		raven.SetDefault(client)
		l.fail(t.Context(), "in time")
		raven.SetDefault(nil)
		l.fail(t.Context(), "too late")
		var got []string
		for _, e := range rec.Events() {
			got = append(got, e.Message)
		}
		NewWithT(t).Expect(got).To(Equal([]string{"in time"}), name)
	}
}

// Fields that are for the client alone are not in what other cores write.
func TestOtherCoresOfZapSkipWhatIsForTheClient(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, _ := clienttest.Recorded(t)
	ctx, _ := raven.NewContext(t.Context(), client)
	var out bytes.Buffer
	writes := zapcore.NewCore(zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "m"}), zapcore.AddSync(&out), zapcore.DebugLevel)
	zap.New(zapcore.NewTee(writes, ravenzap.NewCore(client))).With(ravenzap.Context(ctx)).Error("x", ravenzap.Option(raven.Tags{"a": "b"}))
	g.Expect(out.String()).To(Equal(`{"m":"x"}` + "\n"))
}

// logrus fires no hook behind one that could not deliver what ends the program.
func TestHooksOfLogrusBehindAFailure(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		level logrus.Level
		want  []logrus.Level
	}{{logrus.ErrorLevel, []logrus.Level{logrus.ErrorLevel}}, {logrus.FatalLevel, nil}} {
		client, rec := clienttest.Recorded(t)
		rec.Fail(io.ErrUnexpectedEOF)
		l := logrus.New()
		l.SetOutput(io.Discard)
		l.ExitFunc = func(int) {}
		behind := new(firing)
		l.AddHook(ravenlogrus.NewHook(client))
		l.AddHook(behind)
		l.Log(tt.level, "x")
		NewWithT(t).Expect(behind.fired).To(Equal(tt.want), "%s", tt.level)
	}
}

type firing struct{ fired []logrus.Level }

func (f *firing) Levels() []logrus.Level { return logrus.AllLevels }
func (f *firing) Fire(e *logrus.Entry) error {
	f.fired = append(f.fired, e.Level)
	return nil
}
