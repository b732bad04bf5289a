package sentrytest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// volatileEvent is the same event on two machines.
func volatileEvent(t *testing.T, n int) sentrytest.Event {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`failed at 2026-01-%02dT10:00:00.%dZ: 127.0.0.1:4%d refused, object 0xc000%d4a0%d, go1.2%d.1`, n, n, n+1000, n, n, n)
	return parse(t, `{"event_id":"`+eventID(n)+`","timestamp":"2026-01-01T00:00:0`+fmt.Sprint(n)+`Z","server_name":"`+host+`",
		"message":"`+text+`","release":"`+strings.Repeat(fmt.Sprint(n), 40)+`","sdk":{"name":"x","version":"1.`+fmt.Sprint(n)+`"},
		"modules":{"m":"1.`+fmt.Sprint(n)+`"},"tags":{"shard":"7"},
		"extra":{"again":"`+eventID(n)+`","other":"`+eventID(n+20)+`","version":"9","elapsed":`+fmt.Sprint(n)+`,"file":"`+filepath.ToSlash(os.TempDir())+`/x"},
		"contexts":{"trace":{"trace_id":"`+eventID(n+10)+`"},"runtime":{"name":"go","version":"go1.2`+fmt.Sprint(n)+`"},"os":{"name":"system `+fmt.Sprint(n)+`"},"job":{"id":5}},
		"threads":[{"id":`+fmt.Sprint(n)+`,"current":true},{"id":`+fmt.Sprint(n+5)+`}],
		"exception":[{"type":"E","value":"v","thread_id":`+fmt.Sprint(n+5)+`,"stacktrace":{"frames":[
			{"function":"f","abs_path":"/home/user`+fmt.Sprint(n)+`/src/f.go","filename":"f.go","lineno":`+fmt.Sprint(n)+`,"pre_context":["`+fmt.Sprint(n)+`"]}]}}]}`)
}

// inTemporaryFolder runs the test where it may write testdata.
func inTemporaryFolder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
}

func golden(t *testing.T, e sentrytest.Event, opts ...sentrytest.GoldenOption) (failures, logs string) {
	t.Helper()
	return run(t, func(tb *fakeTB) { sentrytest.Golden(namedTB{tb, "TestX/a case"}, e, opts...) })
}

func TestGolden(t *testing.T) {
	g := NewWithT(t)
	inTemporaryFolder(t)
	path := filepath.Join("testdata", "TestX", "a_case.golden.json")
	masked := sentrytest.GoldenMask("extra.elapsed")

	failures, _ := golden(t, parse(t, message("m")))
	g.Expect(failures).To(Equal(`sentrytest: there is no ` + path + `; to write it: SENTRYTEST_UPDATE=1 go test -run '^TestX$/^a case$'
  the event is
    {
      "message": "m"
    }`))

	t.Setenv("SENTRYTEST_UPDATE", "1")
	failures, logs := golden(t, volatileEvent(t, 1), masked, nil)
	g.Expect(failures).To(BeEmpty())
	g.Expect(logs).To(Equal("sentrytest: wrote " + path))
	t.Setenv("SENTRYTEST_UPDATE", "0")
	failures, logs = golden(t, volatileEvent(t, 2), masked)
	g.Expect(failures + logs).To(BeEmpty())

	raw, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(raw).To(MatchJSON(`{"event_id":"<id 2>","timestamp":"<time>","server_name":"<host>",
		"message":"failed at <time>: 127.0.0.1:<port> refused, object <address>, <go version>","release":"<revision>",
		"sdk":{"name":"x","version":"<version>"},"tags":{"shard":"7"},
		"extra":{"again":"<id 2>","other":"<id 3>","version":"9","elapsed":"<masked>","file":"<tmp>/x"},
		"contexts":{"trace":{"trace_id":"<id 1>"},"runtime":{"name":"go","version":"<runtime>"},"os":{"name":"<os>"},"job":{"id":5}},
		"threads":[{"id":"<thread 2>","current":true},{"id":"<thread 1>"}],
		"exception":[{"type":"E","value":"v","thread_id":"<thread 1>","stacktrace":{"frames":[
			{"function":"f","abs_path":"<path>/f.go","filename":"f.go","lineno":"<line>"}]}}]}`))

	changed := volatileEvent(t, 1)
	changed.Raw = json.RawMessage(strings.Replace(string(changed.Raw), `"shard":"7"`, `"shard":"8","new":"x"`, 1))
	failures, _ = golden(t, changed)
	g.Expect(failures).To(Equal(`sentrytest: the event differs from ` + path + ` in 3 fields; if it should: SENTRYTEST_UPDATE=1 go test -run '^TestX$/^a case$'
    extra.elapsed
      want: "<masked>"
      got:  1
    tags.new
      want: nothing
      got:  "x"
    tags.shard
      want: "7"
      got:  "8"`))
	failures, _ = golden(t, volatileEvent(t, 2), masked, sentrytest.GoldenLines())
	g.Expect(failures).To(ContainSubstring("exception.0.stacktrace.frames.0.lineno\n      want: \"<line>\"\n      got:  2"))
}

// An upgrade of Go, a new dependency, or a binary built with -trimpath is no
// change of the event.
func TestGoldenLeavesOut(t *testing.T) {
	g := NewWithT(t)
	inTemporaryFolder(t)
	event := func(modules, foreign, source string) sentrytest.Event {
		return parse(t, `{"message":"m",`+modules+`"extra":{"modules":{"a":1},"context_line":"x"},
			"exception":[{"type":"E","stacktrace":{"frames":[`+foreign+`{"function":"own"`+source+`,"in_app":true},{"function":"unsaid"}]}}],
			"stacktrace":{"frames":[{"function":"runtime.main","in_app":false}]}}`)
	}
	one := event(`"modules":{"m":"1","n":"2"},`, `{"function":"tRunner","in_app":false},`, `,"pre_context":["a"],"context_line":"b","post_context":["c"]`)
	two := event("", "", "")
	t.Setenv("SENTRYTEST_UPDATE", "1")
	golden(t, one)
	raw, err := os.ReadFile(filepath.Join("testdata", "TestX", "a_case.golden.json"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(raw).To(MatchJSON(`{"message":"m","extra":{"modules":{"a":1},"context_line":"x"},
		"exception":[{"type":"E","stacktrace":{"frames":[{"function":"own","in_app":true},{"function":"unsaid"}]}}],"stacktrace":{"frames":[]}}`))
	golden(t, one, sentrytest.GoldenAll(), sentrytest.GoldenLines())
	t.Setenv("SENTRYTEST_UPDATE", "")

	// A file that has more is compared in the same way.
	failures, _ := golden(t, two)
	g.Expect(failures).To(BeEmpty())
	failures, _ = golden(t, two, sentrytest.GoldenLines())
	g.Expect(failures).To(ContainSubstring("frames.0.context_line\n      want: \"b\"\n      got:  nothing"))
	failures, _ = golden(t, two, sentrytest.GoldenAll())
	g.Expect(failures).To(ContainSubstring("modules\n      want:"))
	g.Expect(failures).To(ContainSubstring(`"tRunner"`))
}

func TestGoldenMisuse(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	e := parse(t, message("m"))
	failures, _ := run(t, func(tb *fakeTB) { sentrytest.Golden(tb, e) })
	g.Expect(failures).To(Equal("sentrytest: the host of this test has no Name method: name the file with GoldenName"))
	failures, _ = run(t, func(tb *fakeTB) { sentrytest.Golden(tb, e, sentrytest.GoldenName("../x")) })
	g.Expect(failures).To(Equal(`sentrytest: "../x" is no name for a file below testdata`))
	failures, _ = run(t, func(tb *fakeTB) { sentrytest.Golden(tb, sentrytest.Event{}, sentrytest.GoldenName("x")) })
	g.Expect(failures).To(Equal("sentrytest: the event has no JSON to compare with " + filepath.Join("testdata", "x.golden.json") + ": EOF"))
}

// A file that was broken by hand is not taken for an empty one.
func TestGoldenOfABrokenFile(t *testing.T) {
	g := NewWithT(t)
	inTemporaryFolder(t)
	g.Expect(os.MkdirAll("testdata", 0o755)).To(Succeed())
	path := filepath.Join("testdata", "x.golden.json")
	g.Expect(os.WriteFile(path, []byte("{"), 0o600)).To(Succeed())
	failures, _ := golden(t, parse(t, message("m")), sentrytest.GoldenName("x"))
	g.Expect(failures).To(Equal("sentrytest: " + path + ": unexpected EOF"))
}
