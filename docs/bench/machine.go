package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
)

// thisMachine describes what the figures depend on, in one line.
func thisMachine() string {
	return fmt.Sprintf("%s: %d cores (%s), %s/%s, %s; %s against %s %s",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), cpuModel(), runtime.GOOS, runtime.GOARCH, runtime.Version(),
		oursName, peerName, sentry.SDKVersion)
}

// cpuModel returns the processor's name on Linux, and only its architecture on
// other systems.
func cpuModel() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(info)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
