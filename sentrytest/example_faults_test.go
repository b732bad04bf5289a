package sentrytest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/ravenkit/ravenkit/sentrytest"
)

func ExampleServer_Down() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Down()
	fmt.Println(report(srv, `{"message":"during the outage"}`))
	if err := srv.Up(); err != nil {
		fmt.Println(err)
	}
	fmt.Println(report(srv, `{"message":"after it"}`))
	fmt.Println(len(srv.Events()), "event")
	// Output:
	// not delivered
	// 0
	// 200
	// 1 event
}

func ExampleServer_Rule() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Rule(
		sentrytest.When(sentrytest.OnSizeOver(1000)).Do(sentrytest.Status(413)),
		sentrytest.When(sentrytest.OnLevel("fatal"), sentrytest.OnAttempt(1)).Do(sentrytest.Status(503)),
	)
	fmt.Println(report(srv, `{"message":"small"}`))
	fmt.Println(report(srv, `{"message":"`+strings.Repeat("large ", 200)+`"}`))
	for range 2 {
		fmt.Println(report(srv, `{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","level":"fatal"}`))
	}
	// Output:
	// 200
	// 413
	// 503
	// 200
}

func ExampleServer_SetFaults() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	faults, err := sentrytest.ParseFaults([]byte(`[{"name":"quota","status":429,"retry_after":"30","times":1}]`))
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := srv.SetFaults(faults...); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		fmt.Println(report(srv, `{"message":"hello"}`))
	}
	fmt.Println(srv.Faults()[0].Name(), "used", srv.Faults()[0].Used())
	_, err = sentrytest.ParseFaults([]byte(`[{"status":42,"delay":"soon"}]`))
	fmt.Println(err)
	// Output:
	// 429
	// 200
	// quota used 1
	// sentrytest: fault 1
	// 	status: 42 is not allowed, want a final status, 200 to 999
	// 	delay: "soon" is not allowed, want a duration such as "1.5s" or "200ms"
}

func ExampleProxy() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	proxy, err := sentrytest.StartProxy(sentrytest.ProxyTo(srv), sentrytest.ProxyAuth("me", "secret"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer proxy.Close()
	address, err := url.Parse(proxy.URL())
	if err != nil {
		fmt.Println(err)
		return
	}
	transport := &http.Transport{Proxy: http.ProxyURL(address)}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	resp, err := client.Post("http://sentry.test/api/1/store/?sentry_key=public", "", strings.NewReader(`{"message":"hello"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(proxy.Requests()[0])
	// Output:
	// POST http://sentry.test/api/1/store/?sentry_key=public (user me) -> 200
}
