package search_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/search"
)

var inApp = true

var event = sentrytest.Event{
	EventID: "fc6d8c0c43fc4630ad850ee518f1b9d0", Level: "warning", Message: "Order 17 failed\nwith details", Release: "shop@1.2.3",
	Environment: "production", Logger: "checkout", Platform: "go", ServerName: "web-1", Dist: "7",
	Tags: map[string]string{"shard": "7", "Region": "EU west"},
	User: sentrytest.User{ID: "42", Email: "ann@example.com", Name: "Ann Lee"},
	SDK:  sentrytest.SDK{Name: "raven.go", Version: "0.1.0"},
	Exceptions: []sentrytest.Exception{
		{Type: "net.OpError", Value: "connection refused"},
		{Type: "PaymentError", Value: `card "gold" declined`, Stacktrace: &sentrytest.Stacktrace{Frames: []sentrytest.Frame{
			{Module: "shop", Function: "pay", InApp: &inApp}, {Module: "lib", Function: "call", InApp: new(bool)},
		}}},
	},
	Fingerprint: []string{"pay", "gold"},
	Received:    sentrytest.Request{ProjectID: "5", PublicKey: "abc"},
}

func TestQueries(t *testing.T) {
	t.Parallel()
	d := search.NewDocument(event)
	for query, want := range map[string]bool{
		"":                                     true,
		"  ":                                   true,
		"declined":                             true,
		"DECLINED order":                       true,
		"absent":                               false,
		"-absent":                              true,
		`"order 17"`:                           true,
		"group:" + event.GroupingPreview().Key: true,
		"group:absent":                         false,
		`"order  17"`:                          false,
		`"card \"gold\""`:                      true,
		"level:warning":                        true,
		"level:>=warning":                      true,
		"level:>warning":                       false,
		"level:<error":                         true,
		"level:<=info":                         false,
		"level:=warning":                       true,
		"LEVEL:Warning":                        true,
		"warning":                              false, // terms without a field do not search the level
		"release:shop@1.2.3":                   true,
		"release:shop@1.*":                     true,
		"release:*1*3":                         true,
		"release:shop":                         false,
		"release:*.4":                          false,
		"tag:shard=7":                          true,
		"tag:shard=8":                          false,
		"tag:shard":                            true,
		"tag:sharp":                            false,
		`tag:region="EU WEST"`:                 true,
		"tag:region=eu*":                       true,
		"-tag:shard=7":                         false,
		"shard=7":                              true,
		"message:details":                      true,
		"title:payment":                        true,
		"exception:refused":                    true,
		"exception:net.op*refused":             true,
		"culprit:shop.pay":                     true,
		"user:42":                              true,
		`user:"ann lee"`:                       true,
		"user:ann":                             false,
		"sdk:raven.go":                         true,
		"sdk:raven.go/0.1.0":                   true,
		"type:error":                           true,
		"type:transaction":                     false,
		"id:fc6d*":                             true,
		"fingerprint:gold":                     true,
		"project:5 key:abc":                    true,
		"project:6":                            false,
		"level:warning -tag:shard=8 1":         true,
		"dist:7 logger:checkout platform:go server:web-1 environment:prod*": true,
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			q, err := search.Parse(query)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(q.Match(d)).To(Equal(want))
		})
	}
	var none *search.Query
	NewWithT(t).Expect(none.Match(d)).To(BeTrue())
}

func TestInvalidQueries(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"lvl:error": `query "lvl:error": lvl:error: there is no field "lvl": use one of level, title, message, exception, culprit, transaction, tag, ` +
			`release, environment, dist, logger, platform, server, user, sdk, type, id, fingerprint, group, project, key; put text with a colon in quotation marks`,
		"x level:loud":            `query "x level:loud": level:loud: "loud" is not a level: use one of debug, info, warning, error, fatal, or >=, >, <= or < before one`,
		`user:"ann`:               `query "user:\"ann": user:"ann: the quotation mark is not closed (write \" for one inside quotation marks)`,
		strings.Repeat("a ", 101): `query "` + strings.Repeat("a ", 100) + `": …: a query has at most 100 terms`,
		"tag: x":                  `query "tag: x": tag:: the value is missing; expected NAME=VALUE, or NAME for any value`,
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			_, err := search.Parse(query)
			g.Expect(err).To(MatchError(want))
		})
	}
}

func TestTitleAndCulprit(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(search.Title(event)).To(Equal(`PaymentError: card "gold" declined`))
	g.Expect(search.Title(sentrytest.Event{Message: "one\ntwo"})).To(Equal("one"))
	g.Expect(search.Title(sentrytest.Event{Exceptions: []sentrytest.Exception{{Type: "T"}}})).To(Equal("T"))
	g.Expect(search.Title(sentrytest.Event{})).To(Equal("(an event without message or exception)"))
	g.Expect(search.Culprit(event)).To(Equal("shop.pay"), "the innermost frame of the application")
	g.Expect(search.Culprit(sentrytest.Event{Transaction: "GET /", Culprit: "old"})).To(Equal("GET /"))
	g.Expect(search.Culprit(sentrytest.Event{})).To(BeEmpty())
}

func TestEachFieldHasHelp(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	_, err := search.Parse("absent:x")
	g.Expect(err).To(HaveOccurred())
	_, list, _ := strings.Cut(err.Error(), "use one of ")
	list, _, _ = strings.Cut(list, ";")
	names := strings.Split(list, ", ")
	g.Expect(len(names)).To(BeNumerically(">", 10))
	for _, name := range names {
		_, err := search.Parse(name + ":")
		g.Expect(err).To(MatchError(MatchRegexp(`the value is missing; expected \S`)), name)
	}
}

func TestTerms(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	q, err := search.Parse(`  -level:error  user:"Ann Lee" boom`)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(q.Terms()).To(Equal([]string{"-level:error", `user:"Ann Lee"`, "boom"}))
	g.Expect((*search.Query)(nil).Terms()).To(BeEmpty())
}
