package ravenhttp_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/internal/clienttest"
	"github.com/ravenkit/ravenkit/raven/ravenhttp"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// serve starts a server with the handler behind the middleware.
func serve(t *testing.T, client *raven.Client, handler http.Handler, opts ...ravenhttp.Option) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(ravenhttp.Middleware(client, opts...)(handler))
	srv.Config.ErrorLog = nil
	srv.Start()
	t.Cleanup(srv.Close)
	return srv
}

func send(t *testing.T, srv *httptest.Server, r *http.Request) (*http.Response, error) {
	t.Helper()
	resp, err := srv.Client().Do(r.WithContext(t.Context()))
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	return resp, err
}

func request(t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAnEventDescribesItsRequest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		raven.Record(r.Context(), raven.Breadcrumb{Message: "paying"})
		client.TagsContext(r.Context(), raven.Tags{"order": r.PathValue("id")})
		client.CaptureException(r.Context(), errors.New("card declined"))
	})
	srv := serve(t, client, mux, ravenhttp.WithUser(func(r *http.Request) raven.User { return raven.User{ID: r.Header.Get("X-User")} }))

	r := request(t, http.MethodPost, srv.URL+"/orders/17?lang=en&token=t0p", `{"card":"4111","password":"hunter2"}`)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("X-User", "42")
	r.Header.Set("Cookie", "session=s3cret")
	resp, err := send(t, srv, r)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(resp.StatusCode).To(Equal(http.StatusOK))
	client.CaptureMessage(t.Context(), "outside")

	e := sentrytest.RequireEvent(t, rec, sentrytest.HasException("", "card declined"), sentrytest.HasTag("order", "17"),
		sentrytest.HasUserID("42"), sentrytest.HasBreadcrumb("paying"))
	g.Expect(e.Transaction).To(Equal("POST /orders/{id}"))
	g.Expect(e.Request.Method).To(Equal("POST"))
	g.Expect(e.Request.URL).To(Equal(srv.URL + "/orders/17"))
	g.Expect(string(e.Raw)).NotTo(ContainSubstring("s3cret"), "cookies are left out")
	g.Expect(string(e.Raw)).To(And(ContainSubstring("4111"), ContainSubstring("lang=en")))
	g.Expect(string(e.Raw)).To(ContainSubstring(`"REMOTE_ADDR":"127.0.0.1"`))

	outside := sentrytest.RequireEvent(t, rec, sentrytest.HasMessage("outside"))
	g.Expect(outside.Tags).To(BeEmpty())
	g.Expect(outside.Breadcrumbs).To(BeEmpty())
	g.Expect(outside.Request).To(BeZero())
}

func TestAPanicIsReportedAndContinues(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	client, rec := clienttest.Recorded(t)
	var seen any
	outer := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if seen = recover(); seen != nil {
					w.WriteHeader(http.StatusTeapot)
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	handler := outer(ravenhttp.Middleware(client)(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("out of order") })))
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))

	g.Expect(seen).To(Equal("out of order"))
	g.Expect(w.Code).To(Equal(http.StatusTeapot))
	e := sentrytest.RequireEvent(t, rec, sentrytest.HasLevel("fatal"), sentrytest.HasException("", "out of order"))
	g.Expect(e.Request.Method).To(Equal("GET"), "the event has the request's Context")
	g.Expect(e.Transaction).To(Equal("GET /"))
}

func TestAnAbortedResponseIsNotReported(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	srv := serve(t, client, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))

	_, err := send(t, srv, request(t, http.MethodGet, srv.URL, ""))

	NewWithT(t).Expect(err).To(HaveOccurred(), "the connection is closed, as without the middleware")
	sentrytest.RequireNoEvent(t, rec)
}

func TestTheHandlerGetsTheServersResponseWriter(t *testing.T) {
	t.Parallel()
	client, _ := clienttest.Recorded(t)
	srv := serve(t, client, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := w.(http.Flusher); !ok {
			t.Error("no http.Flusher")
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = buf.WriteString("raw")
		_ = buf.Flush()
	}))
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil || !strings.HasSuffix(string(answer), "raw") {
		t.Errorf("%q, %v", answer, err)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind, body string
		read       int
		opts       []ravenhttp.Option
		want       string // the event's data; "" for none
	}{
		"form":       {kind: "application/x-www-form-urlencoded", body: "a=1&password=hunter2", read: 100, want: "a=1&password=********"},
		"text":       {kind: "text/plain", body: "hello", read: 100, want: "hello"},
		"not read":   {kind: "text/plain", body: "hello", read: 0, want: ""},
		"read a bit": {kind: "text/plain", body: "hello", read: 2, want: "he"},
		"limited":    {kind: "text/plain", body: "hello", read: 100, opts: []ravenhttp.Option{ravenhttp.WithBodyLimit(3)}, want: "hel..."},
		"exactly":    {kind: "text/plain", body: "hello", read: 100, opts: []ravenhttp.Option{ravenhttp.WithBodyLimit(5)}, want: "hello"},
		"none":       {kind: "text/plain", body: "hello", read: 100, opts: []ravenhttp.Option{ravenhttp.WithBodyLimit(0)}, want: ""},
		"upload":     {kind: "multipart/form-data; boundary=x", body: "--x--", read: 100, want: ""},
		"no type":    {body: "hello", read: 100, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, rec := clienttest.Recorded(t)
			handler := ravenhttp.Middleware(client, tt.opts...)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadFull(r.Body, make([]byte, tt.read))
				client.CaptureMessage(r.Context(), "m")
			}))
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tt.body))
			r.Header.Set("Content-Type", tt.kind)
			handler.ServeHTTP(httptest.NewRecorder(), r)
			data, _ := rec.Events()[0].Request.Data.(string)
			NewWithT(t).Expect(data).To(Equal(tt.want))
		})
	}
}

// Masking must find a secret even if the limit cuts the body.
func TestSecretsInACutBodyAreMasked(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{20, 30, 40, 45, 50, 100} {
		for kind, body := range map[string]string{
			"application/json":                  `{"name":"ada","password":"hunter2hunter2","more":{"a":[1,2,3]}}`,
			"application/x-www-form-urlencoded": `name=ada&password=hunter2hunter2&more=1`,
		} {
			client, rec := clienttest.Recorded(t)
			handler := ravenhttp.Middleware(client, ravenhttp.WithBodyLimit(limit))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				client.CaptureMessage(r.Context(), "m")
			}))
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
			r.Header.Set("Content-Type", kind)
			handler.ServeHTTP(httptest.NewRecorder(), r)
			if raw := string(rec.Events()[0].Raw); strings.Contains(raw, "hunter") {
				t.Errorf("%s, limit %d: %s", kind, limit, raw)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	client, rec := clienttest.Recorded(t)
	handler := ravenhttp.Middleware(client, nil, ravenhttp.WithCookies(), ravenhttp.WithTransaction(nil),
		ravenhttp.WithTransaction(func(r *http.Request) string { return "route of " + r.URL.Path }))(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { client.CaptureMessage(r.Context(), "m") }))
	r := httptest.NewRequest(http.MethodGet, "/a", nil)
	r.Header.Add("Cookie", "theme=dark")
	r.Header.Add("Cookie", "lang=en")
	handler.ServeHTTP(httptest.NewRecorder(), r)

	g := NewWithT(t)
	g.Expect(rec.Events()[0].Transaction).To(Equal("route of /a"))
	g.Expect(string(rec.Events()[0].Raw)).To(ContainSubstring(`"cookies":"theme=dark; lang=en"`))
}

func TestWithoutAClient(t *testing.T) {
	t.Parallel()
	called := false
	handler := ravenhttp.Middleware(nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = raven.FromContext(r.Context()) == nil
	}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(context.Background()))
	if !called {
		t.Error("the middleware does not return the handler itself")
	}
}
