package tempfiles_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest/internal/tempfiles"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var files tempfiles.Files
	path, err := files.Write("a.pem", []byte("one"))
	g.Expect(err).NotTo(HaveOccurred())
	again, err := files.Write("a.pem", []byte("two"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(again).To(Equal(path))
	content, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(content)).To(Equal("one"))
	g.Expect(files.Remove()).To(Succeed())
	g.Expect(filepath.Dir(path)).NotTo(BeADirectory())
	_, err = files.Write("b.pem", nil)
	g.Expect(err).To(MatchError("b.pem was asked for after Close"))
	g.Expect(new(tempfiles.Files).Remove()).To(Succeed())
}
