package crash

import (
	"strings"
	"testing"

	"github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

const trace = `
goroutine 7 [running]:
panic({0x4b2720?, 0x5862a0?})
	/usr/local/go/src/runtime/panic.go:860 +0x13a
example.com/shop/v2.(*Cart).add(0x245074fb2028?, {0x242?, 0x4145bd?})
	/src/shop/cart.go:5 +0x3c
main.run[...](...)
	C:/src/main.go:10
created by main.main in goroutine 1
	/src/main.go:30 +0x25

goroutine 1 gp=0x35 m=0 mp=0x58 [chan receive, 3 minutes]:
main.main()
	/src/main.go:31 +0x18e fp=0x7f sp=0x7e pc=0x47
exit status 2
`

// deferredTrace is the trace of a panic in a deferred function.
const deferredTrace = `
goroutine 1 [running]:
main.main.func1()
	/src/main.go:6 +0x25
panic({0x4ab720?, 0x4d18c8?})
	/usr/local/go/src/runtime/panic.go:860 +0x13a
main.main()
	/src/main.go:6 +0x525
`

func TestParseCrash(t *testing.T) {
	for _, tt := range []struct{ name, output, kind, text string }{
		{"panic", "panic: boom\n" + trace, "panic", "boom"},
		{"several lines", "panic: one\n\ttwo\n\t\n\tgoroutine 1 [running]:\n" + trace, "panic", "one\ntwo\n\ngoroutine 1 [running]:"},
		{"empty", "panic: \n" + trace, "panic", ""},
		{"recovered", "panic: once [recovered]\n\tpanic: again\n\tand more\n" + deferredTrace, "panic", "again\nand more"},
		{"not recovered", "panic: once\n\tpanic: again\n" + deferredTrace, "panic", "again"},
		{"a line like a panic's", "panic: one\n\tpanic: two\n\tthree\n" + trace, "panic", "one\npanic: two\nthree"},
		{"such a line in the second panic", "panic: once [recovered]\n\tpanic: again\n\tpanic: two\n" + deferredTrace, "panic", "again\npanic: two"},
		{"such a line in the first panic", "panic: once\n\tpanic: two [recovered]\n\tpanic: again\n" + deferredTrace, "panic", "again"},
		{"such a line, repanicked", "panic: once\n\tpanic: two [recovered, repanicked]\n" + deferredTrace, "panic", "once\npanic: two"},
		{"the last panic on the stack", "panic: one\n\tpanic: two\n" + strings.Replace(deferredTrace, "main.main.func1", "panic(0)\n\t/x.go:1\nruntime.mapassign()\n\t/x.go:2\nmain.main.func1", 1), "panic", "two"},
		{"no stack", "panic: once\n\tpanic: again\n", "panic", "again"},
		{"calls left out", "panic: once\n\tpanic: again\n" + strings.Replace(trace, "main.run", "...23 frames elided...\nmain.run", 1), "panic", "again"},
		{"a text that ends like a mark", "panic: once [recovered]\n" + trace, "panic", "once [recovered]"},
		{"repanicked", "panic: once [recovered, repanicked]\n" + trace, "panic", "once"},
		{"fault", "panic: runtime error: invalid memory address\n[signal SIGSEGV: segmentation violation code=0x1]\n" + trace, "panic", "runtime error: invalid memory address"},
		{"fatal", "fatal error: concurrent map writes\n" + trace, "fatal error", "concurrent map writes"},
		{"signal", "SIGQUIT: quit\nPC=0x40866e m=0 sigcode=0\n" + trace, "SIGQUIT", "quit"},
		{"Windows", strings.ReplaceAll("panic: boom\n"+trace, "\n", "\r\n"), "panic", "boom"},
		{"something else", "unexpected fault address 0x0\n" + trace, "fatal error", "unexpected fault address 0x0"},
		{"no text", trace, "fatal error", "the Go runtime ended the program"},
		{"deadlock", "\ngoroutine 1 [select (no cases)]:\nmain.main()\n\t/src/main.go:1\n", "fatal error", "all goroutines are asleep - deadlock!"},
		{"map", "\ngoroutine 8 [running]:\ninternal/runtime/maps.fatal({0x4cc20a?, 0x0?})\n\t/go/src/runtime/panic.go:1181 +0x18\nmain.f()\n\t/src/main.go:1\n", "fatal error", "concurrent map access"},
		{"mutex", "\ngoroutine 8 [running]:\ninternal/sync.fatal({0x4cc20a?, 0x0?})\n\t/go/src/runtime/panic.go:1181 +0x18\n", "fatal error", "misuse of a mutex"},
		{"overflow", "\nruntime stack:\nruntime.newstack()\n\t/go/src/runtime/stack.go:1 +0x1\n" + trace, "fatal error", "stack overflow"},
		{"nothing", "", "fatal error", "the program died without a trace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Parse(tt.output)
			gomega.NewWithT(t).Expect([]string{c.Kind, c.Text}).To(gomega.Equal([]string{tt.kind, tt.text}))
		})
	}
}

func TestParseGoroutines(t *testing.T) {
	g := gomega.NewWithT(t)
	list := Parse("panic: boom\n\ngoroutine 0 gp=0x58 m=0 mp=0x58 [idle]:\nruntime.mcall()\n\t/go/src/runtime/asm.s:1\n" + trace).Goroutines
	g.Expect(list).To(gomega.HaveLen(2), "goroutine 0 is the scheduler")
	g.Expect(list[0].ID).To(gomega.Equal(int64(7)))
	g.Expect(list[0].Frames).To(gomega.Equal([]stack.Frame{
		{Function: "gopanic", Module: "runtime", Filename: "runtime/panic.go", AbsPath: "/usr/local/go/src/runtime/panic.go", Lineno: 860},
		{Function: "(*Cart).add", Module: "example.com/shop/v2", Filename: "example.com/shop/v2/cart.go", AbsPath: "/src/shop/cart.go", Lineno: 5},
		{Function: "run", Module: "main", Filename: "main/main.go", AbsPath: "C:/src/main.go", Lineno: 10, InApp: true},
	}))
	g.Expect(list[0].Stack()[0].Function).To(gomega.Equal("(*Cart).add"), "without the calls by which the runtime crashes")
	g.Expect(list[1].State).To(gomega.Equal("chan receive, 3 minutes"))
	g.Expect(list[1].Frames).To(gomega.HaveLen(1))
}

func TestCrashIsBounded(t *testing.T) {
	g := gomega.NewWithT(t)
	deep := "goroutine 1 [running]:\n" + strings.Repeat("main.f()\n\t/src/main.go:1\n", 1000)
	g.Expect(Parse(deep).Goroutines[0].Frames).To(gomega.HaveLen(maxFrames))
	g.Expect(Parse(strings.Repeat(trace, 1000)).Goroutines).To(gomega.HaveLen(maxGoroutines))
}

func FuzzParseCrash(f *testing.F) {
	f.Add("panic: boom\n" + trace)
	f.Add("panic: once [recovered]\n\tpanic: again\n" + trace)
	f.Add("panic: once [recovered]\n\tpanic: again\n\tpanic: two\n" + deferredTrace)
	f.Add("panic: once [recovered, repanicked]\n\tpanic: again\n...23 frames elided...\n" + deferredTrace)
	f.Add("SIGQUIT: quit\nPC=0x40866e m=0 sigcode=0\n" + trace)
	f.Add("\nruntime stack:\nruntime.newstack()\n\t/go/src/runtime/stack.go:1 +0x1\n" + trace)
	f.Add("goroutine 99999999999999999999 [running]:\nmain.f()\n\t/x.go:99999999999999999999\n")
	f.Fuzz(func(t *testing.T, output string) {
		g := gomega.NewWithT(t)
		c := Parse(output)
		g.Expect(c.Kind).NotTo(gomega.BeEmpty())
		g.Expect(c.Text == "" && c.Kind != "panic").To(gomega.BeFalse())
		g.Expect(len(c.Goroutines)).To(gomega.BeNumerically("<=", maxGoroutines))
		for _, one := range c.Goroutines {
			g.Expect(one.ID).NotTo(gomega.BeZero())
			g.Expect(len(one.Frames)).To(gomega.BeNumerically("<=", maxFrames))
			for _, frame := range one.Frames {
				g.Expect(frame.Lineno).To(gomega.BeNumerically(">=", 0))
			}
		}
	})
}
