package raven_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// Without any settings the release is the commit that the program was built
// from.
func TestReleaseIsTheRevision(t *testing.T) {
	g := NewWithT(t)
	folder := writeProgram(t)
	t.Setenv("SENTRY_RELEASE", "")
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
		out, err := cmd.CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), "%s", out)
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet")
	git("add", ".")
	git("commit", "--quiet", "--message", "all")
	program := filepath.Join(t.TempDir(), "shop")
	goCommand(t, folder, "build", "-buildvcs=true", "-o", program, ".")
	out, err := exec.CommandContext(t.Context(), program).Output()
	g.Expect(err).NotTo(HaveOccurred())
	var ev object
	g.Expect(json.Unmarshal(out, &ev)).To(Succeed())
	g.Expect(ev["release"]).To(Equal(git("rev-parse", "HEAD")))
}
