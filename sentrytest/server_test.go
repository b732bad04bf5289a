package sentrytest_test

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// Who can host a server.
var (
	_ sentrytest.TB     = (*ginkgo.GinkgoTBWrapper)(nil)
	_ sentrytest.TB     = (*testing.T)(nil)
	_ sentrytest.TB     = (*testing.B)(nil)
	_ sentrytest.TB     = (*fakeTB)(nil)
	_ sentrytest.Source = (*sentrytest.Server)(nil)
)

func TestDSN(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv, other := sentrytest.NewServer(t), sentrytest.NewServer(t)
	secure := sentrytest.NewTLSServer(t)
	key := srv.PublicKey()
	g.Expect(key).To(MatchRegexp(`^[0-9a-f]{32}$`))
	g.Expect(key).NotTo(Equal(other.PublicKey()))
	g.Expect(srv.DSN()).To(Equal("http://" + key + "@" + srv.Addr() + "/1"))
	g.Expect(srv.DSN(nil, sentrytest.DSNScheme("sync"))).To(Equal("sync+http://" + key + "@" + srv.Addr() + "/1"))
	g.Expect(secure.DSN(sentrytest.DSNScheme("threaded+resty"))).To(HavePrefix("threaded+resty+https://"))
	full := srv.DSN(sentrytest.DSNKey("k"), sentrytest.DSNSecret("s:/@ecret"), sentrytest.DSNPath("/pre/fix/"), sentrytest.DSNProject("42"),
		sentrytest.DSNParam("timeout", "0.2"), sentrytest.DSNParam("ca_certs", "/a b&c=d.pem"))
	u, err := url.Parse(full)
	g.Expect(err).NotTo(HaveOccurred())
	password, _ := u.User.Password()
	g.Expect(u.User.Username()).To(Equal("k"))
	g.Expect(password).To(Equal("s:/@ecret"))
	g.Expect(u.Path).To(Equal("/pre/fix/42"))
	g.Expect(u.Query()).To(Equal(url.Values{"timeout": {"0.2"}, "ca_certs": {"/a b&c=d.pem"}}))
}

func TestListen(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	first := sentrytest.NewServer(t)
	_, err := sentrytest.Start(sentrytest.Listen(first.Addr()))
	g.Expect(err).To(MatchError(syscall.EADDRINUSE))
	_, err = sentrytest.Start(sentrytest.Listen("nonsense"))
	g.Expect(err).To(MatchError(HavePrefix("sentrytest: ")))
	_, err = sentrytest.Start(sentrytest.Listen("127.0.0.1:0"), sentrytest.InMemory())
	g.Expect(err).To(MatchError(ContainSubstring("exclude each other")))

	addr := first.Addr()
	g.Expect(first.Close()).To(Succeed())
	again := sentrytest.NewServer(t, sentrytest.Listen(addr))
	g.Expect(again.Addr()).To(Equal(addr))
	everywhere := sentrytest.NewServer(t, sentrytest.Listen(":0"))
	g.Expect(everywhere.Addr()).To(HavePrefix("127.0.0.1:"))
	g.Expect(store(t, everywhere, vectorJSON).Status).To(Equal(200))
}

func TestServerThatCannotStartFailsTheTest(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	failures, _ := run(t, func(tb *fakeTB) { sentrytest.NewServer(tb, sentrytest.Listen("nonsense")) })
	g.Expect(failures).To(ContainSubstring("nonsense"))
}

func TestCloseEndsEverything(t *testing.T) {
	t.Parallel()
	for name, opts := range faultServers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			srv, err := sentrytest.Start(opts...)
			g.Expect(err).NotTo(HaveOccurred())
			store(t, srv, vectorJSON) // leaves an idle connection
			srv.Script(sentrytest.Hang(), sentrytest.StallBody(), sentrytest.OK().After(time.Hour))
			var clients sync.WaitGroup
			for range 3 {
				clients.Go(func() { _ = post(context.Background(), srv) })
			}
			half, err := srv.DialContext(t.Context(), "", "")
			g.Expect(err).NotTo(HaveOccurred())
			_, err = io.WriteString(half, "POST /api/1/store/ HT")
			g.Expect(err).NotTo(HaveOccurred())
			g.Eventually(srv.Requests).Should(HaveLen(4))
			g.Expect(srv.Close()).To(Succeed())
			clients.Wait()
			g.Expect(half.Close()).To(Succeed())
			g.Expect(srv.Close()).To(Succeed())
			g.Expect(post(t.Context(), srv)).To(MatchError(syscall.ECONNREFUSED))
			g.Expect(srv.Events()).NotTo(BeEmpty(), "the records outlive Close")
		})
	}
}

func TestCloseConcurrently(t *testing.T) {
	t.Parallel()
	srv := sentrytest.NewServer(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestCloseBeforeAnyRequest(t *testing.T) {
	t.Parallel()
	for range 200 {
		srv, err := sentrytest.Start(sentrytest.InMemory())
		if err != nil {
			t.Fatal(err)
		}
		if err := srv.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestThousandServers(t *testing.T) {
	t.Parallel()
	const n = 1000
	var wg sync.WaitGroup
	servers := make([]*sentrytest.Server, n)
	for i := range n {
		wg.Go(func() {
			srv := sentrytest.NewServer(t)
			servers[i] = srv
			r, err := trySend(t, srv, "POST", storePath, message(fmt.Sprint(i)), authLine)
			if err != nil || r.Status != 200 {
				t.Errorf("server %d: %v %v", i, r, err)
			}
			srv.Client().CloseIdleConnections()
		})
	}
	wg.Wait()
	for i, srv := range servers {
		if events := srv.Events(); len(events) != 1 || events[0].Message != fmt.Sprint(i) {
			t.Fatalf("server %d has %v", i, events)
		}
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	srv := sentrytest.NewServer(t)
	store(t, srv, vectorJSON)
	store(t, srv, vectorJSON)
	srv.Client().CloseIdleConnections()
	store(t, srv, vectorJSON)
	var connections []int
	for _, r := range srv.Requests() {
		connections = append(connections, r.Connection)
	}
	g.Expect(connections).To(Equal([]int{1, 1, 2}))
	g.Expect(srv.Connections()).To(Equal(2))
}
