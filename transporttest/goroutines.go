package transporttest

import (
	"bytes"
	"runtime/pprof"
	"strings"
)

// leakLabel is the key of the profiler label of a transport's goroutines.
const leakLabel = "transporttest"

// labelled returns the stacks of the goroutines with a label. The profile is
// text: one block for each stack, with a line of labels.
func labelled(value string) []string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil // writing to a bytes.Buffer can't fail
	}
	var stacks []string
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(block, `"`+leakLabel+`":"`+value+`"`) {
			stacks = append(stacks, block)
		}
	}
	return stacks
}
