package transport_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// fileWith writes a file in a new directory and returns its path.
func fileWith(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A file that can't be a certificate is an error at once. Named pipes and
// endless devices are not opened.
func TestCertificateFilesMustBeRegularAndSmall(t *testing.T) {
	huge := fileWith(t, "huge.pem", make([]byte, 4<<20+1))
	sparse := fileWith(t, "sparse.pem", nil)
	if err := os.Truncate(sparse, 1<<33); err != nil {
		t.Fatal(err)
	}
	paths := map[string]struct{ path, says string }{
		"a directory":   {t.TempDir(), "a directory, not a regular file"},
		"a large file":  {huge, "larger than 4194304 bytes"},
		"a sparse file": {sparse, "larger than 4194304 bytes"},
		"a missing":     {"absent.pem", ""},
	}
	for name, path := range irregular(t) {
		paths[name] = struct{ path, says string }{path, "not a regular file"}
	}
	for name, c := range paths {
		for option, cfg := range map[string]transport.HTTPConfig{
			"ca_certs":    {CACerts: c.path},
			"client_cert": {ClientCert: c.path, ClientKey: c.path},
			"client_key":  {ClientKey: c.path},
		} {
			t.Run(name+" as "+option, func(t *testing.T) {
				g := NewWithT(t)
				_, err := transport.NewHTTP(cfg)
				var bad *transport.OptionError
				g.Expect(errors.As(err, &bad)).To(BeTrue(), "%v", err)
				g.Expect(bad.Option).To(Equal(option))
				g.Expect(err).To(MatchError(ContainSubstring(c.says)))
				_, err = cfg.TLSConfig()
				g.Expect(errors.As(err, &bad)).To(BeTrue(), "%v", err)
				g.Expect(bad.Option).To(Equal(option))
			})
		}
	}
}
