package crash

import (
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/program"
	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// Crash is the runtime's output when a program crashed.
type Crash struct {
	Kind       string // "panic", "fatal error", or a signal's name
	Text       string
	Goroutines []Goroutine // the first is the one that crashed
	overflow   bool        // the stack could not grow
}

// Goroutine is one goroutine of a crash.
type Goroutine struct {
	ID     int64
	State  string
	Frames []stack.Frame // the innermost call first
}

// Limits for a crash.
const (
	maxGoroutines = 50
	maxFrames     = stack.MaxFrames
)

var (
	goroutineLine = regexp.MustCompile(`^goroutine (\d+)(?: .*)? \[([^\]]*)\].*:$`)
	callLine      = regexp.MustCompile(`^([^\s(].*)\([^()]*\)$`)
	fileLine      = regexp.MustCompile(`^\t(.+):(\d+)(?: .*)?$`)
	elided        = regexp.MustCompile(`^\.\.\.\d+ frames elided\.\.\.$|^\.\.\.additional frames elided\.\.\.$`)
	signalLine    = regexp.MustCompile(`^(SIG[A-Z]+): (.+)$`)
)

// Parse parses the output of [runtime/debug.SetCrashOutput]. It never fails: of
// unknown output the first line is the text.
func Parse(output string) Crash {
	var c Crash
	lines := strings.Split(strings.ReplaceAll(output, "\r\n", "\n"), "\n")
	head := len(lines)
	for i, line := range lines {
		if line == "runtime stack:" || goroutineLine.MatchString(line) {
			head = i
			break
		}
	}
	c.overflow = strings.Contains(output, "\nruntime.newstack(")
	c.readHead(lines[:head], panicsBelow(lines[head:]))
	c.readGoroutines(lines[head:])
	if c.Text == "" && c.Kind != "panic" {
		c.Kind, c.Text = "fatal error", c.fatalText()
	}
	return c
}

// What the runtime adds to a recovered panic: before another panic, and before
// the same one again, which it does not list.
const (
	recovered  = " [recovered]"
	repanicked = " [recovered, repanicked]"
)

// readHead reads the lines above the traces. A panic in a deferred function is
// listed below the earlier panic, and the last one ended the program. The lines
// of a panic's own text are indented in the same way and may look like a
// further panic. below is the number of panics that the stack shows below the
// last one.
func (c *Crash) readHead(lines []string, below int) {
	nested := nestedPanics(lines, below)
	for i, line := range lines {
		indented, more := strings.CutPrefix(line, "\t")
		panicText, panicked := strings.CutPrefix(indented, "panic: ")
		fatal, died := strings.CutPrefix(line, "fatal error: ")
		signal := signalLine.FindStringSubmatch(line)
		switch {
		case panicked && (!more || c.Kind == "" || slices.Contains(nested, i)):
			c.Kind, c.Text = "panic", panicText
		case more && c.Kind != "":
			c.Text += "\n" + indented
		case died:
			c.Kind, c.Text = "fatal error", fatal
		case signal != nil:
			c.Kind, c.Text = signal[1], signal[2]
		case c.Kind == "" && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "["):
			c.Kind, c.Text = "fatal error", line
		}
	}
	c.Text = strings.TrimSuffix(strings.TrimSpace(c.Text), repanicked)
}

// nestedPanics returns the lines at which further panics begin. If more lines
// look like it than the stack has panics, lines after a recovered panic are
// taken first, then the first others.
func nestedPanics(lines []string, below int) []int {
	var sure, maybe []int
	for i, line := range lines {
		if strings.HasSuffix(line, repanicked) {
			below--
		}
		if i == 0 || !strings.HasPrefix(line, "\tpanic: ") {
			continue
		}
		if strings.HasSuffix(lines[i-1], recovered) {
			sure = append(sure, i)
		} else {
			maybe = append(maybe, i)
		}
	}
	all := append(sure, maybe...)
	return all[:min(max(below, 0), len(all))]
}

// panicsBelow counts the panics on the stack of the crashed goroutine without
// the last one, which is there only under GOTRACEBACK=system. If calls are left
// out, or there is no stack, there may be any number.
func panicsBelow(lines []string) int {
	for len(lines) > 0 && !goroutineLine.MatchString(lines[0]) {
		lines = lines[1:]
	}
	if len(lines) == 0 {
		return math.MaxInt
	}
	n, own := 0, false
	for _, line := range lines[1:] {
		if line == "" {
			break
		}
		if elided.MatchString(line) {
			return math.MaxInt
		}
		m := callLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if m[1] == "panic" {
			n++
		}
		if f := frameFromText(m[1], "", 0); !own && !f.OfRuntime() {
			own = true
			n = 0 // the last panic is above the program's own calls
		}
	}
	return n
}

// readGoroutines reads the traces without those of the runtime's own threads
// and scheduler.
func (c *Crash) readGoroutines(lines []string) {
	var g *Goroutine
	var call string
	for _, line := range lines {
		if head := goroutineLine.FindStringSubmatch(line); head != nil {
			g = c.addGoroutine(head[1], head[2])
			continue
		}
		if line == "" || g == nil {
			g = nil
			continue
		}
		if m := callLine.FindStringSubmatch(line); m != nil {
			call = m[1]
			continue
		}
		if m := fileLine.FindStringSubmatch(line); m != nil && call != "" && len(g.Frames) < maxFrames {
			number, _ := strconv.Atoi(m[2]) // what is too large for a line is none
			g.Frames = append(g.Frames, frameFromText(call, m[1], number))
		}
		call = ""
	}
}

func (c *Crash) addGoroutine(number, state string) *Goroutine {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id == 0 || len(c.Goroutines) == maxGoroutines {
		return nil
	}
	c.Goroutines = append(c.Goroutines, Goroutine{ID: id, State: state})
	return &c.Goroutines[len(c.Goroutines)-1]
}

func frameFromText(function, file string, line int) stack.Frame {
	if function == "panic" {
		function = "runtime.gopanic" // as tracebacks call it
	}
	module, name := stack.SplitName(function)
	return stack.Frame{
		Function: name,
		Module:   module,
		Filename: path.Join(module, path.Base(strings.ReplaceAll(file, `\`, "/"))),
		AbsPath:  file,
		Lineno:   line,
		InApp:    program.Owns(module),
	}
}

// Stack returns the frames without the innermost ones, by which the runtime
// crashes.
func (g *Goroutine) Stack() []stack.Frame {
	for i := range g.Frames {
		if !g.Frames[i].OfRuntime() {
			return g.Frames[i:]
		}
	}
	return g.Frames
}

// fatalText derives the cause from the stack. The runtime writes the text of
// its fatal errors only to standard error, not to the crash output.
func (c *Crash) fatalText() string {
	if c.overflow {
		return "stack overflow"
	}
	if len(c.Goroutines) == 0 {
		return "the program died without a trace"
	}
	waiting := true
	for _, g := range c.Goroutines {
		waiting = waiting && !strings.HasPrefix(g.State, "run") && !strings.HasPrefix(g.State, "syscall")
	}
	if waiting {
		return "all goroutines are asleep - deadlock!"
	}
	for _, f := range c.Goroutines[0].Frames {
		switch {
		case f.Module == "internal/runtime/maps" && f.Function == "fatal":
			return "concurrent map access"
		case f.Module == "sync" && f.Function == "fatal", f.Module == "internal/sync" && f.Function == "fatal":
			return "misuse of a mutex"
		}
	}
	return "the Go runtime ended the program"
}
