package raven

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// crash is what the runtime writes when a program dies.
type crash struct {
	kind       string // "panic", "fatal error", or a signal's name
	text       string
	goroutines []goroutine // the first is the one that crashed
	overflow   bool        // the runtime could not give it a larger stack
}

// goroutine is one of the traces of a crash.
type goroutine struct {
	id     int64
	state  string
	frames []Frame // the innermost call first
}

// What is kept of a crash: one of a hundred thousand goroutines is not read by
// anybody.
const (
	maxCrashGoroutines = 50
	maxCrashFrames     = maxFrames
)

var (
	goroutineLine = regexp.MustCompile(`^goroutine (\d+)(?: .*)? \[([^\]]*)\].*:$`)
	callLine      = regexp.MustCompile(`^([^\s(].*)\([^()]*\)$`)
	fileLine      = regexp.MustCompile(`^\t(.+):(\d+)(?: .*)?$`)
	signalLine    = regexp.MustCompile(`^(SIG[A-Z]+): (.+)$`)
	recovered     = regexp.MustCompile(`( \[recovered[^\]]*\])+$`)
)

// parseCrash reads what [runtime/debug.SetCrashOutput] left behind. It never
// fails: of what it does not know the first line is the text.
func parseCrash(output string) crash {
	var c crash
	lines := strings.Split(strings.ReplaceAll(output, "\r\n", "\n"), "\n")
	head := len(lines)
	for i, line := range lines {
		if line == "runtime stack:" || goroutineLine.MatchString(line) {
			head = i
			break
		}
	}
	c.overflow = strings.Contains(output, "\nruntime.newstack(")
	c.readHead(lines[:head])
	c.readGoroutines(lines[head:])
	if c.text == "" && c.kind != "panic" {
		c.kind, c.text = "fatal error", c.fatalText()
	}
	return c
}

// readHead reads what stands above the traces. A panic in a deferred function
// is listed below the one that was going on, indented as further lines of a
// text are; it is the last one that ended the program.
func (c *crash) readHead(lines []string) {
	for _, line := range lines {
		indented, more := strings.CutPrefix(line, "\t")
		panicText, panicked := strings.CutPrefix(indented, "panic: ")
		fatal, died := strings.CutPrefix(line, "fatal error: ")
		signal := signalLine.FindStringSubmatch(line)
		switch {
		case panicked:
			c.kind, c.text = "panic", panicText
		case more && c.kind != "":
			c.text += "\n" + indented
		case died:
			c.kind, c.text = "fatal error", fatal
		case signal != nil:
			c.kind, c.text = signal[1], signal[2]
		case c.kind == "" && strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "["):
			c.kind, c.text = "fatal error", line
		}
	}
	c.text = recovered.ReplaceAllString(strings.TrimSpace(c.text), "")
}

// readGoroutines reads the traces, but for the stacks of the runtime's own
// threads and scheduler.
func (c *crash) readGoroutines(lines []string) {
	var g *goroutine
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
		if m := fileLine.FindStringSubmatch(line); m != nil && call != "" && len(g.frames) < maxCrashFrames {
			number, _ := strconv.Atoi(m[2]) // what is too large for a line is none
			g.frames = append(g.frames, frameFromText(call, m[1], number))
		}
		call = ""
	}
}

func (c *crash) addGoroutine(number, state string) *goroutine {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id == 0 || len(c.goroutines) == maxCrashGoroutines {
		return nil
	}
	c.goroutines = append(c.goroutines, goroutine{id: id, state: state})
	return &c.goroutines[len(c.goroutines)-1]
}

func frameFromText(function, file string, line int) Frame {
	if function == "panic" {
		function = "runtime.gopanic" // as tracebacks call it
	}
	module, name := functionName(function)
	return Frame{
		Function: name,
		Module:   module,
		Filename: path.Join(module, path.Base(strings.ReplaceAll(file, `\`, "/"))),
		AbsPath:  file,
		Lineno:   line,
		InApp:    isMainModule(module),
	}
}

// ofRuntime reports whether a frame is of the runtime rather than of what it
// runs.
func (f *Frame) ofRuntime() bool {
	return f.Module == "runtime" || below(f.Module, "internal/runtime") || below(f.Module, "runtime/internal")
}

// stack returns the frames of a goroutine without those at its inner end that
// are how the runtime dies.
func (g *goroutine) stack() []Frame {
	for i := range g.frames {
		if !g.frames[i].ofRuntime() {
			return g.frames[i:]
		}
	}
	return g.frames
}

// fatalText tells from the stack what the runtime died of. It writes the text
// of its fatal errors to standard error alone, not to the crash output.
func (c *crash) fatalText() string {
	if c.overflow {
		return "stack overflow"
	}
	if len(c.goroutines) == 0 {
		return "the program died without a trace"
	}
	waiting := true
	for _, g := range c.goroutines {
		waiting = waiting && !strings.HasPrefix(g.state, "run") && !strings.HasPrefix(g.state, "syscall")
	}
	if waiting {
		return "all goroutines are asleep - deadlock!"
	}
	for _, f := range c.goroutines[0].frames {
		switch {
		case f.Module == "internal/runtime/maps" && f.Function == "fatal":
			return "concurrent map access"
		case f.Module == "sync" && f.Function == "fatal", f.Module == "internal/sync" && f.Function == "fatal":
			return "misuse of a mutex"
		}
	}
	return "the Go runtime ended the program"
}
