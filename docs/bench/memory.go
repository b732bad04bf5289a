package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// peakMemory is the peak of this process's memory: resident memory on Linux,
// and elsewhere the memory that Go has requested, which never shrinks.
func peakMemory() int {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if n, ok := statusLine(string(status), "VmHWM"); ok {
			return n
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.Sys)
}

// memoryNow is this process's memory: resident memory on Linux, and elsewhere
// the memory that Go has in use.
func memoryNow() int {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		if n, ok := statusLine(string(status), "VmRSS"); ok {
			return n
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// statusLine finds a line such as "VmHWM: 12345 kB".
func statusLine(status, name string) (int, bool) {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return n << 10, err == nil
		}
	}
	return 0, false
}
