package page_test

import (
	"encoding/json"
	"html"
	"net/url"
	"testing"

	. "github.com/onsi/gomega"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	g.Expect(s.get("/faults").body).To(ContainSubstring("No fault is on."))
	g.Expect(s.post("/faults", own, url.Values{"preset": {"rate-limit"}}).header.Get("Location")).To(Equal("/faults"))
	g.Expect(s.post("/faults", own, url.Values{
		"name": {"slow"}, "do": {"answer"}, "status": {"503"}, "delay": {"2s"}, "times": {"3"}, "level": {"fatal"}, "probability": {"0.5"}, "size_over": {"10"},
	}).status).To(Equal(303))
	text, err := json.Marshal(s.server.Faults())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(text).To(MatchJSON(`[
		{"name":"Rate limit","status":429,"retry_after":"30","used":0},
		{"name":"slow","status":503,"delay":"2s","times":3,"level":"fatal","probability":0.5,"size_over":10,"used":0}
	]`))
	body := html.UnescapeString(s.get("/faults").body)
	g.Expect(body).To(ContainSubstring(`When().Do(Status(429).RetryAfter("30"))`))
	g.Expect(body).To(ContainSubstring("used 0"))
	g.Expect(s.get("/").body).To(ContainSubstring("<b>2</b> faults on"))

	a := s.post("/faults/remove", own, url.Values{"index": {"0"}, "name": {"slow"}})
	g.Expect(a.status).To(Equal(409))
	g.Expect(a.body).To(ContainSubstring("The faults have changed, so none was switched off."))
	g.Expect(s.post("/faults/remove", own, url.Values{"index": {"0"}, "name": {"Rate limit"}}).status).To(Equal(303))
	g.Expect(s.server.Faults()).To(HaveExactElements(HaveField("Name()", "slow")))
	g.Expect(s.post("/faults/clear", own, nil).status).To(Equal(303))
	g.Expect(s.server.Faults()).To(BeEmpty())
}

// The server accepts the fault of every button.
func TestPresets(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	s := newSite(t)
	for i, id := range []string{"rate-limit", "quota", "unavailable", "server-error", "flaky", "too-large", "slow", "stall", "stall-body", "reset", "not-http", "no-handshake"} {
		g.Expect(s.get("/faults").body).To(ContainSubstring(`value="` + id + `"`))
		g.Expect(s.post("/faults", own, url.Values{"preset": {id}}).status).To(Equal(303), id)
		g.Expect(s.server.Faults()).To(HaveLen(i + 1))
	}
	a := s.post("/faults", own, url.Values{"preset": {"meteor"}})
	g.Expect(a.status).To(Equal(404))
	g.Expect(html.UnescapeString(a.body)).To(ContainSubstring(`There is no fault "meteor" to switch on.`))
}

// Problems are listed beside the form, which keeps its values.
func TestFaultProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		form url.Values
		want string
	}{
		{url.Values{"status": {"42"}}, "status: 42 is not allowed, want a final status, 200 to 999"},
		{url.Values{"status": {"many"}}, `status: "many" is not allowed, want a whole number`},
		{url.Values{"probability": {"often"}}, `probability: "often" is not allowed, want a number`},
		{url.Values{"level": {"ERROR"}, "message": {"("}}, `level: "ERROR" is not allowed, want one of debug, info, warning, error, fatal</li><li>message: "(" is not allowed, want a regular expression`},
	} {
		g := NewWithT(t)
		s := newSite(t)
		c.form.Set("name", `mine "x"`)
		a := s.post("/faults", own, c.form)
		g.Expect(a.status).To(Equal(422))
		g.Expect(html.UnescapeString(a.body)).To(ContainSubstring(c.want))
		g.Expect(a.body).To(ContainSubstring(`value="mine &#34;x&#34;"`))
		g.Expect(s.server.Faults()).To(BeEmpty())
	}
}
