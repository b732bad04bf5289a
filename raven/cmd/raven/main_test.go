package main

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is in every DSN of these tests, and must not be in any output.
const secret = "hunter2hunter2"

// result is the output and exit code of a run.
type result struct {
	code      int
	out, errs string
}

func runWith(t *testing.T, registry *transport.Registry, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, registry, &out, &errs)
	r := result{code, out.String(), errs.String()}
	t.Logf("raven %s\n%s%sexit %d", strings.Join(args, " "), r.out, r.errs, r.code)
	if strings.Contains(r.out+r.errs, secret) {
		t.Error("the secret was printed")
	}
	if code != 0 && code != 1 {
		t.Errorf("exit code %d", code)
	}
	return r
}

func runRaven(t *testing.T, args ...string) result {
	t.Helper()
	return runWith(t, transport.DefaultRegistry(), args...)
}

// dsnOf returns a server's DSN with the secret and options, given as keys and
// values.
func dsnOf(srv *sentrytest.Server, params ...string) string {
	opts := []sentrytest.DSNOption{sentrytest.DSNSecret(secret)}
	for i := 0; i < len(params); i += 2 {
		opts = append(opts, sentrytest.DSNParam(params[i], params[i+1]))
	}
	return srv.DSN(opts...)
}

// nobody returns a loopback address on which nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func TestHelp(t *testing.T) {
	g := NewWithT(t)
	r := runRaven(t, "--help")
	g.Expect(r.code).To(BeZero())
	g.Expect(r.errs).To(BeEmpty())
	g.Expect(runRaven(t)).To(Equal(r), "without arguments")
	for _, command := range []string{"send", "test", "doctor", "transports", "spool", "spool ls", "spool show", "spool retry", "spool drop"} {
		g.Expect(r.out).To(ContainSubstring(command))
		help := runRaven(t, append(strings.Fields(command), "--help")...)
		g.Expect(help.code).To(BeZero())
		g.Expect(help.errs).To(BeEmpty())
		g.Expect(help.out).To(MatchRegexp(`(?m)^    raven `+command), "an example")
	}
}

func TestVersion(t *testing.T) {
	g := NewWithT(t)
	g.Expect(runRaven(t, "--version")).To(Equal(result{0, raven.Version + "\n", ""}))
}

func TestUsageErrors(t *testing.T) {
	dsn := "https://key:" + secret + "@sentry.example/1"
	for _, tc := range []struct {
		args []string
		says string
	}{
		{[]string{"sned", dsn}, `did you mean "send"`},
		{[]string{dsn}, `unexpected argument https://key:xxxxx@sentry.example/1`},
		{[]string{"send", "one", dsn}, `unexpected argument https://key:xxxxx@sentry.example/1`},
		{[]string{"send", "--dsn=" + dsn}, `unknown flag --dsn`},
		{[]string{"send", "--level=loud", dsn}, `--level must be one of "debug","info","warning","error","fatal" but got "loud"`},
		{[]string{"send", "--count=many", dsn}, fmt.Sprintf(`--count: expected a valid %d bit int but got "many"`, strconv.IntSize)},
		{[]string{"send", "--count=0", dsn}, `--count=0: want at least 1`},
		{[]string{"send", "--concurrency=-1", dsn}, `--concurrency=-1: want at least 1`},
		{[]string{"send", "--tag=host", dsn}, `--tag: expected "<key>=<value>" but got "host"`},
		{[]string{"send", "--tag==web", dsn}, `--tag: the name before = is empty`},
		{[]string{"send", "--extra==1", dsn}, `--extra: the name before = is empty`},
		{[]string{"send", "--exception=IOError", dsn}, `--exception="IOError": want TYPE:VALUE`},
		{[]string{"send", "--tag=" + dsn, dsn}, `https://key:xxxxx@sentry.example/1`},
		{[]string{"send", "key:" + secret + "@https://sentry.example/1"}, `invalid DSN: the scheme contains the invalid character`},
		{[]string{"transports", "key:se@cret/:" + secret + "@sentry.example"}, `unexpected argument key:xxxxx@sentry.example`},
		{[]string{"transports", "--format=html"}, `--format must be one of`},
		{[]string{"transports", dsn}, `unexpected argument https://key:xxxxx@sentry.example/1`},
	} {
		t.Run(strings.Join(tc.args, " "), func(t *testing.T) {
			g := NewWithT(t)
			r := runRaven(t, tc.args...)
			g.Expect(r.code).To(Equal(1))
			g.Expect(r.out).To(BeEmpty())
			g.Expect(r.errs).To(And(HavePrefix("raven: "), ContainSubstring(tc.says)))
		})
	}
}

func TestBadDSNs(t *testing.T) {
	for name, tc := range map[string]struct{ dsn, says string }{
		"no scheme":                     {"sentry.example/1", "invalid DSN: the scheme is missing"},
		"other scheme":                  {"ftp://key:" + secret + "@sentry.example/1", `invalid DSN: the scheme "ftp"`},
		"no key":                        {"https://sentry.example/1", "invalid DSN: the public key is missing"},
		"no host":                       {"https://key:" + secret + "@/1", "invalid DSN: the host is missing"},
		"bad port":                      {"https://key:" + secret + "@sentry.example:http/1", `invalid DSN: the port "http"`},
		"no project":                    {"https://key:" + secret + "@sentry.example/", "invalid DSN: the project is missing"},
		"unknown scheme":                {"snyc+https://key:" + secret + "@sentry.example/1", `unsupported DSN scheme "snyc+https": did you mean "sync+https"?`},
		"unknown option":                {"https://key:" + secret + "@sentry.example/1?ssl_verify=0", `unknown option "ssl_verify": did you mean "verify_ssl"?`},
		"bad value":                     {"https://key:" + secret + "@sentry.example/1?timeout=soon", `option timeout="soon": want seconds`},
		"no such file":                  {"https://key:" + secret + "@sentry.example/1?ca_certs=nowhere.pem", `option ca_certs="nowhere.pem": want a readable PEM file with at least one certificate`},
		"proxy's password, not escaped": {"https://key:" + secret + "@sentry.example/1?proxy=http://u:a/" + secret + "@p:1", `option proxy="http://u:xxxxx@p:1"`},
		"proxy's password, no scheme":   {"https://key:" + secret + "@sentry.example/1?proxy=u:" + secret + "@p:1", `option proxy="u:xxxxx@p:1"`},
		"password of a DSN in tee+":     {"tee+https://key:" + secret + "@sentry.example/1?to=https://key:" + secret + "@h/1%3Fproxy=u:" + secret + "@p:1", `option proxy="u:xxxxx@p:1"`},
		"two faults":                    {"https://key:" + secret + "@sentry.example/1?timeout=0&verify=0", "unknown option"},
	} {
		for _, command := range []string{"send", "test", "doctor"} {
			t.Run(name+", "+command, func(t *testing.T) {
				g := NewWithT(t)
				r := runRaven(t, command, tc.dsn)
				g.Expect(r.code).To(Equal(1))
				g.Expect(r.errs).To(HavePrefix("raven: "))
				said := r.errs
				if command == "doctor" {
					said = r.out
					g.Expect(said).To(MatchRegexp("(?m)^FAIL +(dsn|options) "))
				}
				g.Expect(flat(said)).To(ContainSubstring(tc.says))
				g.Expect(flat(said)).To(MatchRegexp("fix:? "))
			})
		}
	}
}

// flat undoes the wrapping of lines.
func flat(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestDSNFromEnvironment(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	t.Setenv("SENTRY_DSN", dsnOf(srv))
	for _, command := range []string{"send", "test", "doctor"} {
		g.Expect(runRaven(t, command).code).To(BeZero())
	}
	g.Expect(srv.Events()).To(HaveLen(3))

	t.Setenv("SENTRY_DSN", "")
	for _, command := range []string{"send", "test", "doctor"} {
		r := runRaven(t, command)
		g.Expect(r.code).To(Equal(1))
		g.Expect(r.out + r.errs).To(ContainSubstring("no DSN given"))
	}
}
