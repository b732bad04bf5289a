package ravenhttp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
)

// The handler owns the request: a capture in one of its goroutines must not
// read fields that the handler, or a proxy behind it, changes.
func TestARequestThatChangesWhileItIsReported(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	user := func(r *http.Request) raven.User {
		r.Header.Set("X-Mine", "1") // a copy that may be changed
		return raven.User{ID: r.Header.Get("X-User") + r.PathValue("order") + r.FormValue("q")}
	}
	handler := ravenhttp.Middleware(client, ravenhttp.WithCookies(), ravenhttp.WithUser(user))(mux("/orders/{order}", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var both sync.WaitGroup
		both.Go(func() {
			for range 200 {
				client.CaptureMessage(r.Context(), "m")
			}
		})
		both.Go(func() {
			for range 200 {
				r.Header.Set("X-User", "changed")
				r.Header.Del("X-User")
				r.URL.Path, r.URL.RawQuery = "/changed", "changed=1"
				r.Method, r.Host, r.RemoteAddr = "CHANGED", "changed", "changed"
				_ = r.ParseForm()
				r.SetPathValue("order", "changed")
				_, _ = io.ReadAll(r.Body)
				r.Body = http.NoBody
			}
		})
		both.Wait()
	})))
	r := httptest.NewRequest(http.MethodPost, "/orders/17?q=x", strings.NewReader("hello"))
	r.Header.Set("X-User", "ada")
	r.Header.Set("Content-Type", "text/plain")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	g := NewWithT(t)
	for _, e := range rec.Events() {
		g.Expect(e.Request.URL).To(Equal("http://example.com/orders/17"))
		g.Expect(e.Request.Method).To(Equal("POST"))
		g.Expect(e.Transaction).To(Equal("POST /orders/{order}"))
		g.Expect(e.User.ID).To(Equal("ada17x"))
		g.Expect(string(e.Raw)).NotTo(Or(ContainSubstring("changed"), ContainSubstring("X-Mine")))
	}
}

func TestAFunctionThatPanicsLosesOnlyItsResult(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	handler := ravenhttp.Middleware(client,
		ravenhttp.WithUser(func(*http.Request) raven.User { panic("no session") }),
		ravenhttp.WithTransaction(func(*http.Request) string { panic("no route") }))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		client.CaptureMessage(r.Context(), "m")
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil))
	g := NewWithT(t)
	e := rec.Events()[0]
	g.Expect(e.Transaction).To(Equal("GET /x"))
	g.Expect(e.Request.URL).To(Equal("http://example.com/x"))
	g.Expect(e.User).To(BeZero())
}

func TestAnEmptyNameIsNoTransaction(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	handler := ravenhttp.Middleware(client, ravenhttp.WithTransaction(func(*http.Request) string { return "" }))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		client.CaptureMessage(r.Context(), "m")
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/x", nil))
	NewWithT(t).Expect(rec.Events()[0].Transaction).To(BeEmpty())
}

type (
	brokenAddr    struct{}
	brokenContext struct{ context.Context }
	// Returns more than the length of the buffer.
	boastful struct{ io.Reader }
)

func (*brokenAddr) Network() string { return "tcp" }
func (a *brokenAddr) String() string {
	var listener net.Listener
	return listener.Addr().String()
}
func (brokenContext) Value(any) any           { panic("no values") }
func (boastful) Close() error                 { return nil }
func (b boastful) Read(p []byte) (int, error) { n, err := b.Reader.Read(p); return n + 1<<20, err }

func TestARequestThatIsBroken(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*http.Request) *http.Request{
		"no URL":     func(r *http.Request) *http.Request { r.URL = nil; return r },
		"no headers": func(r *http.Request) *http.Request { r.Header = nil; return r },
		"nothing":    func(*http.Request) *http.Request { return new(http.Request) },
		"its address": func(r *http.Request) *http.Request {
			return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, (*brokenAddr)(nil)))
		},
		"its context":        func(r *http.Request) *http.Request { return r.WithContext(brokenContext{r.Context()}) },
		"its body":           func(r *http.Request) *http.Request { r.Body = boastful{strings.NewReader("hello")}; return r },
		"its path":           func(r *http.Request) *http.Request { r.URL.Path, r.Pattern = strings.Repeat("/1", 1000), "{"; return r },
		"its pattern":        func(r *http.Request) *http.Request { r.Pattern = "/{/{...}/"; return r },
		"its remote address": func(r *http.Request) *http.Request { r.RemoteAddr = "%%%"; return r },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			r := httptest.NewRequest(http.MethodPost, "/orders/17", strings.NewReader("hello"))
			r.Header.Set("Content-Type", "text/plain")
			r = broken(r)
			ravenhttp.Middleware(client, ravenhttp.WithUser(func(r *http.Request) raven.User { return raven.User{ID: r.PathValue("x") + "7"} }))(
				ravenhttp.Route(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					if r.Body != nil {
						_, _ = r.Body.Read(make([]byte, 3))
					}
					client.CaptureMessage(r.Context(), "m")
				}))).ServeHTTP(httptest.NewRecorder(), r)
			e := rec.Events()[0]
			g := NewWithT(t)
			g.Expect(e.Message).To(Equal("m"))
			g.Expect(e.User.ID).To(Equal("7"))
			g.Expect(len(e.Transaction)).To(BeNumerically("<", 200))
		})
	}
}

type trips func(*http.Request) (*http.Response, error)

func (f trips) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type declined struct{ code *int }

func (d *declined) Error() string { return string(rune(*d.code)) }

func TestARoundTripperThatIsBroken(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		next   trips
		reason string
	}{
		"typed nil error": {func(*http.Request) (*http.Response, error) { return nil, (*declined)(nil) }, "<nil>"},
		"broken error":    {func(*http.Request) (*http.Response, error) { return nil, new(declined) }, "<*ravenhttp_test.declined: Error panicked: runtime error: invalid memory address or nil pointer dereference>"},
		"nothing":         {func(*http.Request) (*http.Response, error) { return nil, nil }, "neither a response nor an error"},
		"short status":    {func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200, Status: "2"}, nil }, ""},
		"its request": {func(r *http.Request) (*http.Response, error) {
			*r.URL, r.Method = url.URL{}, "CHANGED"
			return nil, errors.New("x")
		}, "x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			ctx, _ := raven.NewContext(t.Context(), client)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://h.example/x", nil)
			g := NewWithT(t)
			g.Expect(err).NotTo(HaveOccurred())
			_, _ = ravenhttp.NewTransport(tt.next).RoundTrip(r)
			client.CaptureMessage(ctx, "m")
			data := rec.Events()[0].Breadcrumbs[0].Data
			g.Expect(data["reason"]).To(Equal(tt.reason))
			g.Expect(data["url"]).To(Equal("http://h.example/x"))
			g.Expect(data["method"]).To(Equal("POST"))
		})
	}
}
