package main

import (
	"bytes"
	"os"
	"strconv"
)

// marked returns the processes whose environment has the mark of a run: what its command has started, also where it has
// left the command's process group, its session, or its parent. They have to be released.
func marked(mark string) []*os.Process {
	entries, _ := os.ReadDir("/proc") // without it nobody can be found
	var out []*os.Process
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		// The handle is opened first, so that the process which is looked at is the one that is signalled.
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
