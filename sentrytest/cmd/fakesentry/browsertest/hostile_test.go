//go:build browser

package browsertest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
)

// attacks are texts that run a script if a page contains them unescaped.
var attacks = []string{
	`<script>window.hacked = 1</script>`,
	`"><img src=x onerror="window.hacked = 1">`,
	`' onmouseover='window.hacked = 1' autofocus onfocus='window.hacked = 1' x='`,
	`</pre></title></textarea></style><svg onload="window.hacked = 1">`,
	`javascript:window.hacked=1`,
	`{{constructor.constructor("window.hacked = 1")()}}`,
	`<div hx-get="/faults" hx-trigger="load" hx-on::load="window.hacked = 1" data-hx-get="/faults">`,
}

// hostile is an event with an attack in each text.
func hostile(t *testing.T, attack string) string {
	t.Helper()
	quoted, err := json.Marshal(attack)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	const form = `{"message":X,"logger":X,"platform":X,"server_name":X,"release":X,"environment":X,"dist":X,"transaction":X,"fingerprint":[X],
		"tags":{X:X},"extra":{X:X,"list":[X]},"user":{"id":X,"email":X,X:X},"modules":{X:X},"contexts":{X:{X:X}},"sdk":{"name":X,"version":X},
		"request":{"url":X,"method":X,"query_string":X,"headers":{X:X},"cookies":{X:X},"data":X,"env":{X:X}},
		"breadcrumbs":[{"category":X,"message":X,"type":X,"level":X,"data":{X:X}}],"threads":{"values":[{"id":X,"name":X,"state":X}]},
		"exception":{"values":[{"type":X,"value":X,"module":X,"mechanism":{"type":X,"source":X},"stacktrace":{"frames":[
			{"module":X,"function":X,"filename":X,"abs_path":X,"lineno":1,"context_line":X,"pre_context":[X],"in_app":true,"vars":{X:X}}]}}]},X:X}`
	return strings.ReplaceAll(form, "X", string(quoted))
}

// An event's texts are shown and never run. They add no elements to the page
// that htmx or a click would follow.
func TestHostileEvents(t *testing.T) {
	h := start(t)
	b := open(t, h.URL())
	b.visit("/")
	for _, attack := range attacks {
		send(t, h, hostile(t, attack))
	}
	b.until(`document.querySelectorAll("[data-row]").length === 7`) // loaded by htmx
	pages := []string{"/", "/?group=1", "/requests", "/?q=%22%3Cscript%3Ewindow.hacked%3D1%3C/script%3E%22"}
	pages = append(pages, value[[]string](b, `Array.from(document.querySelectorAll("[data-row]"), a => a.getAttribute("href"))`)...)
	pages = append(pages, "/requests/1")
	for _, path := range pages {
		g := NewWithT(t)
		b.visit(path)
		b.run(chromedp.Evaluate[chromedp.Void](`document.querySelectorAll("details").forEach(d => d.open = true); document.querySelectorAll("*").forEach(e => { e.dispatchEvent(new MouseEvent("mouseover")); e.focus && e.focus(); })`))
		g.Expect(value[bool](b, `"hacked" in window`)).To(BeFalse(), path)
		g.Expect(value[[]string](b, `Array.from(document.querySelectorAll("main script, main svg, main img, [onload], [onerror], [onmouseover], [autofocus], [data-hx-get]"), e => e.outerHTML)`)).To(BeEmpty(), path)
		g.Expect(value[[]string](b, `Array.from(document.querySelectorAll("a[href], form[action]"), e => new URL(e.href || e.action)).filter(u => u.origin !== location.origin).map(String)`)).To(BeEmpty(), path)
	}
}

// underPolicy applies the page's policy to the scripts that a test evaluates.
func underPolicy(p *runtime.EvaluateParams) { p.AllowUnsafeEvalBlockedByCSP = new(bool) }

// If an attack got into a page, the policy would stop it: inline scripts and
// styles, code in texts, and requests to other hosts.
func TestPolicyIsInForce(t *testing.T) {
	h := start(t)
	send(t, h, message("m", "error"))
	for _, path := range []string{"/", "/events/2", "/requests", "/faults", "/setup"} {
		g := NewWithT(t)
		b := open(t, h.URL())
		b.expect("Content Security Policy")
		b.visit(path)
		b.run(chromedp.Evaluate[chromedp.Void](`
			window.stopped = [];
			document.addEventListener("securitypolicyviolation", e => window.stopped.push(e.effectiveDirective));
			const script = document.createElement("script");
			script.textContent = "window.hacked = 1";
			document.body.append(script);
			document.body.insertAdjacentHTML("beforeend", '<img src="data:x" onerror="window.hacked = 1"><p style="color: red">x</p><img src="http://elsewhere.invalid/x.png">');
			try { new Function("window.hacked = 1")(); } catch (e) { window.refused = e.name; }
			fetch("http://elsewhere.invalid/").catch(() => {});`, underPolicy))
		b.until(`["script-src-elem", "script-src-attr", "style-src-attr", "img-src", "connect-src"].every(d => window.stopped.includes(d))`)
		g.Expect(value[string](b, `window.refused`)).To(Equal("EvalError"), path)
		g.Expect(value[bool](b, `"hacked" in window`)).To(BeFalse(), path)
	}
}
