package raven

import (
	"cmp"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
	"github.com/ravenkit/ravenkit/transport"
)

// outgoing is an event that is ready to be sent: the packet, which is the
// transport's from now on, and what its outcome is entered into. Neither refers
// to the other, so that the packet can be freed while its outcome is open. The
// zero value is none.
type outgoing struct {
	packet *transport.Packet
	*fate
}

// fate is an event whose outcome is open.
type fate struct {
	client  *Client
	id      string
	ticket  uint64      // in the ledger
	report  *discards   // that travel along; nil for none
	echo    bool        // see terms
	memory  memory      // of its error
	settled atomic.Bool // a transport that calls back twice is not believed twice
	gist    gist
}

// done is the callback for asynchronous transports.
func (f *fate) done(resp *transport.Response, err error) {
	f.client.settle(f, resp, err, terms{})
}

// terms say who else knows of an outcome, and what it is worth.
type terms struct {
	told   bool // the caller is told: nothing to log, nothing for Flush to say
	ignore bool // it says nothing about the way to the server
	echo   bool // the client's own log led to the capture
}

const (
	gistFrames = 5
	gistText   = 1000 // characters
)

// gist is what the log shows of an event that is lost. Its texts are masked. The
// encoder fills it in, so that it costs nothing while nothing is lost.
type gist struct {
	text       string // of the message
	kind, says string // of the exception that was captured
	found      [gistFrames]*stack.Call
	frames     []stack.Frame // those that found lacks, the innermost call first
}

// keep notes the innermost frames. What belongs to the draft or the caller is
// copied.
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

// brief returns a gist that pins no long text.
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

// readable returns what happened and where, the innermost call first.
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
