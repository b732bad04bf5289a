package filelock_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/internal/filelock"
)

// TestMain is also a process that holds the file in its environment until its
// input ends.
func TestMain(m *testing.M) {
	path := os.Getenv("FILELOCK_TEST")
	if path == "" {
		os.Exit(m.Run())
	}
	_, err := filelock.Open(path)
	fmt.Println("held", err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestOneHolder(t *testing.T) {
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "lock")
	g.Expect(filelock.Held(path)).To(BeFalse())
	g.Expect(path).NotTo(BeAnExistingFile())
	if !filelock.Supported {
		_, err := filelock.Open(path)
		g.Expect(err).To(HaveOccurred())
		return
	}
	file, err := filelock.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(filelock.Held(path)).To(BeTrue())
	_, err = filelock.Open(path)
	g.Expect(err).To(MatchError(filelock.ErrHeld))
	g.Expect(file.Close()).To(Succeed())
	g.Expect(filelock.Held(path)).To(BeFalse())
	file, err = filelock.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(file.Close()).To(Succeed())

	_, err = filelock.Open(filepath.Join(path, "below"))
	g.Expect(err).To(MatchError(ContainSubstring("below")))
}

func TestALockEndsWithItsProcess(t *testing.T) {
	if !filelock.Supported {
		t.Skip("the system has no locks")
	}
	g := NewWithT(t)
	path := filepath.Join(t.TempDir(), "lock")
	holder := exec.CommandContext(t.Context(), os.Args[0])
	holder.Env = append(os.Environ(), "FILELOCK_TEST="+path)
	_, err := holder.StdinPipe()
	g.Expect(err).NotTo(HaveOccurred())
	out, err := holder.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(holder.Start()).To(Succeed())
	g.Expect(bufio.NewReader(out).ReadString('\n')).To(Equal("held <nil>\n"))
	_, err = filelock.Open(path)
	g.Expect(err).To(MatchError(filelock.ErrHeld))
	g.Expect(holder.Process.Kill()).To(Succeed())
	_ = holder.Wait() // it was killed
	file, err := filelock.Open(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(file.Close()).To(Succeed())
}
