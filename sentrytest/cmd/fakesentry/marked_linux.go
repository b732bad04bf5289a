package main

import (
	"bytes"
	"os"
	"strconv"
)

// marked returns the processes whose environment has the mark of a run. These
// are the processes that its command started, even if they have left the
// command's process group, its session or its parent. The caller must release
// them.
func marked(mark string) []*os.Process {
	entries, _ := os.ReadDir("/proc") // without /proc it finds none
	var out []*os.Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		// Open the handle first, so that the inspected process is the one that
		// gets the signal.
		p, err := os.FindProcess(pid)
		if err != nil {
			continue
		}
		if environ, err := os.ReadFile("/proc/" + entry.Name() + "/environ"); err == nil && hasMark(environ, mark) {
			out = append(out, p)
			continue
		}
		_ = p.Release()
	}
	return out
}

func hasMark(environ []byte, mark string) bool {
	for pair := range bytes.SplitSeq(environ, []byte{0}) {
		if marks, ok := bytes.CutPrefix(pair, []byte(markName+"=")); ok && bytes.Contains(marks, []byte(mark)) {
			return true
		}
	}
	return false
}
