package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// exceptionView is one error of the chain.
type exceptionView struct {
	Type, Value, Module string
	Mechanism           string
	Handled             string // "handled", "unhandled" or ""
	Relation            string // to the exception shown before
	Stack               []stackPart
	Hidden              int // the number of frames that are not shown
}

// threadView is a thread with its stack.
type threadView struct {
	Name  string
	Notes []string // crashed, current, …
	Stack []stackPart
}

// stackPart is one frame, or a folded run of frames outside the application.
type stackPart struct {
	frameView
	Folded []frameView
}

type frameView struct {
	Function, Where, Module string
	InApp, Open             bool
	Lines                   []sourceLine
	Vars                    []pair
	Address                 string
}

type sourceLine struct {
	Number  int // 0 if unknown
	Text    string
	Current bool
}

// Body reports whether the frame can be unfolded.
func (f frameView) Body() bool { return len(f.Lines) > 0 || len(f.Vars) > 0 }

// exceptions returns the chain. The exception that was raised is first.
func exceptions(c sentrytest.Event) []exceptionView {
	var out []exceptionView
	opened := false
	for _, x := range slices.Backward(c.Exceptions) {
		if len(out) == maxList {
			break
		}
		v := exceptionView{Type: cmp.Or(cut(x.Type, 300), "Exception"), Value: cut(x.Value, maxValue), Module: cut(x.Module, 300)}
		if m := x.Mechanism; m != nil {
			v.Mechanism = cut(m.Type, 300)
			if m.Handled != nil {
				v.Handled = map[bool]string{true: "handled", false: "unhandled"}[*m.Handled]
			}
			v.Relation = cut(m.Source, 300)
		}
		if x.Stacktrace != nil {
			v.Hidden = max(len(x.Stacktrace.Frames)-maxList, 0)
			v.Stack = stack(x.Stacktrace, &opened)
		}
		out = append(out, v)
	}
	if c.Stacktrace != nil {
		out = append(out, exceptionView{Type: "Stack trace", Hidden: max(len(c.Stacktrace.Frames)-maxList, 0), Stack: stack(c.Stacktrace, &opened)})
	}
	return out
}

func threads(c sentrytest.Event) []threadView {
	var out []threadView
	for _, t := range c.Threads[:min(len(c.Threads), maxList)] {
		v := threadView{Name: cut(strings.TrimSpace(t.Name+" "+t.ID), 300)}
		for note, is := range map[string]bool{"crashed": t.Crashed, "current": t.Current, "main": t.Main} {
			if is {
				v.Notes = append(v.Notes, note)
			}
		}
		slices.Sort(v.Notes)
		if t.State != "" {
			v.Notes = append(v.Notes, cut(t.State, 100))
		}
		if t.Stacktrace != nil {
			closed := true
			v.Stack = stack(t.Stacktrace, &closed)
		}
		out = append(out, v)
	}
	return out
}

// stack returns the frames, innermost first. It opens the first frame of the
// application that can be unfolded, unless an earlier stack has an open frame:
// opened says so.
func stack(s *sentrytest.Stacktrace, opened *bool) []stackPart {
	var out []stackPart
	anyInApp := slices.ContainsFunc(s.Frames, func(f sentrytest.Frame) bool { return f.InApp != nil && *f.InApp })
	for i, f := range slices.Backward(s.Frames) {
		if len(s.Frames)-i > maxList {
			break
		}
		v := frameOf(f)
		v.InApp = f.InApp != nil && *f.InApp || f.InApp == nil && !anyInApp
		if !v.InApp && anyInApp {
			if n := len(out); n > 0 && out[n-1].Folded != nil {
				out[n-1].Folded = append(out[n-1].Folded, v)
			} else {
				out = append(out, stackPart{Folded: []frameView{v}})
			}
			continue
		}
		if !*opened && v.Body() {
			v.Open, *opened = true, true
		}
		out = append(out, stackPart{frameView: v})
	}
	return out
}

func frameOf(f sentrytest.Frame) frameView {
	v := frameView{
		Function: cmp.Or(cut(f.Function, 300), "?"), Module: cut(cmp.Or(f.Module, f.Package), 300),
		Where: cut(cmp.Or(f.Filename, f.AbsPath), 500), Vars: pairs(f.Vars),
	}
	if f.Lineno > 0 {
		v.Where += fmt.Sprintf(":%d", f.Lineno)
	}
	if f.Colno > 0 {
		v.Where += fmt.Sprintf(":%d", f.Colno)
	}
	if v.Where == "" {
		v.Where = cut(f.InstructionAddr, 100)
	}
	if f.ContextLine == "" && len(f.PreContext)+len(f.PostContext) == 0 {
		return v
	}
	first := f.Lineno - len(f.PreContext)
	for i, text := range slices.Concat(f.PreContext, []string{f.ContextLine}, f.PostContext) {
		line := sourceLine{Text: cut(text, 1000), Current: i == len(f.PreContext)}
		if f.Lineno > 0 && first+i > 0 {
			line.Number = first + i
		}
		v.Lines = append(v.Lines, line)
	}
	return v
}
