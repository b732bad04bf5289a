//go:build browser

package browsertest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	. "github.com/onsi/gomega"
)

func message(text, level string) string {
	return fmt.Sprintf(`{"message":%q,"level":%q}`, text, level)
}

// A new event appears by itself: it replaces the setup instructions, later ones
// appear at the top, and the count changes.
func TestLiveArrival(t *testing.T) {
	h := start(t)
	b := open(t, h.URL())
	b.visit("/")
	b.shows("Nothing has arrived yet")
	b.shows("live")
	send(t, h, message("first of all", "warning"))
	b.shows("first of all")
	b.until(`document.querySelector("#counters").innerText.includes("1 event")`)
	send(t, h, message("second", "error"))
	b.until(`document.querySelectorAll("[data-row]").length === 2 && document.querySelector("[data-row]").textContent === "second"`)
	b.until(`document.querySelector(".fresh [data-row]").textContent === "second" && document.querySelectorAll(".fresh").length === 1`)

	b.run(chromedp.Click(chromedp.CSS("#pause")))
	b.until(`document.querySelector("#pause").textContent === "Resume"`)
	send(t, h, message("third", "error"))
	b.shows("paused, new events")
	NewWithT(t).Expect(value[int](b, `document.querySelectorAll("[data-row]").length`)).To(Equal(2))
	b.run(chromedp.Click(chromedp.CSS("#pause")))
	b.shows("third")
}

// The list and its address follow the typed query. New events appear if they
// match.
func TestSearch(t *testing.T) {
	g := NewWithT(t)
	h := start(t)
	send(t, h, message("a cup of tea", "info"))
	send(t, h, message("a cup is broken", "error"))
	b := open(t, h.URL())
	b.visit("/")
	b.run(chromedp.SendKeys(chromedp.CSS("#q"), "cup level:error"))
	b.until(`document.querySelectorAll("[data-row]").length === 1 && document.querySelector("[data-row]").textContent === "a cup is broken"`)
	b.until(`location.search === "?q=cup+level%3Aerror" || location.search === "?q=cup%20level%3Aerror"`)
	send(t, h, message("another cup", "info"))
	send(t, h, message("all cups", "error"))
	b.until(`document.querySelectorAll("[data-row]").length === 2`)
	g.Expect(value[string](b, `document.activeElement.id`)).To(Equal("q"), "the text in the search field stays")

	b.expect("422") // browsers log such answers
	b.run(chromedp.SendKeys(chromedp.CSS("#q"), " colour:red"))
	b.shows(`there is no field "colour"`)

	b.visit("/")
	b.run(chromedp.Click(chromedp.CSS(`#filters a[href*="level%3Ainfo"]`)))
	b.shows("2 events that match")
	b.visit("/?group=1&q=cup")
	b.run(chromedp.Click(chromedp.CSS(".why summary")))
	b.until(`document.querySelector(".why").open`)
	send(t, h, message("yet another cup", "debug"))
	b.shows("yet another cup")
	b.until(`document.querySelectorAll(".why[open]").length === 1`)
}

// The page of an event unfolds, copies, links to its neighbours, and can delete
// it.
func TestEventPage(t *testing.T) {
	g := NewWithT(t)
	h := start(t)
	send(t, h, message("the older one", "info"))
	event, err := json.Marshal(payment(noon))
	g.Expect(err).NotTo(HaveOccurred())
	send(t, h, string(event))
	send(t, h, message("the newer one", "info"))
	b := open(t, h.URL())
	b.visit("/")
	b.run(chromedp.Click(chromedp.CSS("li.error [data-row]")))
	b.shows("order 1742 could not be paid")
	b.shows("return nil, &Error{Order: o.id, Err: err}")
	g.Expect(value[bool](b, `document.querySelector(".lib details").open`)).To(BeFalse(), "libraries are folded")
	b.run(chromedp.Click(chromedp.CSS(".lib summary")))
	b.shows("serverHandler.ServeHTTP")

	b.run(chromedp.Click(chromedp.CSS(`[data-copy="json"]`)))
	b.until(`["Copied", "Selected"].includes(document.querySelector('[data-copy="json"]').textContent)`)
	b.run(chromedp.Click(chromedp.CSS(`[data-key="j"]`)))
	b.until(`document.querySelector("h1").textContent === "the older one"`)
	b.run(chromedp.Click(chromedp.CSS(`[data-key="k"]`)))
	b.until(`document.querySelector("h1").textContent === "*checkout.Error"`)
	b.run(chromedp.Click(chromedp.CSS(`a[href*="region%3Deu-central"]`)))
	b.shows("1 event that matches")
	g.Expect(value[string](b, `document.querySelector("#q").value`)).To(Equal("tag:region=eu-central"))
}

// Faults are switched on and off by hand. The reactions of clients appear at
// once.
func TestFaults(t *testing.T) {
	g := NewWithT(t)
	h := start(t)
	b := open(t, h.URL())
	b.visit("/faults")
	b.shows("No fault is on")
	b.run(chromedp.Click(chromedp.CSS(`[value="rate-limit"]`)))
	b.shows("When().Do(Status(429)")
	g.Expect(send(t, h, message("m", "error"))).To(Equal(429))
	b.until(`document.querySelector("#reactions .status")?.textContent === "429"`)
	b.until(`document.querySelector("#active").innerText.includes("used 1")`)
	b.run(chromedp.Click(chromedp.CSS("#active li button")))
	b.shows("No fault is on")
	g.Expect(send(t, h, message("m", "error"))).To(Equal(200))
	b.until(`document.querySelector("#reactions .status").textContent === "200"`)

	b.expect("422")
	b.run(chromedp.Click(chromedp.CSS(".custom summary")), chromedp.SendKeys(chromedp.CSS(`[name="status"]`), "42"), chromedp.Click(chromedp.CSS(".fields .primary")))
	b.shows("status: 42 is not allowed")
	b.run(chromedp.SetValue(chromedp.CSS(`[name="status"]`), "503"), chromedp.Click(chromedp.CSS(".fields .primary")))
	b.shows("When().Do(Status(503))")
	b.run(chromedp.Click(chromedp.CSS(`[value="reset"]`)))
	b.shows("When().Do(Reset())")
	b.run(chromedp.Click(chromedp.CSS("#active .danger")))
	b.shows("No fault is on")
	g.Expect(h.Server.Faults()).To(BeEmpty())
}

func TestKeyboard(t *testing.T) {
	g := NewWithT(t)
	h := start(t)
	for i := range 3 {
		send(t, h, message(fmt.Sprint("event ", i), "error"))
	}
	b := open(t, h.URL())
	b.visit("/")
	focused := func(text string) {
		t.Helper()
		b.until(fmt.Sprintf(`document.activeElement.textContent === %q`, text))
	}
	press := func(keys string) {
		t.Helper()
		b.run(chromedp.KeyEvent(keys))
	}
	press(kb.Tab)
	focused("Skip to the content")
	g.Expect(value[bool](b, `document.activeElement.getBoundingClientRect().width > 50`)).To(BeTrue(), "it is visible")
	press(kb.Enter)
	b.until(`document.activeElement.id === "main"`)
	press("j")
	focused("event 2")
	g.Expect(value[string](b, `getComputedStyle(document.activeElement.closest("li")).outlineStyle`)).To(Equal("solid"), "the focus is visible")
	press("jk")
	focused("event 2")
	press(kb.ArrowDown)
	focused("event 1")
	send(t, h, message("event 3", "error"))
	b.shows("event 3")
	focused("event 1") // the focus did not move
	press(kb.Enter)
	b.arrives("event 1")
	press("j")
	b.arrives("event 0")
	press("k")
	b.arrives("event 1")
	press("u")
	b.until(`location.pathname === "/" && document.documentElement.matches(".js")`)
	// Unlike KeyEvent, this sends one event for key and text, so the text is
	// dropped if the page handles the key.
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/"})
	b.until(`document.activeElement.id === "q"`)
	press("jp?")
	g.Expect(value[string](b, `document.activeElement.value`)).To(Equal("jp?"), "typed keys are text")
	press(kb.Escape + "?")
	b.until(`document.querySelector("#help").open`)
	press(kb.Escape)
	b.until(`!document.querySelector("#help").open`)
	press("p")
	b.shows("paused")
}

// No page is wider than a phone.
func TestNarrowScreen(t *testing.T) {
	g := NewWithT(t)
	base := gallery(t)
	b := open(t, base)
	b.run(chromedp.EmulateViewport(360, 740, chromedp.EmulateMobile))
	b.expect("404") // the 404 page
	for _, path := range []string{"/", "/?group=1", "/?q=absent", "/events/28", "/events/26", "/requests", "/requests/27", "/faults", "/setup", "/nowhere"} {
		b.visit(path)
		for _, unfold := range []string{"", `document.querySelectorAll("details").forEach(d => { d.removeAttribute("name"); d.open = true; })`} {
			b.run(chromedp.Evaluate[chromedp.Void](unfold))
			g.Expect(value[int](b, `document.documentElement.scrollWidth`)).To(Equal(360), "%s %s", path, unfold)
		}
		g.Expect(value[int](b, `Math.max(...Array.from(document.querySelectorAll("main *")).filter(e => !e.closest(".scroll, pre, .source, .hidden") && e.offsetParent).map(e => Math.ceil(e.getBoundingClientRect().right)))`)).
			To(BeNumerically("<=", 360), path)
	}
}

// Without JavaScript, everything can be read, searched, switched and deleted.
func TestWithoutJavaScript(t *testing.T) {
	g := NewWithT(t)
	h := start(t)
	send(t, h, message("one", "info"))
	send(t, h, message("two", "error"))
	b := open(t, h.URL())
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.visit("/")
	g.Expect(text(b, "main")).To(And(ContainSubstring("one"), ContainSubstring("two"), ContainSubstring("Without JavaScript, reload"), Not(ContainSubstring("Pause"))))
	b.run(chromedp.SendKeys(chromedp.CSS("#q"), "level:info"+kb.Enter), chromedp.WaitVisible(chromedp.CSS(`#results[hx-get*="level"]`)))
	g.Expect(text(b, "main")).To(And(ContainSubstring("1 event that matches"), Not(ContainSubstring("two"))))
	b.run(chromedp.Click(chromedp.CSS("[data-row]")), chromedp.WaitVisible(chromedp.CSS("#raw")))
	g.Expect(text(b, "h1")).To(Equal("one"))
	b.visit("/faults")
	b.run(chromedp.Click(chromedp.CSS(`[value="unavailable"]`)), chromedp.WaitVisible(chromedp.CSS(".active")))
	g.Expect(send(t, h, message("m", "error"))).To(Equal(503))
	b.run(chromedp.Click(chromedp.CSS("#active .danger")), chromedp.WaitVisible(chromedp.CSS("#active .none")))
	b.visit("/")
	b.run(chromedp.Click(chromedp.CSS(".bar form button")), chromedp.WaitVisible(chromedp.CSS(".none")))
	g.Expect(h.Store.Stats().Kept).To(BeZero())
}

func text(b *tab, selector string) string {
	b.t.Helper()
	return result(b, chromedp.Text(chromedp.CSS(selector)))
}
