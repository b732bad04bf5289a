package hostiletest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
	"github.com/ravenkit/ravenkit/raven/ravenlogrus"
	"github.com/ravenkit/ravenkit/raven/ravenslog"
	"github.com/ravenkit/ravenkit/raven/ravenzap"
	"github.com/ravenkit/ravenkit/raven/ravenzerolog"
	"github.com/ravenkit/ravenkit/transporttest"
)

// attacker reads values and actions from the bytes of an input.
type attacker struct {
	input  []byte
	depth  int
	client *raven.Client
	rec    *transporttest.Recorder
	logger *slog.Logger
}

func (a *attacker) next() int {
	if len(a.input) == 0 {
		return 0
	}
	b := a.input[0]
	a.input = a.input[1:]
	return int(b)
}

func (a *attacker) text() string {
	n := min(a.next()%32, len(a.input))
	s := string(a.input[:n])
	a.input = a.input[n:]
	return s
}

// method is the behaviour of a hostile value's methods.
type method func() string

func (a *attacker) method() method {
	text := a.text()
	switch a.next() % 6 {
	case 0:
		return func() string { panic(text) }
	case 1:
		return func() string { panic(errors.New(text)) }
	case 2:
		return func() string { panic(hostile{method: func() string { panic(text) }}) }
	case 3:
		left := 3 // each call causes several more, so the number grows fast
		return func() string {
			if left--; left >= 0 {
				a.logger.Error(text, "again", hostile{method: func() string { return text }})
			}
			return text
		}
	case 4:
		return func() string {
			runtime.Goexit()
			return text
		}
	}
	return func() string { return text }
}

// hostile is a value whose methods all call method.
type hostile struct {
	method method
	wraps  int
	Public any
}

func (h hostile) Error() string                { return h.method() }
func (h hostile) String() string               { return h.method() }
func (h hostile) MarshalJSON() ([]byte, error) { return []byte(h.method()), nil }
func (h hostile) MarshalText() ([]byte, error) { return []byte(h.method()), nil }
func (h hostile) LogValue() slog.Value {
	return slog.GroupValue(slog.String("s", h.method()), slog.Any("v", h))
}

func (h hostile) Unwrap() error {
	if h.method() == "" || h.wraps > 20 {
		return nil
	}
	return hostile{method: h.method, wraps: h.wraps + 1}
}
func (h hostile) Is(error) bool { return h.method() == "" }
func (h hostile) StackTrace() []uintptr {
	return []uintptr{uintptr(len(h.method())), 1, math.MaxUint32}
}

func (h hostile) MarshalLogObject(e zapcore.ObjectEncoder) error {
	e.AddString("s", h.method())
	return nil
}
func (h hostile) FillEvent(ev *raven.Event) { ev.Message = h.method() }

// wrapping wraps an error as fmt.Errorf does, but does not call its Error
// method at once.
type wrapping struct{ error }

func (w wrapping) Unwrap() error { return w.error }

type pointed struct{ text string }

func (p *pointed) Error() string { return p.text }

func (a *attacker) value() any {
	if a.depth > 6 {
		return a.text()
	}
	a.depth++
	defer func() { a.depth-- }()
	switch a.next() % 20 {
	case 0:
		return a.text()
	case 1:
		return (*pointed)(nil)
	case 2:
		return hostile{method: a.method(), Public: a.value()}
	case 3:
		return &hostile{method: a.method()}
	case 4:
		m := map[string]any{a.text(): a.value()}
		m[a.text()] = m
		return m
	case 5:
		list := []any{a.value(), nil}
		list[1] = list
		return list
	case 6:
		ring := &struct{ Next, Value any }{Value: a.value()}
		ring.Next = ring
		return ring
	case 7:
		return []float64{math.NaN(), math.Inf(1), math.Copysign(0, -1), math.MaxFloat64}
	case 8:
		return make(chan int)
	case 9:
		return func() {}
	case 10:
		return json.RawMessage(a.text())
	case 11:
		return map[any]any{a.text(): a.value(), 1: nil, hostileKey(a.next()): a.value()}
	case 12:
		return errors.Join(nil, a.err(), wrapping{a.err()})
	case 13:
		v := any(a.text())
		for range 10 { // the fuzzing engine reports slower inputs as hung
			v = []any{v, v}
		}
		return v
	case 14:
		return struct {
			A any `json:"a,omitempty"`
			b any
			C *int
		}{a.value(), a.value(), nil}
	case 15:
		return http.Header{a.text(): {a.text()}}
	case 16:
		return url.URL{Host: a.text(), User: url.UserPassword(a.text(), a.text())}
	case 17:
		return json.Number(a.text())
	case 18:
		return []byte(a.text())
	case 19:
		return endless{}
	}
	return nil
}

// endless wraps a new error in every call of Unwrap.
type endless struct{}

func (endless) Error() string { return "endless" }
func (endless) Unwrap() error { return endless{} }

type hostileKey int

func (k hostileKey) String() string { panic(int(k)) }

func (a *attacker) err() error {
	if err, ok := a.value().(error); ok {
		return err
	}
	return errors.New(a.text())
}

// act calls one function of the client, an adapter or the middleware.
func (a *attacker) act(ctx context.Context) {
	switch a.next() % 14 {
	case 0:
		a.client.CaptureException(ctx, a.err(), raven.Extra{a.text(): a.value()})
	case 1:
		a.client.CaptureMessage(ctx, "%v %+v %d %s %q "+a.text(), raven.Params{a.value(), a.value(), a.value(), a.value()}, raven.Contexts{a.text(): a.value()})
	case 2:
		a.logger.ErrorContext(ctx, a.text(), "err", a.err(), a.text(), a.value(), "option", raven.Fingerprint{a.text()})
	case 3:
		a.logger.With(a.text(), a.value()).WithGroup(a.text()).WarnContext(ctx, a.text(), a.text(), a.value())
	case 4:
		z := zap.New(ravenzap.NewCore(a.client))
		v := a.value()
		fields := []zap.Field{zap.Any(a.text(), v), zap.NamedError(a.text(), a.err()), zap.Reflect(a.text(), v), {Key: a.text(), Type: zapcore.FieldType(a.next() % 32), Interface: v}}
		if o, ok := v.(zapcore.ObjectMarshaler); ok {
			fields = append(fields, zap.Object(a.text(), o), zap.Inline(o))
		}
		z.With(fields...).Error(a.text(), append(fields, zap.Error(a.err()))...)
		z.Warn(a.text(), fields...)
	case 5:
		hook := ravenlogrus.NewHook(a.client)
		data := logrus.Fields{logrus.ErrorKey: a.value(), a.text(): a.value()}
		_ = hook.Fire(&logrus.Entry{Level: logrus.Level(a.next() % 7), Message: a.text(), Data: data, Context: ctx})
	case 6:
		w := ravenzerolog.NewWriter(a.client, ravenzerolog.WithTags("tag", a.text()))
		line := []byte(`{"level":"error","error":` + a.text() + `,"tag":` + a.text() + `}`)
		_, _ = w.Write(line)
		_, _ = w.WriteLevel(zerolog.Level(a.next()%10-1), line)
	case 7:
		_, rc := raven.NewContext(ctx, a.client)
		rc.Merge(raven.Extra{a.text(): a.value()}, raven.User{ID: a.text(), Data: map[string]any{a.text(): a.value()}}, raven.Custom(hostile{method: a.method()}))
		_ = rc.Get()
		rc.With(ctx, func(ctx context.Context) { a.client.CaptureMessage(ctx, a.text(), raven.Stack(true)) })
	case 8:
		a.client.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: a.text(), Data: map[string]any{a.text(): a.value()}, Process: func(*raven.Breadcrumb) { _ = a.err().Error() }})
		_, _ = a.client.Deliver(ctx, &raven.Event{Message: a.text(), Interfaces: raven.Interfaces{a.text() + ".": a.value()}})
	case 9:
		defer a.client.Recover(ctx, raven.Lazy(func() []raven.CaptureOption { return []raven.CaptureOption{raven.Extra{a.text(): a.value()}} }))
		panic(a.value())
	case 10:
		a.serve(ctx)
	case 11:
		err := a.err()
		_, _ = ravenhttp.NewTransport(trips(func(*http.Request) (*http.Response, error) { return nil, err })).RoundTrip((&http.Request{Method: a.text()}).WithContext(ctx))
	case 12:
		a.rec.Fail(a.err())
	case 13:
		a.rec.Fail(nil)
	}
}

type trips func(*http.Request) (*http.Response, error)

func (f trips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

var errHandler = errors.New("the handler's own panic")

// serve runs act in a handler behind the middleware. The middleware's options
// are hostile too.
func (a *attacker) serve(ctx context.Context) {
	user, name := a.method(), a.method()
	pattern := "/" + strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune("{}/%", r) {
			return r
		}
		return -1
	}, a.text()) + "/{rest...}"
	mux := http.NewServeMux()
	mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
		both := make(chan bool)
		go func() {
			defer close(both)
			a.client.CaptureMessage(r.Context(), "from a goroutine of the handler")
		}()
		r.Header.Set("X-User", "changed")
		r.URL.Path = "changed"
		<-both
		if a.depth < 3 {
			a.depth++
			a.act(r.Context())
			a.depth--
		}
		if a.next()%2 == 0 {
			panic(errHandler)
		}
	})
	handler := ravenhttp.Middleware(a.client,
		ravenhttp.WithUser(func(r *http.Request) raven.User { return raven.User{ID: user() + r.PathValue("rest")} }),
		ravenhttp.WithTransaction(func(*http.Request) string { return name() }))(http.StripPrefix("", ravenhttp.Route(mux)))
	r := &http.Request{Method: a.text(), Host: a.text(), URL: &url.URL{Path: strings.TrimSuffix(pattern, "{rest...}") + a.text(), RawQuery: a.text()}, Header: http.Header{a.text(): {a.text()}, "Content-Type": {"text/plain"}}, Body: http.NoBody, RemoteAddr: a.text()}
	defer func() {
		if r := recover(); r != nil && r != errHandler {
			panic(r)
		}
	}()
	handler.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
}

// bridge is a slog handler that calls a function.
type bridge func(ctx context.Context, message string)

func (bridge) Enabled(context.Context, slog.Level) bool { return true }
func (b bridge) WithAttrs([]slog.Attr) slog.Handler     { return b }
func (b bridge) WithGroup(string) slog.Handler          { return b }

func (b bridge) Handle(ctx context.Context, r slog.Record) error {
	b(ctx, r.Message)
	return nil
}

// For all values and all behaviours of their methods, the client, its adapters
// and the middleware do not panic, every event has an outcome, and the client
// sends valid JSON.
func FuzzHostileValues(f *testing.F) {
	for action := range 14 {
		for kind := range 20 {
			f.Add([]byte{1, byte(action), 3, 'a', 'b', 'c', byte(kind), 2, 'd', 'e', byte(kind), byte(kind), 1, 'f', byte(action), byte(kind)})
		}
	}
	f.Add([]byte("\x0c\x01\x00\x02\x01a\x04")) // the transport's error calls Goexit
	f.Fuzz(func(t *testing.T, input []byte) {
		a := &attacker{input: input, rec: transporttest.NewRecorder()}
		ctx := context.Background()
		log := slog.New(bridge(func(ctx context.Context, message string) {
			a.client.CaptureMessage(ctx, message)
			panic("no log")
		}))
		client, err := raven.New("https://key@host.example/1", raven.WithTransport(a.rec), raven.WithLogger(log),
			raven.WithBeforeSend(func(_ context.Context, ev *raven.Event) *raven.Event { return ev }))
		if err != nil {
			t.Fatal(err)
		}
		a.client, a.logger = client, slog.New(ravenslog.NewHandler(client, nil, ravenslog.WithTags("tag")))
		in := func(fn func()) {
			done := make(chan bool)
			go func() { // a method may end this goroutine
				defer close(done)
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("panic: %v", r)
					}
				}()
				fn()
			}()
			<-done
		}
		for range 8 {
			in(func() { a.act(ctx) })
		}
		a.rec.Fail(nil)
		in(func() { _ = client.Close(ctx) }) // Close may log, and the log captures
		if stats := client.Stats(); stats.Pending != 0 {
			t.Errorf("events without an outcome: %+v", stats)
		}
		for _, p := range a.rec.Packets() {
			lines := bytes.Split(bytes.TrimSuffix(p.Body, []byte("\n")), []byte("\n"))
			for _, line := range lines {
				if !json.Valid(line) {
					t.Errorf("not JSON: %s", line)
				}
			}
		}
	})
}
