package transport_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// The file is deleted after decoding, so a second decoding would fail.
func TestFilesAreReadOnce(t *testing.T) {
	g := NewWithT(t)
	srv := sentrytest.NewTLSServer(t, sentrytest.Trusted())
	pem, err := os.ReadFile(srv.CACertFile())
	g.Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(t.TempDir(), "ca.pem")
	g.Expect(os.WriteFile(path, pem, 0o600)).To(Succeed())

	cfg := new(transport.HTTPConfig)
	g.Expect(transport.DecodeOptions(map[string][]string{"ca_certs": {path}}, cfg)).To(Succeed())
	g.Expect(os.Remove(path)).To(Succeed())
	tr, err := transport.NewHTTP(*cfg)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(tr.Close(t.Context())).To(Succeed()) }()
	_, err = tr.Send(t.Context(), packet(t, srv.DSN(), eventID))
	g.Expect(err).NotTo(HaveOccurred())
}
