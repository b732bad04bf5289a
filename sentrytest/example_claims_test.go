package sentrytest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// reportByDSN stands for a client library that was given a DSN.
func reportByDSN(dsn, event string) {
	u, err := url.Parse(dsn)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := http.Post("http://"+u.Host+"/api"+u.Path+"/store/?sentry_key="+u.User.Username(), "application/json", strings.NewReader(event))
	if err != nil {
		fmt.Println("not delivered")
		return
	}
	resp.Body.Close()
}

// Tests that share a server each have a DSN of their own.
func ExampleServer_Tenant() {
	t := &exampleT{}
	defer t.end()

	srv := sentrytest.NewServer(t) // once for all tests
	mine, theirs := srv.Tenant(t), srv.Tenant(t)
	reportByDSN(mine.DSN(), `{"message":"mine"}`)
	reportByDSN(theirs.DSN(), `{"message":"theirs"}`)

	sentrytest.RequireEvent(t, mine, sentrytest.HasMessage("mine"))
	sentrytest.RequireNoEvent(t, mine, sentrytest.HasMessage("theirs"))
	fmt.Println(len(mine.Events()), "of", len(srv.Events()), "events;", len(srv.Unowned()), "of nobody")
	// Output: 1 of 2 events; 0 of nobody
}

// Each predicate of a list has an event of its own.
func ExampleInOrder() {
	t := &exampleT{}
	defer t.end()

	srv := sentrytest.NewServer(t)
	for _, message := range []string{"started", "tick", "ended"} {
		report(srv, fmt.Sprintf(`{"message":%q}`, message))
	}
	events := sentrytest.RequireEvents(t, srv, 2, sentrytest.InOrder(sentrytest.HasMessage("started"), sentrytest.HasMessage("ended")))
	fmt.Println(events[0].Message, events[1].Message)
	// Output: started ended
}

// An event that the test did not expect fails it.
func ExampleFailOnUnclaimed() {
	t := &exampleT{}
	srv := sentrytest.NewServer(t, sentrytest.FailOnUnclaimed(), sentrytest.Allow(sentrytest.HasLevel("info")))
	report(srv, `{"message":"expected"}`)
	report(srv, `{"message":"known noise","level":"info"}`)
	report(srv, `{"message":"surprise","event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0"}`)
	sentrytest.RequireEvent(t, srv, sentrytest.HasMessage("expected"))
	t.end()
	// Output:
	// FAIL: sentrytest: 1 event that no assertion claimed
	//     error "surprise" (fc6d8c0c43fc4630ad850ee518f1b9d0)
	//   expect them with RequireEvent, or except them with the option Allow
}

// A planted secret must turn up nowhere.
func ExampleCanary() {
	t := &exampleT{}
	defer t.end()

	srv := sentrytest.NewServer(t)
	canary := sentrytest.Canary(t, srv) // what leaks fails the test when it ends
	password := canary.Secret()
	report(srv, fmt.Sprintf(`{"message":"login failed","extra":{"password":%q}}`, strings.Repeat("*", len(password))))
	fmt.Println(len(canary.Leaks()), "leaks")
	// Output: 0 leaks
}

// A ledger is a client's own account of its events.
func ExampleRequireNoLoss() {
	t := &exampleT{}
	defer t.end()

	srv := sentrytest.NewServer(t)
	report(srv, `{"event_id":"00000000000040008000000000000001"}`)
	client := book{outcomes: map[string]string{
		"00000000000040008000000000000001": "delivered",
		"00000000000040008000000000000002": "sampled",
		"00000000000040008000000000000003": "network: connection refused",
	}}
	sentrytest.RequireNoLoss(t, client, srv)
	// Output:
	// FAIL: sentrytest: 1 of 3 events lost
	//     00000000000040008000000000000003: network: connection refused
}

// The preview says what counts, and why.
func ExampleEvent_GroupingPreview() {
	e, err := sentrytest.ParseEvent([]byte(`{"logentry":{"message":"disk %d%% full","params":[93]},"fingerprint":["{{ default }}","db1"]}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.GroupingPreview())
	// Output:
	// grouped by its fingerprint, which includes the default: the template of its message:
	//     message "disk %d%% full"
	//     fingerprint "db1"
}
