package transporttest

import (
	"bytes"
	"runtime/pprof"
	"strings"
)

// leakLabel is the key of the profiler label that the goroutines of a transport
// under examination carry.
const leakLabel = "transporttest"

// labelled returns the stacks of the goroutines that carry a label. The profile
// is text of blocks, one for each stack, with its labels in a line of their
// own.
func labelled(value string) []string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return nil // a bytes.Buffer takes everything
	}
	var stacks []string
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(block, `"`+leakLabel+`":"`+value+`"`) {
			stacks = append(stacks, block)
		}
	}
	return stacks
}
