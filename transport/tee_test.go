package transport_test

import (
	"bytes"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

func TestTeeSendsToAll(t *testing.T) {
	for name, names := range map[string][]string{
		"all in the background": {"", "threaded", "pool"},
		"some blocking":         {"", "sync", "spawn"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			servers := []*sentrytest.Server{sentrytest.NewServer(t), sentrytest.NewServer(t), sentrytest.NewServer(t)}
			dsn := servers[0].DSN(
				sentrytest.DSNScheme("tee"), sentrytest.DSNSecret("first"), sentrytest.DSNParam("timeout", "5"),
				sentrytest.DSNParam("to", servers[1].DSN(sentrytest.DSNScheme(names[1]), sentrytest.DSNProject("22"), sentrytest.DSNPath("pre/fix"))),
				sentrytest.DSNParam("to", servers[2].DSN(sentrytest.DSNScheme(names[2]), sentrytest.DSNSecret("third"))),
			)
			tr := open(t, dsn, transport.Env{}).(transport.AsyncTransport)
			p := packet(t, dsn, eventID)
			response, err := tr.Send(t.Context(), p)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(response.EventID).To(Equal(eventID))
			told := make(chan error, 2)
			tr.SendAsync(t.Context(), p, func(_ *transport.Response, err error) { told <- err })
			g.Expect(tr.Flush(t.Context())).To(Succeed())
			g.Expect(told).To(Receive(BeNil()))
			g.Expect(tr.Close(t.Context())).To(Succeed())
			g.Expect(told).NotTo(Receive(), "done is called once for all targets")

			for i, srv := range servers {
				g.Expect(srv.Events()).To(HaveLen(2))
				r := srv.Requests()[0]
				g.Expect(r.PublicKey).To(Equal(srv.PublicKey()), "each gets its own key")
				g.Expect(r.SecretKey).To(Equal([]string{"", "", "third"}[i]), "and no other's secret")
			}
			g.Expect(servers[1].Requests()[0].Path).To(Equal("/pre/fix/api/22/envelope/"))
		})
	}
}

func TestTeeToStderrAndAServer(t *testing.T) {
	g := NewWithT(t)
	var out bytes.Buffer
	srv := sentrytest.NewServer(t)
	dsn := srv.DSN(sentrytest.DSNScheme("tee"), sentrytest.DSNParam("to", "stderr+https://k@h/1"))
	tr := open(t, dsn, transport.Env{Stderr: &out})
	_, err := tr.Send(t.Context(), packet(t, dsn, eventID))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(tr.Close(t.Context())).To(Succeed())
	g.Expect(srv.Events()).To(HaveLen(1))
	g.Expect(out.String()).To(ContainSubstring("for https://h/api/1/envelope/, not sent"))
}

func TestTeeChecksTheOptionsOfItsTargets(t *testing.T) {
	for to, says := range map[string]string{
		"nonsense":                            "the scheme is missing",
		"https://k:SECRET@h/1?tiemout=5":      `did you mean "timeout"?`,
		"carrier+https://k:SECRET@h/1":        "unsupported DSN scheme",
		"https://k:SECRET@h/1?protocol=store": "only the first DSN may have",
	} {
		t.Run(to, func(t *testing.T) {
			err := openError(t, "tee+https://k@h/1?to="+url.QueryEscape(to), transport.Env{})
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(says)))
			NewWithT(t).Expect(err.Error()).NotTo(ContainSubstring("SECRET"))
		})
	}
	err := openError(t, "tee+https://k@h/1?nonsense=1", transport.Env{})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(`unknown option "nonsense"`)))
	_, err = transport.NewTee(transport.TeeConfig{})
	NewWithT(t).Expect(err).To(HaveOccurred())
	_, err = transport.NewTee(transport.TeeConfig{}, transport.Target{})
	NewWithT(t).Expect(err).To(HaveOccurred())
}
