package main

import (
	"bytes"
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// verdicts parses the verdicts of doctor's steps, as in "dsn=ok".
func verdicts(out string) (found []string) {
	for _, m := range regexp.MustCompile(`(?m)^(ok|FAIL|skipped) +([a-z]+) `).FindAllStringSubmatch(out, -1) {
		found = append(found, m[2]+"="+m[1])
	}
	return found
}

// stepsUntil returns the verdicts if one step fails.
func stepsUntil(broken string, passedOver ...string) (want []string) {
	verdict := "ok"
	for _, name := range []string{"dsn", "options", "resolve", "connect", "tls", "post", "answer"} {
		switch {
		case name == broken:
			want = append(want, name+"=FAIL")
			verdict = "skipped"
		case len(passedOver) > 0 && name == passedOver[0]:
			want = append(want, name+"=skipped")
		default:
			want = append(want, name+"="+verdict)
		}
	}
	return want
}

func TestDoctorPrintsTheHTTPVersion(t *testing.T) {
	g := NewWithT(t)
	modern := sentrytest.NewServer(t, sentrytest.HTTP2())
	g.Expect(runRaven(t, "doctor", dsnOf(modern, "ca_certs", modern.CACertFile())).out).To(ContainSubstring(", over HTTP/2.0\n"))
	g.Expect(runRaven(t, "doctor", dsnOf(modern, "ca_certs", modern.CACertFile(), "http2", "0")).out).To(ContainSubstring(", over HTTP/1.1\n"))
}

func TestDoctorOnGoodDSNs(t *testing.T) {
	g := NewWithT(t)
	plain, encrypted := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)

	r := runRaven(t, "doctor", dsnOf(plain))
	g.Expect(r.code).To(BeZero())
	g.Expect(r.errs).To(BeEmpty())
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("", "tls")))
	e := sentrytest.RequireEvent(t, plain, sentrytest.HasMessage("This is a test message from raven doctor"))
	g.Expect(r.out).To(And(ContainSubstring(e.EventID), MatchRegexp(`ok +answer +200 OK after `), HaveSuffix("\nDelivery works.\n")))

	r = runRaven(t, "doctor", dsnOf(encrypted, "ca_certs", encrypted.CACertFile(), "timeout", "3"))
	g.Expect(r.code).To(BeZero())
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("")))
	g.Expect(flat(r.out)).To(And(
		ContainSubstring("timeout 3s"), MatchRegexp(`tls TLS 1\.3, TLS_\w+, in`), ContainSubstring("verified with the roots in "+encrypted.CACertFile()),
		ContainSubstring("certificate CN=127.0.0.1"), ContainSubstring("for hosts localhost, 127.0.0.1, ::1"),
		MatchRegexp(`valid from 1970-01-02 to 2084-01-01, \d+ days left`), ContainSubstring("signed by CN=sentrytest CA"),
	))
}

func TestDoctorResolvesNames(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	r := runRaven(t, "doctor", strings.Replace(dsnOf(srv), "127.0.0.1", "localhost", 1))
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(MatchRegexp(`ok +resolve +localhost is .*127\.0\.0\.1`))
}

func TestDoctorOnCertificates(t *testing.T) {
	for name, tc := range map[string]struct {
		server sentrytest.Option
		trust  bool // ca_certs is the trusted CA
		says   []string
	}{
		"unknown CA": {
			server: sentrytest.UnknownCA(),
			says:   []string{"x509: certificate signed by unknown authority", "fix get the certificate of the CA", "ca_certs=/path/to/ca.pem", "signed by CN=sentrytest unknown CA"},
		},
		"other CA in ca_certs": {
			server: sentrytest.UnknownCA(), trust: true,
			says: []string{"unknown authority", "fix add the certificate of the CA that signed (CN=sentrytest unknown CA,O=sentrytest) to", "the file replaces the system's roots"},
		},
		"self-signed": {
			server: sentrytest.SelfSigned(),
			says:   []string{"unknown authority", "fix the server's certificate is self-signed: copy it", "ca_certs=/path/to/certificate.pem", "signed by itself"},
		},
		"self-signed with ca_certs": {
			server: sentrytest.SelfSigned(), trust: true,
			says: []string{"fix the server's certificate is self-signed: add it to"},
		},
		"expired": {
			server: sentrytest.Expired(), trust: true,
			says: []string{"expired", "fix the certificate expired on 1999-06-01", "must be renewed", "days ago"},
		},
		"not yet valid": {
			server: sentrytest.NotYetValid(), trust: true,
			says: []string{"fix the certificate becomes valid on 2084-01-01", "NOT YET"},
		},
		"wrong host": {
			server: sentrytest.WrongHost(), trust: true,
			says: []string{"cannot validate certificate for 127.0.0.1", "fix replace 127.0.0.1 in the DSN with one of the certificate's names (wrong.host.invalid)", "for hosts wrong.host.invalid"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewTLSServer(t, tc.server)
			var params []string
			if tc.trust {
				params = append(params, "ca_certs", srv.CACertFile())
			}
			r := runRaven(t, "doctor", dsnOf(srv, params...))
			g.Expect(r.code).To(Equal(1))
			g.Expect(r.errs).To(Equal("raven: delivery fails at the step \"tls\"\n"))
			g.Expect(verdicts(r.out)).To(Equal(stepsUntil("tls")))
			for _, text := range append(tc.says, "verify_ssl=0 accepts any certificate") {
				g.Expect(flat(r.out)).To(ContainSubstring(text))
			}
			g.Expect(srv.Requests()).To(BeEmpty())

			// The other commands give the same advice.
			for _, command := range []string{"test", "send"} {
				r := runRaven(t, command, dsnOf(srv, params...))
				g.Expect(r.code).To(Equal(1))
				g.Expect(flat(r.errs)).To(ContainSubstring("did not reach " + srv.Addr()))
				for _, text := range tc.says {
					if fix, ok := strings.CutPrefix(text, "fix "); ok {
						g.Expect(flat(r.errs)).To(ContainSubstring("fix: " + fix))
					}
				}
			}

			r = runRaven(t, "doctor", dsnOf(srv, append(params, "verify_ssl", "0")...))
			g.Expect(r.code).To(BeZero())
			g.Expect(flat(r.out)).To(And(ContainSubstring("the certificate is NOT verified (verify_ssl=0)"), ContainSubstring("would fail x509:")))
		})
	}
}

func TestDoctorOnClientCertificates(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t, sentrytest.ClientCertRequired())
	r := runRaven(t, "doctor", dsnOf(srv, "ca_certs", srv.CACertFile()))
	g.Expect(r.code).To(Equal(1))
	g.Expect(verdicts(r.out)).To(Equal(stepsUntil("post")), "in TLS 1.3 the refusal comes after the handshake")
	g.Expect(flat(r.out)).To(And(
		ContainSubstring("the server asks for a client certificate; the DSN has no client_cert"),
		ContainSubstring("fix the server requires a certificate from its clients"),
		ContainSubstring("client_cert=/path/to/cert.pem&client_key=/path/to/key.pem"),
	))

	cert, key := srv.ClientCertFiles()
	r = runRaven(t, "doctor", dsnOf(srv, "ca_certs", srv.CACertFile(), "client_cert", cert, "client_key", key))
	g.Expect(r.code).To(BeZero())
}

func TestDoctorOnAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		step   sentrytest.Step
		broken string
		says   []string
		// The option timeout; "" means a timeout that never ends.
		waits string
	}{
		"403": {
			step: sentrytest.Status(403).Header("X-Sentry-Error", "invalid project"), broken: "answer",
			says: []string{"with status 403: invalid project", "fix compare the DSN with the project's settings"},
		},
		"429": {
			step: sentrytest.Status(429).RetryAfter("120"), broken: "answer",
			says: []string{"rate limiting", "retry after 2m0s", "fix wait until"},
		},
		"404":      {step: sentrytest.Status(404), broken: "answer", says: []string{"status 404", "fix check the end of the DSN, /1"}},
		"413":      {step: sentrytest.Status(413), broken: "answer", says: []string{"status 413", "fix send less data"}},
		"503":      {step: sentrytest.Status(503), broken: "answer", says: []string{"status 503", "fix the server failed"}},
		"redirect": {step: sentrytest.Redirect(302, "https://elsewhere.invalid/"), broken: "answer", says: []string{"status 302", "fix set the DSN to the address in the server's redirect"}},
		"reset":    {step: sentrytest.Reset(), broken: "post", says: []string{"connection reset", "fix the connection was closed without an answer"}},
		"hang":     {step: sentrytest.Hang().Optional(), broken: "post", waits: "0.2", says: []string{"context deadline exceeded", "fix the server took more than 200ms", "timeout=SECONDS"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			for _, command := range []string{"doctor", "test"} {
				srv.Script(tc.step)
				r := runRaven(t, command, dsnOf(srv, "timeout", cmp.Or(tc.waits, "60")))
				g.Expect(r.code).To(Equal(1))
				said := r.out
				if command == "test" {
					said = strings.ReplaceAll(r.errs, "fix: ", "fix ")
					g.Expect(said).To(HavePrefix("raven: the event was not delivered: "))
					g.Expect(r.out).To(MatchRegexp(`(?m)^event +` + anID + `$`))
				} else {
					g.Expect(verdicts(r.out)).To(Equal(stepsUntil(tc.broken, "tls")))
				}
				for _, text := range tc.says {
					g.Expect(flat(said)).To(ContainSubstring(text))
				}
			}
		})
	}
}

func TestDoctorOnNetworks(t *testing.T) {
	addr := nobody(t)
	plain := sentrytest.NewServer(t)
	for name, tc := range map[string]struct {
		dsn    string
		broken string
		says   []string
	}{
		"nobody listens":      {"http://key:" + secret + "@" + addr + "/1", "connect", []string{"connection refused", "fix nothing listens on " + addr}},
		"no such host":        {"https://key:" + secret + "@nonexistent.invalid/1?timeout=2", "resolve", []string{"nonexistent.invalid", "fix "}},
		"https to plain http": {strings.Replace(dsnOf(plain), "http:", "https:", 1), "tls", []string{"fix the server does not speak TLS on this port: change https to http"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := runRaven(t, "doctor", tc.dsn)
			g.Expect(r.code).To(Equal(1))
			g.Expect(verdicts(r.out)).To(Equal(stepsUntil(tc.broken)))
			for _, text := range tc.says {
				g.Expect(flat(r.out)).To(ContainSubstring(text))
			}
		})
	}
}

func TestDoctorOnHTTPToATLSServer(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t)
	r := runRaven(t, "doctor", strings.Replace(dsnOf(srv), "https:", "http:", 1))
	g.Expect(r.code).To(Equal(1))
	// Such a server answers 400 and closes; the client sees either.
	g.Expect(flat(r.out)).To(Or(
		ContainSubstring("fix if the server speaks TLS on this port, the DSN must begin with https"),
		ContainSubstring("whether the DSN's scheme (http, https) matches the port")))
}

func TestDoctorExaminesEveryTargetOfATee(t *testing.T) {
	g := NewWithT(t)
	first, second := sentrytest.NewServer(t), sentrytest.NewTLSServer(t)
	r := runRaven(t, "doctor", first.DSN(sentrytest.DSNScheme("tee"), sentrytest.DSNParam("protocol", "store"),
		sentrytest.DSNParam("to", dsnOf(second, "ca_certs", second.CACertFile()))))
	g.Expect(r.code).To(BeZero())
	g.Expect(r.errs).To(BeEmpty())
	g.Expect(verdicts(r.out)).To(Equal(append(stepsUntil("", "tls"), stepsUntil("")...)))
	g.Expect(r.out).To(And(
		HavePrefix("Target 1 of 2: "+first.Addr()+"\nok "), ContainSubstring("\nDelivery works.\n\nTarget 2 of 2: "+second.Addr()+"\nok "),
		HaveSuffix("\nDelivery works.\n"), Not(ContainSubstring(secret))))
	for _, srv := range []*sentrytest.Server{first, second} {
		e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("This is a test message from raven doctor"))
		g.Expect(e.Received.Protocol).To(Equal("store"), "only the first DSN may have the option")
		g.Expect(srv.Requests()).To(HaveLen(1), "each gets one event")
	}
}

func TestDoctorOnATeeWithDeadTargets(t *testing.T) {
	healthy, refusing := sentrytest.NewServer(t), sentrytest.NewServer(t)
	refusing.Rule(sentrytest.When().Do(sentrytest.Status(403)).Optional())
	dead := nobody(t)
	dsns := map[string]string{
		"healthy": dsnOf(healthy), "dead": "http://key:" + secret + "@" + dead + "/1", "refusing": dsnOf(refusing),
		"mistyped": dsnOf(healthy, "tiemout", "3"), "nonsense": "nonsense",
	}
	dsns["nested"] = "tee+" + dsnOf(healthy, "to", dsns["dead"])
	for name, tc := range map[string]struct {
		own   string
		to    []string
		steps []string
		errs  string
	}{
		"own dead": {
			"dead",
			[]string{"healthy"},
			append(stepsUntil("connect"), stepsUntil("", "tls")...),
			"raven: target 1, " + dead + `: delivery fails at the step "connect"` + "\n",
		},
		"others dead": {
			"healthy",
			[]string{"dead", "refusing"},
			slices.Concat(stepsUntil("", "tls"), stepsUntil("connect"), stepsUntil("answer", "tls")),
			"raven: target 2, " + dead + `: delivery fails at the step "connect"` + "\n  target 3, " + refusing.Addr() + `: delivery fails at the step "answer"` + "\n",
		},
		"a bad option": {
			"healthy",
			[]string{"mistyped"},
			slices.Concat(stepsUntil("", "tls"), stepsUntil("options")),
			"raven: target 2, " + healthy.Addr() + `: delivery fails at the step "options"` + "\n",
		},
		"no DSN": {
			"healthy",
			[]string{"nonsense"},
			slices.Concat([]string{"options=FAIL"}, stepsUntil("", "tls")),
			"raven: the option to is invalid\n",
		},
		"a tee among the targets": {
			"healthy",
			[]string{"nested"},
			slices.Concat(stepsUntil("", "tls"), stepsUntil("", "tls"), stepsUntil("connect")),
			"raven: target 3, " + dead + `: delivery fails at the step "connect"` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			dsn, err := transport.ParseDSN("tee+" + dsns[tc.own])
			g.Expect(err).NotTo(HaveOccurred())
			for _, to := range tc.to {
				dsn.Options.Add("to", dsns[to])
			}
			r := runRaven(t, "doctor", dsn.Reveal())
			g.Expect(r.code).To(Equal(1))
			g.Expect(r.errs).To(Equal(tc.errs))
			g.Expect(verdicts(r.out)).To(Equal(tc.steps))
			g.Expect(r.out + r.errs).NotTo(ContainSubstring(secret))
		})
	}
}

func TestInterruptedDoctor(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	g.Expect(run(ctx, []string{"doctor", dsnOf(srv)}, transport.DefaultRegistry(), &out, &errs)).To(Equal(1))
	g.Expect(verdicts(out.String())).To(Equal(stepsUntil("connect")))
}
