package raven

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const (
	gistFrames = 5
	gistText   = 1000 // characters
)

// gist is what the log shows of a lost event. Its texts are masked. The encoder
// fills it in as it goes, so it costs almost nothing.
type gist struct {
	text       string // of the message
	kind, says string // of the captured exception
	found      [gistFrames]*stack.Call
	frames     []stack.Frame // where found has nil, the innermost call first
}

// keep notes the innermost frames. It copies memory of the draft and the
// caller.
func (g *gist) keep(s *Stacktrace) {
	g.found, g.frames = [gistFrames]*stack.Call{}, nil
	switch {
	case s == nil:
	case len(s.Frames) > 0:
		for i := range s.Frames[:min(len(s.Frames), gistFrames)] {
			at := len(s.Frames) - 1 - i
			if g.found[i] = s.knownFrame(at); g.found[i] != nil {
				continue
			}
			if g.frames == nil {
				g.frames = make([]stack.Frame, gistFrames)
			}
			g.frames[i] = s.Frames[at].plain()
		}
	default:
		copy(g.found[:], s.found)
	}
}

// brief returns a gist that refers to no long text.
func (g gist) brief() gist {
	g.text, g.says = short(g.text), short(g.says)
	return g
}

func short(s string) string {
	if cut := jsontext.FirstRunes(s, gistText); len(cut) < len(s) {
		return strings.Clone(cut)
	}
	return s
}

// readable returns the message and the frames, the innermost call first.
func (g *gist) readable() (message string, frames []string) {
	message = g.text
	if message == "" && g.kind+g.says != "" {
		message = jsontext.FirstRunes(g.kind+": "+g.says, gistText)
	}
	for i, r := range g.found {
		switch {
		case r != nil:
			frames = append(frames, placeOf(r.Frame))
		case g.frames != nil && g.frames[i].Filename+g.frames[i].AbsPath+g.frames[i].Function != "":
			frames = append(frames, placeOf(g.frames[i]))
		}
	}
	return message, frames
}

func placeOf(f stack.Frame) string {
	return fmt.Sprintf("%s:%d in %s", cmp.Or(f.Filename, f.AbsPath), f.Lineno, f.Function)
}
