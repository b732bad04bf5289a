package transport_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/transport"
)

// A DSN says which transport delivers events, who sends them, and where they
// go.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Content-Encoding"))
		fmt.Fprint(w, `{"id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`)
	}))
	defer server.Close()

	dsn, err := transport.ParseDSN("sync+http://key@" + server.Listener.Addr().String() + "/42?timeout=2")
	if err != nil {
		fmt.Println(err)
		return
	}
	tr, err := transport.DefaultRegistry().Open(dsn, transport.Env{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer tr.Close(ctx)
	response, err := tr.Send(ctx, &transport.Packet{
		URL:     dsn.EnvelopeURL(),
		Header:  http.Header{"X-Sentry-Auth": {"Sentry sentry_version=7, sentry_key=" + dsn.PublicKey}},
		Body:    []byte("{}\n{\"type\":\"event\"}\n{\"message\":\"hello\"}\n"),
		EventID: "fc6d8c0c43fc4630ad850ee518f1b9d0",
	})
	fmt.Println(response.Status, response.EventID, err)
	// Output:
	// POST /api/42/envelope/ gzip
	// 200 fc6d8c0c43fc4630ad850ee518f1b9d0 <nil>
}

// The error for an invalid DSN says which part is wrong, and never shows the
// secret.
func ExampleParseDSN() {
	dsn, _ := transport.ParseDSN("threaded+https://public:secret@sentry.example.com/prefix/42?timeout=5")
	fmt.Println(dsn.Scheme, dsn.BaseURL(), dsn.ProjectID)
	fmt.Println(dsn.Public("https"))
	fmt.Println(dsn)

	_, err := transport.ParseDSN("https://public:secret@sentry.example.com/")
	fmt.Println(err)
	// Output:
	// threaded+https https://sentry.example.com/prefix 42
	// https://public@sentry.example.com/prefix/42
	// threaded+https://public:xxxxx@sentry.example.com/prefix/42?timeout=5
	// transport: invalid DSN: the project is missing; put it at the end of the path, as in https://PUBLIC_KEY@HOST/PROJECT_ID, without a '/' at the end
}

// Every fault in a DSN's options is reported at once.
func ExampleRegistry_Open() {
	dsn, _ := transport.ParseDSN("sync+https://key@sentry.example.com/42?ssl_verify=0&timeout=soon")
	_, err := transport.DefaultRegistry().Open(dsn, transport.Env{})
	fmt.Println(err)
	// Output:
	// transport: unknown option "ssl_verify": did you mean "verify_ssl"? (known: ca_certs, client_cert, client_key, compression, http2, keepalive, max_conns, protocol, proxy, timeout, verify_ssl)
	// transport: option timeout="soon": want seconds such as 5 or 0.2, or a duration such as 200ms, more than 0
}

// louder is a transport of the program: it prints a line and passes the packet
// on.
type louder struct {
	transport.Transport
	prefix string
}

func (l *louder) BindOptions(o *transport.OptionSet) {
	o.Text("prefix", &l.prefix, "any text", "the text before the id", nil)
}

func (l *louder) Send(_ context.Context, p *transport.Packet) (*transport.Response, error) {
	fmt.Println(l.prefix, p.EventID)
	return &transport.Response{EventID: p.EventID}, nil
}

// A transport of your own is a Driver. Its options are checked like the
// built-in ones.
func ExampleRegistry_Register() {
	registry := transport.DefaultRegistry().Clone()
	err := registry.Register(transport.Driver{
		Schemes: []string{"loud+http", "loud+https"},
		Options: transport.OptionSpecs(new(louder)),
		Open: func(dsn *transport.DSN, _ transport.Env) (transport.Transport, error) {
			l := &louder{prefix: "sending"}
			return l, transport.DecodeOptions(dsn.Options, l)
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	dsn, _ := transport.ParseDSN("loud+https://key@sentry.example.com/42?prefix=HERE+GOES")
	tr, _ := registry.Open(dsn, transport.Env{})
	_, _ = tr.Send(context.Background(), &transport.Packet{EventID: "fc6d8c0c"})

	dsn.Options.Set("prefx", "x")
	_, err = registry.Open(dsn, transport.Env{})
	fmt.Println(err)
	// Output:
	// HERE GOES fc6d8c0c
	// transport: unknown option "prefx": did you mean "prefix"? (known: prefix, protocol)
}

// Threaded makes any transport asynchronous: captures don't wait for it.
func ExampleNewThreaded() {
	printer := transport.NewStderr(transport.StderrConfig{Writer: os.Stdout})
	tr, err := transport.NewThreaded(printer, transport.ThreadedConfig{
		QueueSize:       100,
		Overflow:        transport.DropOldest,
		ShutdownTimeout: time.Second,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	tr.SendAsync(ctx, &transport.Packet{
		URL: "https://sentry.example.com/api/42/store/", EventID: "fc6d8c0c",
		Body: []byte(`{"level":"warning","message":"disk 93% full","tags":{"host":"db1"}}`),
	}, func(_ *transport.Response, err error) { fmt.Println("outcome:", err) })
	fmt.Println("closed:", tr.Close(ctx))
	// Output:
	// raven: event fc6d8c0c for https://sentry.example.com/api/42/store/, not sent
	//   level        warning
	//   message      disk 93% full
	//   tag          host=db1
	// outcome: <nil>
	// closed: <nil>
}

// The type of the error says what went wrong.
func ExampleRetryable() {
	for _, err := range []error{
		&transport.RateLimitedError{EventID: "fc6d8c0c", RetryAfter: 30 * time.Second},
		&transport.APIError{EventID: "fc6d8c0c", Status: 413, Message: "too large"},
		transport.ErrClosed,
	} {
		var api *transport.APIError
		if errors.As(err, &api) {
			fmt.Println("status", api.Status)
		}
		fmt.Println(transport.Retryable(err), strings.TrimPrefix(err.Error(), "transport: "))
	}
	// Output:
	// true server is rate limiting (event fc6d8c0c, retry after 30s)
	// status 413
	// false server refused event fc6d8c0c with status 413: too large
	// false closed
}
