package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/getsentry/sentry-go"
)

// machine describes what the figures depend on.
type machine struct {
	cores     int
	cpu       string
	system    string
	toolchain string
	peer      string
	date      time.Time
}

func thisMachine() machine {
	return machine{
		cores:     runtime.NumCPU(),
		cpu:       cpuModel(),
		system:    runtime.GOOS + "/" + runtime.GOARCH,
		toolchain: runtime.Version(),
		peer:      peerName + " " + sentry.SDKVersion,
		date:      time.Now().UTC(),
	}
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

// String returns the line above the tables.
func (m machine) String() string {
	return fmt.Sprintf("%s: %d cores (%s), %s, %s; %s against %s",
		m.date.Format(time.DateOnly), m.cores, m.cpu, m.system, m.toolchain, oursName, m.peer)
}
