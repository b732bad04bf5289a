package restytransport_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-resty/resty/v2"
	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transport/restytransport"
)

// redirecting redirects every request, and counts the requests that follow.
func redirecting(t *testing.T) (url string, followed *atomic.Int32) {
	followed = new(atomic.Int32)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			followed.Add(1)
			return
		}
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, followed
}

func TestTheRedirectPolicyOfTheProgram(t *testing.T) {
	for name, policy := range map[string]bool{"of its own": true, "of net/http": false} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			url, followed := redirecting(t)
			client, asked := ownClient(t), 0
			if policy {
				client.SetRedirectPolicy(resty.RedirectPolicyFunc(func(*http.Request, []*http.Request) error {
					asked++
					return nil
				}))
			}
			dsn := strings.Replace(url, "http://", "resty+http://k@", 1) + "/1"
			for range 3 { // any number of drivers
				tr := mustOpen(t, restytransport.NewDriver(client), dsn, transport.Env{})
				_, err := tr.Send(t.Context(), packetFor(t, dsn))
				var api *transport.APIError
				g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
				g.Expect(api.Status).To(Equal(http.StatusFound))
			}
			g.Expect(followed.Load()).To(BeZero())
			g.Expect(asked).To(BeZero())

			response, err := client.R().Get(url)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(response.StatusCode()).To(Equal(http.StatusOK))
			g.Expect(followed.Load()).To(Equal(int32(1)), "the program's requests follow redirects as before")
			if policy {
				g.Expect(asked).To(Equal(1))
			}
		})
	}
	t.Run("without end", func(t *testing.T) {
		srv := httptest.NewServer(http.RedirectHandler("/", http.StatusFound))
		t.Cleanup(srv.Close)
		client := ownClient(t)
		restytransport.NewDriver(client)
		_, err := client.R().Get(srv.URL)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("stopped after 10 redirects")))
	})
}

// A policy that is set later replaces the guard. A redirect that is then
// followed is not a success.
func TestARedirectPolicyThatComesTooLate(t *testing.T) {
	g := NewWithT(t)
	url, _ := redirecting(t)
	client := ownClient(t)
	dsn := strings.Replace(url, "http://", "resty+http://k@", 1) + "/1"
	tr := mustOpen(t, restytransport.NewDriver(client), dsn, transport.Env{})
	client.SetRedirectPolicy(resty.FlexibleRedirectPolicy(5))
	_, err := tr.Send(t.Context(), packetFor(t, dsn))
	var api *transport.APIError
	g.Expect(errors.As(err, &api)).To(BeTrue(), "%v", err)
	g.Expect(api.Status).To(Equal(http.StatusFound))
}
