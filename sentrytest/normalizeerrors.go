package sentrytest

import "strconv"

func readExceptions(o object) []Exception {
	var out []Exception
	for _, x := range o.values("exception", "sentry.interfaces.Exception") {
		out = append(out, Exception{
			Type: x.text("type"), Value: x.textOrJSON("value"), Module: x.text("module"), ThreadID: x.text("thread_id"),
			Mechanism:  readMechanism(x.sub("mechanism")),
			Stacktrace: readStacktrace(x, "stacktrace"), RawStacktrace: readStacktrace(x, "raw_stacktrace"),
		})
	}
	return out
}

func readMechanism(m object) *Mechanism {
	if m.fields == nil {
		return nil
	}
	out := &Mechanism{
		Type: m.text("type"), Description: m.text("description"), HelpLink: m.text("help_link"), Source: m.text("source"),
		Handled: m.boolean("handled"), Synthetic: isTrue(m.boolean("synthetic")),
		IsExceptionGroup: isTrue(m.boolean("is_exception_group")), Data: m.mapping("data"), Meta: m.mapping("meta"),
	}
	if n, ok := m.integer("exception_id"); ok {
		out.ExceptionID = &n
	}
	if n, ok := m.integer("parent_id"); ok {
		out.ParentID = &n
	}
	return out
}

func readThreads(o object) []Thread {
	var out []Thread
	for _, t := range o.values("threads") {
		out = append(out, Thread{
			ID: t.text("id"), Name: t.text("name"), State: t.text("state"),
			Crashed: isTrue(t.boolean("crashed")), Current: isTrue(t.boolean("current")), Main: isTrue(t.boolean("main")),
			Stacktrace: readStacktrace(t, "stacktrace"), HeldLocks: t.mapping("held_locks"),
		})
	}
	return out
}

func readStacktrace(o object, keys ...string) *Stacktrace {
	s := o.sub(keys...)
	if s.fields == nil {
		return nil
	}
	out := &Stacktrace{Registers: s.stringMap("registers"), Lang: s.text("lang"), Snapshot: isTrue(s.boolean("snapshot"))}
	for _, f := range s.values("frames") {
		line, _ := f.integer("lineno")
		column, _ := f.integer("colno")
		out.Frames = append(out.Frames, Frame{
			Function: f.text("function"), RawFunction: f.text("raw_function"), Module: f.text("module"),
			Package: f.text("package"), Filename: f.text("filename"), AbsPath: f.text("abs_path"),
			Lineno: line, Colno: column, InApp: f.boolean("in_app"),
			ContextLine: f.text("context_line"), PreContext: f.strings("pre_context"), PostContext: f.strings("post_context"),
			Vars: f.vars(), Platform: f.text("platform"), Symbol: f.text("symbol"), StackStart: isTrue(f.boolean("stack_start")),
			SourceLink: f.text("source_link"), InstructionAddr: f.text("instruction_addr"), SymbolAddr: f.text("symbol_addr"),
			ImageAddr: f.text("image_addr"), AddrMode: f.text("addr_mode"), Lock: f.mapping("lock"),
		})
	}
	return out
}

// vars takes a list too, as Sentry does: its indexes become the names.
func (o object) vars() map[string]any {
	list, ok := o.fields["vars"].([]any)
	if !ok {
		return o.mapping("vars")
	}
	vars := map[string]any{}
	for i, value := range list {
		vars[strconv.Itoa(i)] = value
	}
	return vars
}

func isTrue(b *bool) bool { return b != nil && *b }
