package fakesentryclient_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program is a fakesentry that runs beside the tests, as a process of its own.
var program struct{ url string }

func TestMain(m *testing.M) { os.Exit(withProgram(m)) }

func withProgram(m *testing.M) (code int) {
	folder, err := os.MkdirTemp("", "fakesentryclient")
	if err != nil {
		return failed(err)
	}
	defer os.RemoveAll(folder)
	const source = "../cmd/fakesentry"
	if _, err := os.Stat(source); err != nil {
		fmt.Println("skipped: the program's source is not beside the client (in a module cache)")
		return 0
	}
	binary := filepath.Join(folder, "fakesentry")
	build := exec.Command("go", "build", "-o", binary, source)
	build.Env = append(os.Environ(), "GOWORK=") // the program is a module of its own
	if out, err := build.CombinedOutput(); err != nil {
		return failed(fmt.Errorf("%w: %s", err, out))
	}
	cmd := exec.Command(binary, "serve", "--addr=127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return failed(err)
	}
	if err := cmd.Start(); err != nil {
		return failed(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // the error says that it was killed
	}()
	lines := bufio.NewScanner(out)
	for program.url == "" && lines.Scan() {
		if page, ok := strings.CutPrefix(lines.Text(), "Page "); ok {
			program.url = strings.TrimSuffix(strings.TrimSpace(page), "/")
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() { // otherwise the program blocks on its output
		}
	}()
	code = m.Run()
	http.DefaultClient.CloseIdleConnections()
	_ = cmd.Process.Kill()
	<-drained
	return code
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
