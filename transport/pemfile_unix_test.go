//go:build unix

package transport_test

import (
	"bufio"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

// irregular returns paths that block when they are opened or read.
func irregular(t *testing.T) map[string]string {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"a named pipe": pipe, "an endless device": "/dev/zero"}
}

// Orchestrators mount certificates as symbolic links.
func TestACertificateMayBeASymbolicLink(t *testing.T) {
	g := NewWithT(t)
	link := filepath.Join(t.TempDir(), "link.pem")
	g.Expect(os.Symlink(fileWith(t, "text.pem", []byte("no certificate")), link)).To(Succeed())
	_, err := transport.NewHTTP(transport.HTTPConfig{CACerts: link})
	g.Expect(err).To(MatchError(ContainSubstring("holds no PEM certificate")))
}

func TestEventsCannotBeWrittenToAPipeWithoutAReader(t *testing.T) {
	_, err := transport.NewFile(transport.FileConfig{Path: irregular(t)["a named pipe"]})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("no process reads from the named pipe")))
}

func TestEventsAreWrittenToADevice(t *testing.T) {
	g := NewWithT(t)
	file, err := transport.NewFile(transport.FileConfig{Path: os.DevNull})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = file.Send(t.Context(), body("a"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(file.Close(t.Context())).To(Succeed())
}

// Containers write their output to a pipe.
func TestEventsAreWrittenToAPipeThatIsRead(t *testing.T) {
	g := NewWithT(t)
	pipe := irregular(t)["a named pipe"]
	reader, err := os.OpenFile(pipe, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	g.Expect(err).NotTo(HaveOccurred())
	defer reader.Close()
	file, err := transport.NewFile(transport.FileConfig{Path: pipe})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = file.Send(t.Context(), body("a"))
	g.Expect(err).NotTo(HaveOccurred())
	line, err := bufio.NewReader(reader).ReadString('\n')
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(line).To(HavePrefix("{"))
	g.Expect(file.Close(t.Context())).To(Succeed())
}
