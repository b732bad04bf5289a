package transport_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
)

// opened counts how often a file is opened while fn runs, by inotify(7).
func opened(t *testing.T, path string, fn func()) (times int) {
	t.Helper()
	g := NewWithT(t)
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = syscall.Close(fd) }()
	_, err = syscall.InotifyAddWatch(fd, path, syscall.IN_OPEN|syscall.IN_ACCESS|syscall.IN_CLOSE_NOWRITE)
	g.Expect(err).NotTo(HaveOccurred())
	fn()
	events := make([]byte, 64<<10)
	n, err := syscall.Read(fd, events)
	if n <= 0 {
		t.Logf("nothing was opened: %v", err)
		return 0
	}
	for at := 0; at < n; {
		if binary.NativeEndian.Uint32(events[at+4:])&syscall.IN_OPEN != 0 {
			times++
		}
		at += syscall.SizeofInotifyEvent + int(binary.NativeEndian.Uint32(events[at+12:]))
	}
	return times
}

// A DSN's files are read once, by the driver that opens the transport.
func TestFilesOfADSNAreReadOnce(t *testing.T) {
	pem, err := os.ReadFile(sentrytest.NewTLSServer(t).CACertFile())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	folder := t.TempDir()
	for i, d := range transport.DefaultRegistry().Drivers() {
		if !d.Decodes {
			continue
		}
		t.Run(d.Schemes[0], func(t *testing.T) {
			g := NewWithT(t)
			path := filepath.Join(folder, fmt.Sprint(i))
			g.Expect(os.WriteFile(path, pem, 0o600)).To(Succeed())
			dsn := mustParse(t, d.Schemes[0]+"://k@h.example/1?ca_certs="+path)
			g.Expect(opened(t, path, func() {
				tr, err := transport.DefaultRegistry().Open(dsn, transport.Env{})
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(tr.Close(t.Context())).To(Succeed())
			})).To(Equal(1))
		})
	}
}
