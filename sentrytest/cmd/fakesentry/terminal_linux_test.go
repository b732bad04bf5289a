package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	. "github.com/onsi/gomega"
)

// openTerminal returns both ends of a new terminal: one for the user, one for
// programs.
func openTerminal(t *testing.T) (user, program *os.File) {
	t.Helper()
	g := NewWithT(t)
	user, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = user.Close() })
	var unlock, number int32
	g.Expect(control(user, syscall.TIOCSPTLCK, &unlock)).To(Succeed())
	g.Expect(control(user, syscall.TIOCGPTN, &number)).To(Succeed())
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	g.Expect(err).NotTo(HaveOccurred())
	return user, program
}

func control(f *os.File, request uintptr, value *int32) error {
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(unsafe.Pointer(value))); errno != 0 {
		return errno
	}
	return nil
}

// A terminal sends its signals to all processes of its group, including the
// command of run.
func TestRunDoesNotRepeatSignalsOfTheTerminal(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	user, terminal := openTerminal(t)
	screen := newUntilPrinted()
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := user.Read(buf)
			if _, _ = screen.Write(buf[:n]); err != nil {
				return // all processes have closed the terminal
			}
		}
	}()
	cmd := program(t, "signal till TERM", "run", "--expect=1", "--", os.Args[0])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	g.Expect(cmd.Start()).To(Succeed())
	g.Expect(terminal.Close()).To(Succeed())
	screen.match(t, "ready\r\n")
	for range 2 {
		before := strings.Count(screen.String(), "got interrupt\r\n")
		_, err := user.WriteString("\x03")
		g.Expect(err).NotTo(HaveOccurred())
		screen.match(t, fmt.Sprintf(`(?s)(got interrupt\r\n.*){%d}`, before+1))
	}
	_, err := user.WriteString("\x1c")
	g.Expect(err).NotTo(HaveOccurred())
	screen.match(t, "got quit\r\n")
	g.Expect(cmd.Process.Signal(syscall.SIGUSR1)).To(Succeed())
	screen.match(t, "got user defined signal 1\r\n")
	g.Expect(cmd.Process.Signal(syscall.SIGTERM)).To(Succeed())
	_ = cmd.Wait()
	g.Expect(cmd.ProcessState.ExitCode()).To(Equal(3))
	<-read
	got := strings.NewReplacer("\r", "", "^C", "", "^\\", "").Replace(screen.String())
	g.Expect(got).To(Equal("ready\ngot interrupt\ngot interrupt\ngot quit\ngot user defined signal 1\ngot terminated\n"), "each signal once")
}
