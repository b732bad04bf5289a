//go:build browser

package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is the context of the Chromium that all tests share. Each test has
// its own profile.
var browser context.Context

func TestMain(m *testing.M) { os.Exit(withBrowser(m)) }

func withBrowser(m *testing.M) (code int) {
	path, err := chromium()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	profile, err := os.MkdirTemp("", "fakesentry-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(profile)
	allocator, release := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("font-render-hinting", "none"),
		chromedp.WSURLReadTimeout(time.Minute),
	)
	defer release()
	var stop context.CancelFunc
	browser, stop = chromedp.NewContext(allocator)
	defer stop()
	if err := chromedp.Do(browser); err != nil {
		fmt.Fprintf(os.Stderr, "%s does not start: %v\n", path, err)
		return 1
	}
	return m.Run()
}

// chromium finds the browser.
func chromium() (string, error) {
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	if name := os.Getenv("CHROMIUM"); name != "" {
		names = []string{name}
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("no Chromium found in PATH (looked for %s): install it (on Debian: apt-get install chromium), or set CHROMIUM to its path",
		strings.Join(names, ", "))
}

// tab is a tab in a browser profile of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string // address of the server

	mu       sync.Mutex // guards the fields below
	problems []string   // failed scripts, violations of the policy, and answers with errors
	expected []string   // parts of expected problems
}

// patience bounds each wait of a test.
const patience = time.Minute

// open opens a tab. At its end, the test fails if a script failed in the tab or
// the Content-Security-Policy stopped something.
func open(t *testing.T, base string) *tab {
	t.Helper()
	life, closeTab := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	if err := chromedp.Do(life, chromedp.EmulateViewport(1280, 900)); err != nil {
		closeTab()
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(life, patience)
	b := &tab{t: t, ctx: ctx, base: base}
	t.Cleanup(func() {
		cancel()
		closeTab()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, problem := range b.problems {
			t.Errorf("the browser complains: %s", problem)
		}
	})
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.note(e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			b.note(e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (b *tab) note(problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !slices.ContainsFunc(b.expected, func(part string) bool { return strings.Contains(problem, part) }) {
		b.problems = append(b.problems, problem)
	}
}

// expect allows problems that contain the text.
func (b *tab) expect(part string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, part)
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatalf("%v\nThe page was:\n%s", err, b.text())
	}
}

// text returns the text of the page, for messages.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return fmt.Sprintf("(can't be read: %v)", err)
	}
	return text
}

// visit opens an address of the server.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.base + path))
}

// until waits until a JavaScript expression is true; errors count as false. It
// evaluates the expression in the page before each frame, and continues in the
// next page after a navigation.
func (b *tab) until(expression string) {
	b.t.Helper()
	look := fmt.Sprintf(`new Promise(done => {
		const is = () => { try { return %s } catch (e) { return false } };
		const look = () => is() ? done(true) : requestAnimationFrame(look);
		look();
	})`, expression)
	for {
		_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](look, chromedp.EvalAwaitPromise))
		if err == nil {
			return
		}
		if b.ctx.Err() != nil {
			b.t.Fatalf("waiting for %s: %v\nThe page was:\n%s", expression, err, b.text())
		}
	}
}

// shows waits until the page shows a text.
func (b *tab) shows(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.body.innerText.includes(%q)`, text))
}

// arrives waits until a page with the heading is loaded and handles keys.
func (b *tab) arrives(heading string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`document.querySelector("h1").textContent === %q && document.documentElement.matches(".js")`, heading))
}

// value evaluates a JavaScript expression.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	return result(b, chromedp.Evaluate[T](expression))
}

// result runs an action with a result.
func result[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	out, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatalf("%v\nThe page was:\n%s", err, b.text())
	}
	return out
}

// call sends a command of the DevTools protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		b.t.Fatal(err)
	}
}
