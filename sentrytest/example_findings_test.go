package sentrytest_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest"
)

// A server would answer 200 to this event, and keep neither its level nor its
// attribute.
func ExampleValidate() {
	event := `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":1700000000,"platform":"go","level":"WARNING","severity":3}`
	for _, finding := range sentrytest.Validate([]byte(event)) {
		fmt.Println(finding)
	}
	// Output:
	// warning: level="WARNING": expected a level [invalid_data]
	// warning: severity=3: the protocol knows no such attribute [invalid_attribute]
}

// A strict server lets no warning pass: the test fails when it ends.
func ExampleStrict() {
	t := &exampleT{}
	srv := sentrytest.NewServer(t, sentrytest.Strict())
	report(srv, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":"`+time.Now().UTC().Format(time.RFC3339)+`","platform":"go","release":"team/shop@1.0"}`)
	t.end()
	// Output:
	// FAIL: sentrytest: a strict server accepted 1 request with warnings:
	//   request 1, POST /api/1/store/
	//     warning: release="team/shop@1.0": control characters and slashes are not allowed [invalid_data]
}

// Release health is sent as sessions beside the events.
func ExampleServer_Sessions() {
	t := &exampleT{}
	defer t.end()
	srv := sentrytest.NewServer(t)
	body := "{}\n" + `{"type":"session"}` + "\n" +
		`{"sid":"7c7b6585f9014351bf8d02711b721929","init":true,"started":"2023-11-14T22:13:20Z","status":"crashed","errors":1,"attrs":{"release":"app@1.0.0"}}`
	resp, err := srv.Client().Post(srv.URL()+"/api/1/envelope/?sentry_key="+srv.PublicKey(), "application/x-sentry-envelope", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	for _, session := range srv.Sessions() {
		fmt.Println(session.Release, session.Status, session.Errors, session.Findings)
	}
	// Output: app@1.0.0 crashed 1 []
}
