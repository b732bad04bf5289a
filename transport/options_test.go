package transport_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// openError opens an invalid DSN and returns the error.
func openError(t *testing.T, dsn string, env transport.Env) error {
	t.Helper()
	d, err := transport.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	tr, err := transport.DefaultRegistry().Open(d, env)
	if err == nil {
		_ = tr.Close(t.Context())
		t.Fatalf("%s was opened", d)
	}
	return err
}

func TestInvalidOptions(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing here"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ query, option, says string }{
		"unknown":              {"frobnicate=1", "frobnicate", `unknown option "frobnicate" (known: ca_certs, client_cert,`},
		"misspelt":             {"tiemout=1", "tiemout", `did you mean "timeout"?`},
		"words swapped":        {"ssl_verify=0", "ssl_verify", `did you mean "verify_ssl"?`},
		"timeout negative":     {"timeout=-1", "timeout", `option timeout="-1": want seconds such as 5 or 0.2, or a duration such as 200ms, more than 0: out of range`},
		"timeout zero":         {"timeout=0", "timeout", "out of range"},
		"timeout in words":     {"timeout=abc", "timeout", "200ms, more than 0"},
		"timeout NaN":          {"timeout=NaN", "timeout", "out of range"},
		"timeout endless":      {"timeout=1e300", "timeout", "out of range"},
		"verify_ssl":           {"verify_ssl=maybe", "verify_ssl", `option verify_ssl="maybe": want 1 or 0`},
		"ca_certs missing":     {"ca_certs=" + dir + "/none.pem", "ca_certs", "want a readable PEM file with at least one certificate: no such file"},
		"ca_certs empty":       {"ca_certs=" + empty, "ca_certs", "holds no PEM certificate"},
		"client_cert missing":  {"client_cert=" + dir + "/none.pem", "client_cert", "no such file"},
		"client_cert alone":    {"client_cert=" + empty, "client_cert", "client_key as well"},
		"client_key alone":     {"client_key=" + empty, "client_key", "client_cert as well"},
		"client_cert no pair":  {"client_cert=" + empty + "&client_key=" + empty, "client_cert", "in client_key, its key"},
		"compression":          {"compression=lz4", "compression", "one of gzip, deflate, none"},
		"protocol":             {"protocol=grpc", "protocol", "one of envelope, store"},
		"proxy":                {"proxy=ftp://p", "proxy", "the URL of an http, https or socks5 proxy, or none"},
		"proxy without a host": {"proxy=http://", "proxy", "the URL of"},
		"proxy with a slash":   {"proxy=http://u:a/SECRET@p:1", "proxy", `proxy="http://u:xxxxx@p:1"`},
		"proxy with a number":  {"proxy=http://u:12/SECRET@p:1", "proxy", `proxy="http://u:xxxxx@p:1"`},
		"proxy, no scheme":     {"proxy=u:SECRET@p:1", "proxy", `proxy="u:xxxxx@p:1"`},
		"an unknown password":  {"prxy=u:SECRET@p:1", "prxy", `did you mean "proxy"?`},
		"keepalive":            {"keepalive=2", "keepalive", "1 or 0"},
		"max_conns":            {"max_conns=0", "max_conns", "a whole number, at least 1"},
		"queue_size":           {"queue_size=x", "queue_size", "a whole number"},
		"queue_bytes":          {"queue_bytes=-5", "queue_bytes", "at least 1"},
		"overflow":             {"overflow=panic", "overflow", "one of drop_newest, drop_oldest, block"},
		"workers":              {"workers=0", "workers", "at least 1"},
		"shutdown_timeout":     {"shutdown_timeout=never", "shutdown_timeout", "seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			err := openError(t, "https://key:SECRET@localhost/1?"+c.query, transport.Env{})
			var bad *transport.OptionError
			g.Expect(errors.As(err, &bad)).To(BeTrue(), "%T: %v", err, err)
			g.Expect(bad.Option).To(Equal(c.option))
			g.Expect(err.Error()).To(ContainSubstring(c.says))
			g.Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
		})
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	g := NewWithT(t)
	err := openError(t, "https://k@h/1?workers=0&ca_certs=/none&tiemout=3&proxy=gopher%3A%2F%2Fme%3ASECRET%40p", transport.Env{})
	g.Expect(err.Error()).To(Equal(`transport: option ca_certs="/none": want a readable PEM file with at least one certificate: no such file or directory
transport: option proxy="gopher://me:xxxxx@p": want the URL of an http, https or socks5 proxy, or none
transport: unknown option "tiemout": did you mean "timeout"? (known: ca_certs, client_cert, client_key, compression, http2, keepalive, max_conns, overflow, protocol, proxy, queue_bytes, queue_size, shutdown_timeout, spool_age, spool_bytes, spool_dir, spool_sync, timeout, verify_ssl, workers)
transport: option workers="0": want auto, or a whole number, at least 1: out of range`))
}

func TestSyncHasNoQueueOptions(t *testing.T) {
	g := NewWithT(t)
	err := openError(t, "sync+https://k@h/1?queue_size=5", transport.Env{})
	g.Expect(err).To(MatchError(ContainSubstring(`unknown option "queue_size"`)))
}

func TestOptionsWithAClientOfTheProgram(t *testing.T) {
	g := NewWithT(t)
	client := mockClient()
	err := openError(t, "https://k@h/1?verify_ssl=0&max_conns=3", transport.Env{HTTPClient: client})
	g.Expect(err).To(MatchError(And(ContainSubstring("verify_ssl"), ContainSubstring("max_conns"), ContainSubstring("Env.HTTPClient"))))
}

func TestValidOptions(t *testing.T) {
	for _, query := range []string{
		"", "timeout=5", "timeout=0.2", "timeout=1m30s", "verify_ssl=1", "verify_ssl=0", "verify_ssl=false", "verify_ssl=True",
		"compression=none", "compression=GZIP", "protocol=store", "protocol=envelope", "proxy=none", "proxy=socks5://h:1", "keepalive=0",
		"max_conns=1", "queue_size=1", "queue_bytes=1", "overflow=block", "workers=1", "shutdown_timeout=0.5", "timeout=bad&timeout=1", "timeout=",
	} {
		t.Run(query, func(t *testing.T) {
			open(t, "https://k@localhost/1?"+query, transport.Env{})
		})
	}
}

// retries is the configuration of a custom transport.
type retries struct {
	Attempts int
	Pause    time.Duration
	Mode     string
	Label    string
}

func (r *retries) BindOptions(o *transport.OptionSet) {
	o.Int("retries", &r.Attempts, 3, 0, 10, "how often to try again")
	o.Duration("pause", &r.Pause, time.Second, "how long to wait between")
	o.OneOf("mode", &r.Mode, "what to do", "steady", "doubling")
	o.Text("label", &r.Label, "anything", "a name", nil)
}

func TestDecodeOptionsForCustomTransports(t *testing.T) {
	g := NewWithT(t)
	cfg := retries{Attempts: 3, Mode: "steady"}
	err := transport.DecodeOptions(map[string][]string{"retries": {"5"}, "pause": {"250ms"}, "label": {"x"}}, &cfg)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(cfg).To(Equal(retries{Attempts: 5, Pause: 250 * time.Millisecond, Mode: "steady", Label: "x"}))

	err = transport.DecodeOptions(map[string][]string{"retries": {"11"}}, &cfg)
	g.Expect(err).To(MatchError(`transport: option retries="11": want a whole number from 0 to 10: out of range`))
	g.Expect(cfg.Attempts).To(Equal(5), "a refused value changes nothing")

	specs := transport.OptionSpecs(&cfg)
	g.Expect(specs).To(HaveLen(4))
	g.Expect(specs[1].Default).To(Equal("1"))
	g.Expect(specs[2].Default).To(Equal("steady"))
}

func TestTypedConfigurationsAreChecked(t *testing.T) {
	for name, cfg := range map[string]transport.HTTPConfig{
		"timeout":     {Timeout: -1},
		"max_conns":   {MaxConns: -1},
		"compression": {Compression: "lz4"},
		"ca_certs":    {CACerts: "/none"},
		"client_key":  {ClientKey: "/none"},
		"proxy":       {Proxy: "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transport.NewHTTP(cfg)
			var bad *transport.OptionError
			if !errors.As(err, &bad) || bad.Option != name {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, cfg := range map[string]transport.ThreadedConfig{
		"queue_size": {QueueSize: -1}, "queue_bytes": {QueueBytes: -1}, "workers": {Workers: -1},
		"overflow": {Overflow: "x"}, "shutdown_timeout": {ShutdownTimeout: -1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := transport.NewThreaded(transport.NewStderr(transport.StderrConfig{}), cfg)
			var bad *transport.OptionError
			if !errors.As(err, &bad) || bad.Option != name {
				t.Errorf("got %v", err)
			}
		})
	}
}
