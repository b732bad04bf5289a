package raven_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transport"
)

// says is an error whose methods are functions.
type says struct {
	text   func() string
	unwrap func() error
	is     func(error) bool
}

func (s *says) Error() string                { return s.text() }
func (s *says) MarshalJSON() ([]byte, error) { return []byte(`"` + s.text() + `"`), nil }

func (s *says) Unwrap() error {
	if s.unwrap == nil {
		return nil
	}
	return s.unwrap()
}

func (s *says) Is(target error) bool { return s.is != nil && s.is(target) }

type filledBy func(*raven.Event)

func (f filledBy) FillEvent(ev *raven.Event) { f(ev) }

// If the goroutine ends during a capture, the event still has an outcome. A
// failed assertion in BeforeSend ends the goroutine of a test.
func TestAGoroutineThatEndsInACapture(t *testing.T) {
	exit := func() string { runtime.Goexit(); return "" }
	for _, tt := range []struct {
		name    string
		opts    []raven.Option
		capture func(context.Context, *raven.Client)
	}{
		{name: "BeforeSend", opts: []raven.Option{raven.WithBeforeSend(func(context.Context, *raven.Event) *raven.Event { exit(); return nil })}},
		{name: "a processor", opts: []raven.Option{raven.WithProcessors(raven.ProcessorFunc(func(context.Context, *raven.Event) *raven.Event { exit(); return nil }))}},
		{name: "Matching", opts: []raven.Option{raven.WithIgnore(raven.Matching(func(error) bool { exit(); return true }))}},
		{name: "Error", capture: func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, &says{text: exit}) }},
		{name: "Unwrap", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureException(ctx, &says{text: func() string { return "x" }, unwrap: func() error { exit(); return nil }})
		}},
		{name: "MarshalJSON", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureMessage(ctx, "x", raven.Extra{"v": &says{text: exit}})
		}},
		{name: "a parameter", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureMessage(ctx, "%v", raven.Params{&says{text: exit}})
		}},
		{name: "Lazy", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureMessage(ctx, "x", raven.Lazy(func() []raven.CaptureOption { exit(); return nil }))
		}},
		{name: "Custom", capture: func(ctx context.Context, c *raven.Client) {
			c.Capture(ctx, nil, raven.Custom(filledBy(func(*raven.Event) { exit() })))
		}},
		{name: "Process", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Process: func(*raven.Breadcrumb) { exit() }})
			c.CaptureMessage(ctx, "x")
		}},
		{
			name: "Deliver", opts: []raven.Option{raven.WithBeforeSend(func(context.Context, *raven.Event) *raven.Event { exit(); return nil })},
			capture: func(ctx context.Context, c *raven.Client) { _, _ = c.Deliver(ctx, &raven.Event{Message: "x"}) },
		},
		{name: "Send", capture: func(ctx context.Context, c *raven.Client) {
			_ = c.Send(ctx, &raven.Event{Message: "x", Extra: raven.Extra{"v": &says{text: exit}}})
		}},
		{name: "the data of a breadcrumb", capture: func(ctx context.Context, c *raven.Client) {
			c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Process: func(b *raven.Breadcrumb) { b.Data = map[string]any{"v": &says{text: exit}} }})
			c.CaptureMessage(ctx, "x")
		}},
		{name: "Recover", capture: func(ctx context.Context, c *raven.Client) {
			defer c.Recover(ctx)
			panic(&says{text: exit})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := NewWithT(t)
			logs, log := newLog()
			c, rec := newRecorded(t, testDSN, append(tt.opts, log)...)
			if tt.capture == nil {
				tt.capture = func(ctx context.Context, c *raven.Client) { c.CaptureException(ctx, errors.New("x")) }
			}
			done := make(chan bool)
			go func() {
				defer close(done)
				tt.capture(t.Context(), c)
				t.Error("the goroutine went on")
			}()
			<-done
			g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Invalid: 1}))
			g.Expect(rec.all()).To(BeEmpty())
			if tt.name != "Deliver" && tt.name != "Send" {
				g.Expect(logs.String()).To(ContainSubstring("ended the goroutine with runtime.Goexit"))
			}
		})
	}
}

// ending is an asynchronous transport that ends the goroutine that calls it.
type ending struct{ recorder }

func (*ending) SendAsync(context.Context, *transport.Packet, func(*transport.Response, error)) {
	runtime.Goexit()
}
func (*ending) Flush(context.Context) error { return nil }

func TestAQueueThatEndsTheGoroutine(t *testing.T) {
	for _, send := range []func(context.Context, *raven.Client){
		func(ctx context.Context, c *raven.Client) { c.CaptureMessage(ctx, "x") },
		func(ctx context.Context, c *raven.Client) { _ = c.Send(ctx, &raven.Event{Message: "x"}) },
	} {
		c := newOver(t, new(ending), testDSN, quiet)
		done := make(chan bool)
		go func() {
			defer close(done)
			send(t.Context(), c)
		}()
		<-done
		NewWithT(t).Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Network: 1}))
	}
}

func TestParametersThatHoldThemselves(t *testing.T) {
	m, list := map[string]any{}, make([]any, 1)
	m["password"], m["me"], list[0] = "hunter2", m, list
	deep, many := any("leaf"), any("leaf")
	for range 1_000_000 {
		deep = []any{deep}
	}
	for range 60 {
		many = []any{many, many}
	}
	for _, dsn := range []string{testDSN, storeDSN} {
		g := NewWithT(t)
		c, rec := newRecorded(t, dsn)
		c.CaptureMessage(t.Context(), "map %v, list %+v, deep %v, many %d, plain %v %05d", raven.Params{m, list, deep, many, []int{1}, 7})
		ev := only(t, rec)
		text, _ := ev.at("logentry", "formatted").(string)
		if dsn == storeDSN {
			text, _ = ev["message"].(string)
		}
		g.Expect(text).To(And(HavePrefix(`map {"me":"<...>","password":"********"}, list ["<...>"], deep [[[[[`), HaveSuffix(", plain [1] 00007")))
		g.Expect(len(text)).To(BeNumerically("<", 100_000))
	}
}

// fmt follows the pointer in its message about a verb that is invalid for
// pointers.
func TestAParameterBehindThePointerOfAnother(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	m := map[string]any{}
	m["me"] = m
	c.CaptureMessage(t.Context(), "%s", raven.Params{&struct{ In *struct{ M any } }{&struct{ M any }{m}}})
	g.Expect(only(t, rec).at("logentry", "formatted")).To(Equal(`{"In":{"M":{"me":"<...>"}}}`))
}

// fmt gives up on a value whose panic panics when it is printed.
func TestAParameterThatPanicsTwice(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	twice := &says{text: func() string { panic(&says{text: func() string { panic("again") }}) }}
	c.CaptureMessage(t.Context(), "%s and %d", raven.Params{twice, 7})
	g.Expect(only(t, rec).at("logentry", "formatted")).To(HaveSuffix("panicked: *raven_test.says> and 7"))
}

// A method captures its own receiver, directly or by logging it.
func TestMethodsThatCaptureEnd(t *testing.T) {
	for name, capture := range map[string]func(context.Context, *raven.Client, *says){
		"an error":    func(ctx context.Context, c *raven.Client, e *says) { c.CaptureException(ctx, e) },
		"an extra":    func(ctx context.Context, c *raven.Client, e *says) { c.CaptureMessage(ctx, "x", raven.Extra{"v": e}) },
		"a parameter": func(ctx context.Context, c *raven.Client, e *says) { c.CaptureMessage(ctx, "%v", raven.Params{e}) },
		"a panic":     func(ctx context.Context, c *raven.Client, e *says) { defer c.Recover(ctx); panic(e) },
		"a breadcrumb": func(ctx context.Context, c *raven.Client, e *says) {
			c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "m", Process: func(*raven.Breadcrumb) { _ = e.Error() }})
			c.CaptureMessage(ctx, "x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newRecorded(t, testDSN)
			e := new(says)
			calls := 0
			e.text = func() string {
				calls++
				capture(t.Context(), c, e)
				return "x"
			}
			capture(t.Context(), c, e)
			g := NewWithT(t)
			g.Expect(calls).To(BeNumerically("<", 100))
			g.Expect(c.Stats().Invalid).To(BeNumerically(">", 0), "the innermost are refused")
			g.Expect(c.Stats().Pending).To(BeZero())
		})
	}
}

// A dialer or a transport of the program may return errors of the program's
// types.
func TestATransportWhoseErrorsAreBroken(t *testing.T) {
	boom := func() string { panic("no text") }
	var endless func() error
	endless = func() error { return &says{text: func() string { return "x" }, unwrap: endless} }
	for name, err := range map[string]error{
		"Error":     &says{text: boom},
		"typed nil": (*says)(nil),
		"Is":        &says{text: func() string { return "x" }, is: func(error) bool { panic("no") }},
		"Unwrap":    &says{text: func() string { return "x" }, unwrap: func() error { panic("no") }},
		"endless":   endless(),
		"wrapped":   &transport.NetworkError{EventID: "E", Host: "h", Err: &says{text: boom}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			tr, failed := transport.NewThreaded(&recorder{answer: answerWith("", err)}, transport.ThreadedConfig{Workers: 1})
			g.Expect(failed).NotTo(HaveOccurred())
			for _, tr := range []transport.Transport{tr, &recorder{answer: answerWith("", err)}} {
				logs, log := newLog()
				c := newOver(t, tr, testDSN, log)
				c.CaptureMessage(t.Context(), "x")
				var lost *raven.LossError
				g.Expect(errors.As(c.Flush(t.Context()), &lost)).To(BeTrue())
				g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Network: 1}))
				g.Expect(logs.lines()).To(HaveLen(1))
			}
		})
	}
}

func TestATransportWhoseErrorEndsTheGoroutine(t *testing.T) {
	rec := &recorder{answer: answerWith("", &says{text: func() string { runtime.Goexit(); return "" }})}
	for _, tr := range []transport.Transport{rec, threaded(t, rec)} {
		c := newOver(t, tr, testDSN, quiet)
		done := make(chan bool)
		go func() {
			defer close(done)
			c.CaptureMessage(t.Context(), "x")
		}()
		<-done
		_ = c.Flush(t.Context()) // an event is lost
		NewWithT(t).Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Network: 1}))
	}
}

// A RoundTripper of the program panics; the other target works.
func TestATeeWhoseTargetPanics(t *testing.T) {
	g := NewWithT(t)
	sentry := new(recorder)
	first, err := transport.ParseDSN(testDSN)
	g.Expect(err).NotTo(HaveOccurred())
	for _, bad := range []func(*transport.Packet) (*transport.Response, error){
		func(*transport.Packet) (*transport.Response, error) { panic("down") },
		func(*transport.Packet) (*transport.Response, error) { runtime.Goexit(); return nil, nil },
	} {
		tee, err := transport.NewTee(transport.TeeConfig{}, transport.Target{DSN: first, Transport: sentry}, transport.Target{DSN: first, Transport: &recorder{answer: bad}})
		g.Expect(err).NotTo(HaveOccurred())
		c := newOver(t, tee, testDSN, quiet)
		_, err = c.Deliver(t.Context(), &raven.Event{Message: "x"})
		g.Expect(err).NotTo(HaveOccurred(), "it costs the other target its copy, and nothing else")
		g.Expect(c.Close(t.Context())).To(Succeed())
		g.Expect(tee.Stats()[1].Failed).To(BeEquivalentTo(1))
	}
	g.Expect(sentry.all()).To(HaveLen(2))
}

type brokenContext struct{ context.Context }

func (brokenContext) Value(any) any { panic("no values") }
func (brokenContext) Err() error    { panic("no end") }

func TestAContextThatPanics(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	var none *brokenContext
	for _, ctx := range []context.Context{brokenContext{t.Context()}, none} {
		c.TagsContext(ctx, raven.Tags{"a": "1"})
		raven.Record(ctx, raven.Breadcrumb{Message: "m"})
		c.CaptureBreadcrumb(ctx, raven.Breadcrumb{Message: "m"})
		c.CaptureMessage(ctx, "x")
		c.CaptureException(ctx, errors.New("x"))
		raven.CaptureMessage(ctx, "no client")
	}
	g.Expect(rec.all()).To(HaveLen(4))
}

// A middleware merges data of a session that is nil.
func TestNilPointersAreNoValuesOfAContext(t *testing.T) {
	g := NewWithT(t)
	c, rec := newRecorded(t, testDSN)
	_, rc := raven.NewContext(t.Context(), c)
	rc.Merge((*raven.User)(nil), (*raven.Tags)(nil), (*raven.Request)(nil), nil, raven.Tags{"a": "1"})
	rc.Set((*raven.User)(nil), raven.Tags{"b": "1"})
	rc.With(t.Context(), func(ctx context.Context) { c.CaptureMessage(ctx, "x") })
	g.Expect(only(t, rec)["tags"]).To(Equal(map[string]any{"b": "1"}))
}

// Captures of any goroutine read merged data.
func TestAContextHoldsCopiesOfWhatStructsHold(t *testing.T) {
	type inner struct{ M map[string]int }
	type cart struct {
		inner
		Items []map[string]int
		Any   any
	}
	c, rec := newRecorded(t, testDSN, raven.WithExtra(raven.Extra{"own": map[string]int{"a": 1}}))
	ctx, rc := raven.NewContext(t.Context(), c)
	m := map[string]int{"a": 1}
	rc.Merge(raven.Extra{"cart": cart{inner{m}, []map[string]int{m}, map[string]any{"m": m}}}, raven.Contexts{"cart": [1]inner{{m}}},
		raven.User{Data: map[string]any{"cart": inner{m}}}, &raven.Request{Data: inner{m}})
	var both sync.WaitGroup
	both.Go(func() {
		for range 100 {
			c.CaptureMessage(ctx, "x")
		}
	})
	both.Go(func() {
		for i := range 100 {
			m["b"] = i
			delete(m, "b")
		}
	})
	both.Wait()
	NewWithT(t).Expect(eventOf(t, rec.all()[99]).at("extra", "cart", "Any", "m")).To(Equal(map[string]any{"a": 1.0}))
}

// errNet is the error of a resolver of the program.
var errNet = fmt.Errorf("lookup: %w", &net.DNSError{Err: "x", Name: "h", IsNotFound: true})

// failing is a RoundTripper of the program.
type failing func() (*http.Response, error)

func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return f() }

func TestARoundTripperThatIsBroken(t *testing.T) {
	for name, trip := range map[string]failing{
		"panics":       func() (*http.Response, error) { panic(errNet) },
		"says nothing": func() (*http.Response, error) { return nil, nil },
		"typed nil":    func() (*http.Response, error) { return nil, (*says)(nil) },
		"broken error": func() (*http.Response, error) { return nil, &says{text: func() string { panic("no text") }} },
	} {
		for _, scheme := range []string{"sync+", "threaded+", "pool+", "spawn+", ""} {
			g := NewWithT(t)
			c, err := raven.New(scheme+"https://key@host.example/1", quiet, raven.WithEnv(transport.Env{HTTPClient: &http.Client{Transport: trip}}))
			g.Expect(err).NotTo(HaveOccurred())
			_, err = c.Deliver(t.Context(), &raven.Event{Message: "x"})
			g.Expect(err).To(HaveOccurred(), "%s %s", scheme, name)
			g.Expect(c.Stats()).To(Equal(raven.Stats{Captured: 1, Network: 1}), "%s %s", scheme, name)
			c.CaptureMessage(t.Context(), "y")
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // a transport that holds events would retry
			g.Expect(c.Close(ctx)).To(HaveOccurred(), "%s %s", scheme, name)
			g.Expect(c.Stats()).To(And(HaveField("Captured", BeEquivalentTo(2)), HaveField("Delivered", BeZero())), "%s %s", scheme, name)
		}
	}
}
