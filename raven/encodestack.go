package raven

import (
	"slices"
	"strconv"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const maxSourceFrames = 16 // of a stack, the innermost

func (e *encoder) appendStacktrace(dst []byte, s *Stacktrace) []byte {
	dst = append(dst, `{"frames":[`...)
	slim := slimmed(s.Frames)
	for i := range s.Frames {
		f := &s.Frames[i]
		if r := s.knownFrame(i); r != nil {
			dst = append(dst, r.JSON...)
		} else {
			plain := f.plain()
			dst = plain.AppendJSON(dst)
		}
		dst = append(e.appendFrameRest(dst, f, slim.keeps(f.InApp)), ',')
	}
	if len(s.Frames) == 0 {
		sourced := e.withSource(s.found)
		for i := len(s.found) - 1; i >= 0; i-- {
			dst = append(e.appendFound(dst, s.found[i], i <= sourced && e.showsSource(s.found, i)), ',')
		}
	}
	return append(jsontext.Close(dst, ']'), '}')
}

func (e *encoder) appendThreads(dst []byte, threads []Thread) []byte {
	dst = append(dst, `"threads":{"values":[`...)
	for i := range threads {
		t := &threads[i]
		dst = strconv.AppendInt(append(dst, `{"id":`...), t.ID, 10)
		dst = jsontext.AppendStringField(dst, `,"name":`, t.Name)
		dst = jsontext.AppendStringField(dst, `,"state":`, t.State)
		dst = strconv.AppendBool(append(dst, `,"crashed":`...), t.Crashed)
		dst = strconv.AppendBool(append(dst, `,"current":`...), t.Current)
		if !t.Stacktrace.empty() {
			dst = e.appendStacktrace(append(dst, `,"stacktrace":`...), t.Stacktrace)
		}
		dst = append(dst, '}', ',')
	}
	return append(jsontext.Close(dst, ']'), '}', ',')
}

// appendFrameRest appends what a plain frame lacks. Source lines around the
// frame's own and variables are left out unless whole is true.
func (e *encoder) appendFrameRest(dst []byte, f *Frame, whole bool) []byte {
	dst = e.appendContext(dst, f.PreContext, f.ContextLine, f.PostContext, whole)
	if whole && len(f.Vars) > 0 && (e.rules == nil || !e.rules.noLocals) {
		dst = e.AppendMap(append(dst, `,"vars":`...), f.Vars, e.tight())
	}
	return appendInApp(dst, f.InApp)
}

// appendFound appends a frame that the client found, with source if the frame
// is in-app.
func (e *encoder) appendFound(dst []byte, r *stack.Call, source bool) []byte {
	dst = append(dst, r.JSON...)
	inApp := e.isInApp(r.Module, r.InApp)
	if inApp && source {
		if pre, line, post, ok := r.Source(e.sourceLines); ok {
			dst = e.appendContext(dst, pre, line, post, true)
		}
	}
	return appendInApp(dst, inApp)
}

func (e *encoder) isInApp(pkg string, byDefault bool) bool { return e.inApp.InApp(pkg, byDefault) }

func appendInApp(dst []byte, inApp bool) []byte {
	if inApp {
		return append(dst, `,"in_app":true}`...)
	}
	return append(dst, `,"in_app":false}`...)
}

// withSource returns the index of the outermost call with source.
func (e *encoder) withSource(calls stack.Stack) int {
	left := maxSourceFrames
	if e.sourceLines == 0 {
		left = 0
	}
	for i, r := range calls {
		if left == 0 {
			return i - 1
		}
		if e.showsSource(calls, i) && e.isInApp(r.Module, r.InApp) {
			left--
		}
	}
	return len(calls) - 1
}

// showsSource reports whether a call differs from the one before; recursion
// repeats calls.
func (e *encoder) showsSource(calls stack.Stack, i int) bool { return i == 0 || calls[i-1] != calls[i] }

// fill sets f to the frame as it is sent, for functions of the program.
func (e *encoder) fill(f *Frame, r *stack.Call, source bool) {
	*f = frameOf(&r.Frame)
	f.InApp = e.isInApp(r.Module, r.InApp)
	if !f.InApp || !source {
		return
	}
	if pre, line, post, ok := r.Source(e.sourceLines); ok {
		f.PreContext, f.ContextLine, f.PostContext = slices.Clone(pre), line, slices.Clone(post)
	}
}

// appendContext appends a source line and, if whole is true, those around it.
func (e *encoder) appendContext(dst []byte, pre []string, line string, post []string, whole bool) []byte {
	if whole && len(pre) > 0 {
		dst = e.AppendStrings(append(dst, `,"pre_context":`...), pre)
	}
	dst = jsontext.AppendStringField(dst, `,"context_line":`, e.Mask().Name(line))
	if whole && len(post) > 0 {
		dst = e.AppendStrings(append(dst, `,"post_context":`...), post)
	}
	return dst
}

// wholeFrames is the number of frames that are sent with variables and the
// source around their lines.
const wholeFrames = 25

// slim selects the frames of a long stack that are sent whole: in-app frames
// before others, and of each kind the outermost and innermost. The zero value
// selects all.
//
// It is the rule of Raven for Python (raven/utils/stacks.py), except that with
// exactly 24 in-app frames Raven slims those and keeps the others whole.
type slim struct {
	long     bool
	own, lib band
}

// band is a range of the frames of one kind that are not sent whole.
type band struct{ at, from, to int }

// has reports whether the next frame of the kind is in the band.
func (b *band) has() bool {
	b.at++
	return b.at > b.from && b.at <= b.to
}

func slimmed(frames []Frame) slim {
	if len(frames) <= wholeFrames {
		return slim{}
	}
	own := 0
	for i := range frames {
		if frames[i].InApp {
			own++
		}
	}
	lib := len(frames) - own
	half := max(wholeFrames-own, 0) / 2
	s := slim{long: true, lib: band{from: half, to: lib - half}}
	if own > wholeFrames {
		s.own = band{from: wholeFrames / 2, to: own - wholeFrames/2}
	}
	return s
}

// keeps reports whether the next frame is sent whole.
func (s *slim) keeps(inApp bool) bool {
	switch {
	case !s.long:
		return true
	case inApp:
		return !s.own.has()
	}
	return !s.lib.has()
}
