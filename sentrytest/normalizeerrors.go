package sentrytest

import "github.com/ravenkit/ravenkit/sentrytest/internal/lenient"

func readExceptions(o lenient.Object) []Exception {
	var out []Exception
	for _, x := range o.Values("exception", "sentry.interfaces.Exception") {
		out = append(out, Exception{
			Type: x.Text("type"), Value: x.TextOrJSON("value"), Module: x.Text("module"), ThreadID: x.Scalar("thread_id"),
			Mechanism:  readMechanism(x.Sub("mechanism")),
			Stacktrace: readStacktrace(x, "stacktrace"), RawStacktrace: readStacktrace(x, "raw_stacktrace"),
		})
	}
	return out
}

func readMechanism(m lenient.Object) *Mechanism {
	if m.Fields == nil {
		return nil
	}
	out := &Mechanism{
		Type: m.Text("type"), Description: m.Text("description"), HelpLink: m.Text("help_link"), Source: m.Text("source"),
		Handled: m.Boolean("handled"), Synthetic: lenient.IsTrue(m.Boolean("synthetic")),
		IsExceptionGroup: lenient.IsTrue(m.Boolean("is_exception_group")), Data: m.Mapping("data"), Meta: m.Mapping("meta"),
	}
	if n, ok := m.Integer("exception_id"); ok {
		out.ExceptionID = &n
	}
	if n, ok := m.Integer("parent_id"); ok {
		out.ParentID = &n
	}
	return out
}

func readThreads(o lenient.Object) []Thread {
	var out []Thread
	for _, t := range o.Values("threads") {
		out = append(out, Thread{
			ID: t.Scalar("id"), Name: t.Text("name"), State: t.Text("state"),
			Crashed: lenient.IsTrue(t.Boolean("crashed")), Current: lenient.IsTrue(t.Boolean("current")), Main: lenient.IsTrue(t.Boolean("main")),
			Stacktrace: readStacktrace(t, "stacktrace"), HeldLocks: t.Mapping("held_locks"),
		})
	}
	return out
}

func readStacktrace(o lenient.Object, keys ...string) *Stacktrace {
	s := o.Sub(keys...)
	if s.Fields == nil {
		return nil
	}
	out := &Stacktrace{Registers: s.ScalarMap("registers"), Lang: s.Text("lang"), Snapshot: lenient.IsTrue(s.Boolean("snapshot"))}
	for _, f := range s.Values("frames") {
		line, _ := f.Integer("lineno")
		column, _ := f.Integer("colno")
		out.Frames = append(out.Frames, Frame{
			Function: f.Text("function"), RawFunction: f.Text("raw_function"), Module: f.Text("module"),
			Package: f.Text("package"), Filename: f.Text("filename"), AbsPath: f.Text("abs_path"),
			Lineno: line, Colno: column, InApp: f.Boolean("in_app"),
			ContextLine: f.Text("context_line"), PreContext: f.Strings("pre_context"), PostContext: f.Strings("post_context"),
			Vars: f.Vars("vars"), Platform: f.Text("platform"), Symbol: f.Text("symbol"), StackStart: lenient.IsTrue(f.Boolean("stack_start")),
			SourceLink: f.Text("source_link"), InstructionAddr: f.Scalar("instruction_addr"), SymbolAddr: f.Scalar("symbol_addr"),
			ImageAddr: f.Scalar("image_addr"), AddrMode: f.Text("addr_mode"), Lock: f.Mapping("lock"),
		})
	}
	return out
}
