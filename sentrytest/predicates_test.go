package sentrytest_test

import (
	"errors"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// level stands for the Level types of client libraries.
type level string

const fullEvent = `{"event_id":"` + vectorID + `","message":"disk 93% full","level":"warning","release":"1.0","environment":"prod",
	"tags":{"shard":"7","host":"h"},"extra":{"job":{"args":[1,"two",9007199254740993],"a.b":true}},"user":{"id":7},"fingerprint":["a","b"],
	"breadcrumbs":[{"message":"one"},{"message":"two"}],
	"exception":[{"type":"IOError","value":"no space"},{"type":"AppError","value":"failed",
		"stacktrace":{"frames":[{"function":"main","module":"main"},{"function":"Charge","module":"example.com/shop"}]}}]}`

func TestPredicates(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pred sentrytest.Predicate
		text string
		miss string // "" when it matches
	}{
		{sentrytest.Predicate{}, `anything`, ""},
		{sentrytest.HasMessage("disk 93% full"), `message "disk 93% full"`, ""},
		{sentrytest.HasMessage("disk full"), `message "disk full"`, `message is "disk 93% full"`},
		{sentrytest.HasMessage("failed"), `message "failed"`, `message is "disk 93% full", but the AppError has that value: use HasException`},
		{sentrytest.HasMessageMatching(`\d+%`), `message matching "\\d+%"`, ""},
		{sentrytest.HasMessageMatching(`^x`), `message matching "^x"`, `message is "disk 93% full"`},
		{sentrytest.HasException("IOError", "no space"), `exception IOError: "no space"`, ""},
		{sentrytest.HasException("", "failed"), `exception with value "failed"`, ""},
		{sentrytest.HasException("AppError", ""), `exception AppError`, ""},
		{sentrytest.HasException("", ""), `exception of any kind`, ""},
		{sentrytest.HasException("AppError", "no space"), `exception AppError: "no space"`, `exceptions are IOError: "no space", AppError: "failed"`},
		{sentrytest.HasTag("shard", "7"), `tag shard="7"`, ""},
		{sentrytest.HasTag("shard", "8"), `tag shard="8"`, `tag shard is "7"`},
		{sentrytest.HasTag("Shard", "7"), `tag Shard="7"`, `there is no tag Shard (tags: host, shard)`},
		{sentrytest.HasExtra("job.args.0", 1), `extra job.args.0=1`, ""},
		{sentrytest.HasExtra("job.args.-2", "two"), `extra job.args.-2="two"`, ""},
		{sentrytest.HasExtra("job.args.2", int64(9007199254740993)), `extra job.args.2=9007199254740993`, ""},
		{sentrytest.HasExtra("job.args.2", int64(9007199254740992)), `extra job.args.2=9007199254740992`, `extra job.args.2 is 9007199254740993`},
		{sentrytest.HasExtra("job.a.b", true), `extra job.a.b=true`, ""},
		{sentrytest.HasExtra("job.args.3", nil), `extra job.args.3=null`, `there is no extra job.args.3 (extra: job)`},
		{sentrytest.HasLevel("warning"), `level warning`, ""},
		{sentrytest.HasLevel(level("error")), `level error`, `level is "warning"`},
		{sentrytest.HasUserID("7"), `user id "7"`, ""},
		{sentrytest.HasUserID("8"), `user id "8"`, `user id is "7"`},
		{sentrytest.HasBreadcrumb("two"), `breadcrumb "two"`, ""},
		{sentrytest.HasBreadcrumb("three"), `breadcrumb "three"`, `breadcrumbs are "one", "two"`},
		{sentrytest.HasFrame("Charge"), `frame Charge`, ""},
		{sentrytest.HasFrame("example.com/shop.Charge"), `frame example.com/shop.Charge`, ""},
		{sentrytest.HasFrame("Refund"), `frame Refund`, `frames are Charge, main`},
		{sentrytest.HasFingerprint("a", "b"), `fingerprint ["a" "b"]`, ""},
		{sentrytest.HasFingerprint("a"), `fingerprint ["a"]`, `fingerprint is ["a" "b"]`},
		{sentrytest.HasRelease("1.0"), `release "1.0"`, ""},
		{sentrytest.HasRelease("2.0"), `release "2.0"`, `release is "1.0"`},
		{sentrytest.HasEnvironment("prod"), `environment "prod"`, ""},
		{sentrytest.HasEnvironment("dev"), `environment "dev"`, `environment is "prod"`},
		{sentrytest.HasEventID("FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0"), `event id ` + vectorID, ""},
		{sentrytest.HasEventID("x"), `event id x`, `event id is "` + vectorID + `"`},
		{sentrytest.HasJSON("exception.1.type", "AppError"), `JSON exception.1.type="AppError"`, ""},
		{sentrytest.HasJSON("tags", map[string]string{"shard": "7", "host": "h"}), `JSON tags={"host":"h","shard":"7"}`, ""},
		{sentrytest.HasJSON("user.id", "7"), `JSON user.id="7"`, `JSON user.id is 7`},
		{sentrytest.HasJSON("user.name", "x"), `JSON user.name="x"`, `there is nothing at user.name`},
		{sentrytest.AllOf(sentrytest.HasLevel("warning"), sentrytest.HasUserID("7")), `(level warning and user id "7")`, ""},
		{sentrytest.AllOf(sentrytest.HasLevel("error"), sentrytest.HasUserID("8")), `(level error and user id "8")`, "level is \"warning\"\nuser id is \"7\""},
		{sentrytest.AnyOf(sentrytest.HasLevel("error"), sentrytest.HasUserID("7")), `(level error or user id "7")`, ""},
		{sentrytest.AnyOf(sentrytest.HasLevel("error")), `(level error)`, `level is "warning"`},
		{sentrytest.AnyOf(), `()`, `AnyOf has no predicates`},
		{sentrytest.Not(sentrytest.HasLevel("error")), `not level error`, ""},
		{sentrytest.Not(sentrytest.HasLevel("warning")), `not level warning`, `it has level warning`},
		{sentrytest.NewPredicate("luck", func(sentrytest.Event) error { return errors.New("no luck") }), `luck`, `no luck`},
	}
	e := parse(t, fullEvent)
	for _, c := range cases {
		t.Run(c.text, func(t *testing.T) {
			g := NewWithT(t)
			g.Expect(c.pred.String()).To(Equal(c.text))
			err := c.pred.Match(e)
			if c.miss == "" {
				g.Expect(err).NotTo(HaveOccurred())
			} else {
				g.Expect(err).To(MatchError(c.miss))
			}
		})
	}
}

func TestPredicatesOnAnEmptyEvent(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	empty := parse(t, "{}")
	for want, p := range map[string]sentrytest.Predicate{
		"there is no message":                sentrytest.HasMessage("x"),
		"there is no exception":              sentrytest.HasException("", ""),
		"there is no tag x, nor any other":   sentrytest.HasTag("x", ""),
		"there is no extra x, nor any other": sentrytest.HasExtra("x", nil),
		"there are no breadcrumbs":           sentrytest.HasBreadcrumb(""),
		"there are no frames":                sentrytest.HasFrame(""),
	} {
		g.Expect(p.Match(empty)).To(MatchError(want))
	}
}

func TestPredicateMisuse(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(func() { sentrytest.HasMessageMatching("(") }).To(PanicWith(MatchRegexp(
		`^sentrytest: HasMessageMatching\("\("\) at predicates_test.go:\d+: error parsing regexp: missing closing \): `)))
	g.Expect(func() { sentrytest.HasExtra("x", func() {}) }).To(PanicWith(ContainSubstring("extra x")))
}
