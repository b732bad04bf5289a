package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestWait(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	url := s.url(t)
	post(t, http.DefaultClient, url, `{"message":"first","level":"info"}`)
	code, out, errs := runWith(t, transport.DefaultRegistry(), "wait", "1", "level:info", "first", "--server", url)
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
	g.Expect(out).To(MatchRegexp(`^\S+  info     first  \(project 1, [0-9a-f]{32}\)\n$`))
	code, out, errs = runWith(t, transport.DefaultRegistry(), "wait", "2", "--server", s.dsn(t), "--timeout=30ms")
	g.Expect(code).To(Equal(1))
	g.Expect(out).To(BeEmpty())
	g.Expect(errs).To(MatchRegexp("^fakesentry: 1 of 2 events arrived: timeout after 30ms\n    arrived: info \"first\" \\([0-9a-f]{32}\\)\n$"))
	code, out, _ = runWith(t, transport.DefaultRegistry(), "wait", "--server", url, "--format=logfmt", "1", "--", "-level:error", "first")
	g.Expect(code).To(BeZero())
	g.Expect(out).To(ContainSubstring("level=info title=first"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "wait", "1", "lvl:x", "--server", url)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(ContainSubstring(`there is no field "lvl"`))
	for _, args := range [][]string{{"wait", "1"}, {"tail"}} {
		code, _, errs = runWith(t, transport.DefaultRegistry(), append(args, "--tenant=absent", "--server", url)...)
		g.Expect(code).To(Equal(1))
		g.Expect(errs).To(ContainSubstring(`404: there is no tenant "absent", and no request with that key`))
	}
	code, _, _ = runWith(t, transport.DefaultRegistry(), "wait", "1", "--tenant=k", "--server", url)
	g.Expect(code).To(BeZero(), "any key with events is accepted")
	http.DefaultClient.CloseIdleConnections()
}

func TestTail(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	url := s.url(t)
	post(t, http.DefaultClient, url, `{"message":"first"}`)
	post(t, http.DefaultClient, url, `nonsense`)
	ctx, cancel := context.WithCancel(t.Context())
	out := newUntilPrinted()
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"tail", "--all", "--server", url}, transport.DefaultRegistry(), strings.NewReader(""), out, out)
	}()
	out.match(t, `error    first  .*\n.*refused  POST /api/1/store/ with 400`)
	post(t, http.DefaultClient, url, `{"message":"second"}`)
	out.match(t, `error    second`)
	cancel()
	g.Expect(<-done).To(BeZero(), "an interrupt is the normal end")

	go func() {
		done <- run(t.Context(), []string{"tail", "--all", "--format=json", "--server", url, "second"}, transport.DefaultRegistry(), strings.NewReader(""), out, out)
	}()
	out.match(t, `(?m)^\{"seq":.*"title":"second".*\}$`)
	s.stop()
	g.Expect(<-done).To(Equal(1))
	g.Expect(out.String()).To(HaveSuffix("fakesentry: the fakesentry at " + url + " was stopped\n"))
	http.DefaultClient.CloseIdleConnections()
}

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := serve(t)
	code, out, _ := runWith(t, transport.DefaultRegistry(), "healthcheck", "--server", s.url(t))
	g.Expect(code).To(BeZero())
	g.Expect(out).To(Equal("ok: " + s.dsn(t) + "\n"))
	url := s.url(t)
	s.stop()
	code, _, errs := runWith(t, transport.DefaultRegistry(), "healthcheck", "--server", url)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(Equal("fakesentry: no fakesentry answers at " + url + ": start one with `fakesentry serve`, or give its address with --server\n"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "healthcheck", "--server", "localhost")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(Equal("fakesentry: the server's address \"localhost\" is not of the form http://HOST:PORT\n"))
	http.DefaultClient.CloseIdleConnections()
}

func TestSend(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	code, out, errs := runWith(t, transport.DefaultRegistry(), "send", "--dsn", srv.DSN(), "-m", "100% full", "--level=warning", "--tag=host=web-1")
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
	e := sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("100% full"), sentrytest.HasLevel("warning"), sentrytest.HasTag("host", "web-1"))
	g.Expect(out).To(Equal(e.EventID + "\n"))

	folder := t.TempDir()
	event, envelope, wrong := filepath.Join(folder, "event.json"), filepath.Join(folder, "envelope"), filepath.Join(folder, "wrong")
	g.Expect(os.WriteFile(event, []byte(`{"message":"from a file"}`+"\n"), 0o600)).To(Succeed())
	g.Expect(os.WriteFile(envelope, []byte("{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n{\"type\":\"event\"}\n{\"message\":\"enclosed\"}"), 0o600)).To(Succeed())
	g.Expect(os.WriteFile(wrong, []byte("nonsense"), 0o600)).To(Succeed())
	code, out, errs = runWith(t, transport.DefaultRegistry(), "send", "--dsn", srv.DSN(), event, envelope)
	g.Expect(errs).To(BeEmpty())
	g.Expect(code).To(BeZero())
	g.Expect(out).To(HaveSuffix("\nfc6d8c0c43fc4630ad850ee518f1b9d0\n"))
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("from a file"))
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("enclosed"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "send", "--dsn", srv.DSN(), wrong)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: " + wrong + ": neither a JSON event nor an envelope: "))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "send", "--dsn", srv.DSN(), "-m", "text", event)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(Equal("fakesentry: --message and --tag can't be used with files\n"))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "send", "--dsn", "nonsense")
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(HavePrefix("fakesentry: "))
	srv.Script(sentrytest.Status(503))
	code, _, errs = runWith(t, transport.DefaultRegistry(), "send", "--dsn", srv.DSN(), event)
	g.Expect(code).To(Equal(1))
	g.Expect(errs).To(And(HavePrefix("fakesentry: "+event+": "), ContainSubstring("503")))
}

func TestSendSendsEnvelopesAsTheyAre(t *testing.T) {
	t.Parallel()
	header := "{\"event_id\":\"fc6d8c0c43fc4630ad850ee518f1b9d0\"}\n{\"type\":\"event\"}\n{\"message\":\"enclosed\"}\n"
	for name, c := range map[string]struct{ file, sent string }{
		"a payload that ends in a line end":      {header + "{\"type\":\"attachment\",\"length\":8}\nline 01\n", ""},
		"and a line end behind it":               {header + "{\"type\":\"attachment\",\"length\":8}\nline 01\n\n", ""},
		"a payload that begins and ends in some": {header + "{\"type\":\"attachment\",\"length\":9}\n\n \tline \r\n", ""},
		"a payload of line ends":                 {header + "{\"type\":\"attachment\",\"length\":3}\n\n\n\n", ""},
		"no line end at the end":                 {strings.TrimSuffix(header, "\n"), ""},
		"blank lines of an editor":               {"\n" + header + "\n \n", strings.TrimSuffix(header, "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv := sentrytest.NewServer(t)
			for _, args := range [][]string{{"-"}, {filepath.Join(t.TempDir(), "envelope")}} {
				g.Expect(args[0] == "-" || os.WriteFile(args[0], []byte(c.file), 0o600) == nil).To(BeTrue())
				var out, errs strings.Builder
				code := run(t.Context(), append([]string{"send", "--dsn", srv.DSN()}, args...), transport.DefaultRegistry(), strings.NewReader(c.file), &out, &errs)
				g.Expect(errs.String()).To(BeEmpty())
				g.Expect(code).To(BeZero())
				g.Expect(srv.Requests()).To(ContainElement(HaveField("Decoded", cmp.Or(c.sent, c.file))))
				srv.Clear()
			}
		})
	}
}

func TestSendShowsNoPassword(t *testing.T) {
	t.Parallel()
	for _, proxy := range []string{"http://u:a/hunter2@p:1", "http://u:12/hunter2@p:1", "u:hunter2@p:1", "ftp://u:hunter2@p:1"} {
		t.Run(proxy, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			code, out, errs := runWith(t, transport.DefaultRegistry(), "send", "-m", "x", "--dsn", "http://k:hunter2@127.0.0.1:9/1?proxy="+url.QueryEscape(proxy))
			g.Expect(code).To(Equal(1))
			g.Expect(errs).To(And(ContainSubstring("option proxy="), ContainSubstring(":xxxxx@p:1")))
			g.Expect(out + errs).NotTo(ContainSubstring("hunter2"))
		})
	}
}
