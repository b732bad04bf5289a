package raven

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

const (
	defaultSourceLines = 5  // on either side, as in the reference
	defaultSourceRate  = 10 // events of one place in a second
	maxSourceLines     = 20
	maxSourceFrames    = 16 // of a stack, the innermost
	maxSourceFile      = 4 << 20
	maxSourceLine      = 512 // characters; longer ones end in three dots (protocol 6.1)
)

// WithSourceContext sends the lines of source around the innermost frames of
// the program's own packages, as many as lines before and behind the frame's
// line, in place of 5; at most 20. The lines come from the files that the
// binary was built from, as they are when a place is first seen. Where these
// are absent, as on most servers and with -trimpath, nothing is sent. Zero
// lines sends none and opens no file.
//
// An event with source is several times as large as one without. So perSecond
// bounds how many events of one place carry it in a second, in place of 10;
// when an error comes in floods, the others go without. Zero: no bound.
// Numbers that are negative or too large are an error.
func WithSourceContext(lines, perSecond int) Option {
	return func(cfg *config) error {
		if lines < 0 || lines > maxSourceLines {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of lines must be from 0 to %d", lines, perSecond, maxSourceLines)
		}
		if perSecond < 0 {
			return fmt.Errorf("raven: WithSourceContext(%d, %d): the number of events is negative", lines, perSecond)
		}
		cfg.sourceLines, cfg.sourceRate = lines, perSecond
		return nil
	}
}

// sourceBudget says which events carry source. Each slot counts the events of
// one place in one second; what collides or races costs a few lines more or
// fewer.
type sourceBudget struct {
	lines, rate int
	slots       [128]atomic.Uint64 // place: 16 bits, second: 32, count: 16
}

// linesFor returns how many lines go with an event of a place.
func (b *sourceBudget) linesFor(stack calls, now time.Time) int {
	if b.lines == 0 || b.rate == 0 || len(stack) == 0 {
		return b.lines
	}
	hash := uint64(stack[0].pc) * 0x9E3779B97F4A7C15
	slot := &b.slots[hash>>57]
	period := hash<<7&(0xffff<<48) | uint64(uint32(now.Unix()))<<16
	seen := slot.Load()
	switch {
	case seen&^0xffff != period:
		seen = period
	case seen&0xffff == 0xffff || seen&0xffff >= uint64(b.rate):
		return 0
	}
	slot.Store(seen + 1)
	return b.lines
}

// excerpt is the source around a frame's line: up to maxSourceLines on either
// side. It never changes.
type excerpt struct {
	lines []string
	at    int // the frame's line
}

var noExcerpt = new(excerpt)

// source returns the source around the frame, nil if there is none. A file is
// read when a frame in it is first sent, and absence is remembered too: later
// captures find either here.
func (r *resolved) source() *excerpt {
	x := r.excerpt.Load()
	if x == nil {
		if x = readExcerpt(r.AbsPath, r.Lineno); x == nil {
			x = noExcerpt
		}
		r.excerpt.Store(x)
	}
	if x == noExcerpt {
		return nil
	}
	return x
}

// readExcerpt reads the lines around one, which is counted from 1.
func readExcerpt(path string, line int) *excerpt {
	// With -trimpath paths begin with a module: they are not to be found
	// below the working directory by chance.
	if !filepath.IsAbs(path) || line < 1 {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSourceFile {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	x := &excerpt{at: min(line-1, maxSourceLines)}
	lines := bufio.NewScanner(file)
	for n := 1; n <= line+maxSourceLines && lines.Scan(); n++ {
		if n >= line-maxSourceLines {
			x.lines = append(x.lines, shortLine(lines.Text()))
		}
	}
	if x.at >= len(x.lines) {
		return nil
	}
	return x
}

func shortLine(s string) string {
	s = strings.TrimRight(s, "\r")
	if short := jsontext.FirstRunes(s, maxSourceLine); len(short) < len(s) {
		return jsontext.FirstRunes(s, maxSourceLine-len("...")) + "..."
	}
	return s
}

// around returns the line itself and up to n on either side.
func (x *excerpt) around(n int) (pre []string, line string, post []string) {
	return x.lines[max(0, x.at-n):x.at], x.lines[x.at], x.lines[x.at+1 : min(len(x.lines), x.at+1+n)]
}

// withSource returns the index of the outermost call whose source is sent.
func (e *encoder) withSource(stack calls) int {
	left := maxSourceFrames
	if e.sourceLines == 0 {
		left = 0
	}
	for i, r := range stack {
		if left == 0 {
			return i - 1
		}
		if e.showsSource(stack, i) && e.isInApp(&r.Frame) {
			left--
		}
	}
	return len(stack) - 1
}

// showsSource reports whether a frame is the first of those in a row that are
// the same, as recursion makes them.
func (e *encoder) showsSource(stack calls, i int) bool { return i == 0 || stack[i-1] != stack[i] }

// fill makes f what the client found, as it is sent, for code that is not the
// client's.
func (e *encoder) fill(f *Frame, r *resolved, source bool) {
	*f = r.Frame
	f.InApp = e.isInApp(&r.Frame)
	if !f.InApp || !source {
		return
	}
	if x := r.source(); x != nil {
		pre, line, post := x.around(e.sourceLines)
		f.PreContext, f.ContextLine, f.PostContext = slices.Clone(pre), line, slices.Clone(post)
	}
}

// appendSource appends the source of a frame, if there is any.
func (e *encoder) appendSource(dst []byte, r *resolved) []byte {
	x := r.source()
	if x == nil {
		return dst
	}
	pre, line, post := x.around(e.sourceLines)
	return e.appendContext(dst, pre, line, post, true)
}

// appendContext appends a line of source and, if the event has room for the
// whole, those around it.
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
