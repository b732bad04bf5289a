package fakesentryclient_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/sentrytest/fakesentryclient"
)

// report does what a program under test does with the DSN of its environment.
func report(dsn, event string) {
	scheme, rest, _ := strings.Cut(dsn, "://")
	key, address, _ := strings.Cut(rest, "@")
	host, project, _ := strings.Cut(address, "/")
	resp, err := http.Post(scheme+"://"+host+"/api/"+project+"/store/?sentry_key="+key, "application/json", strings.NewReader(event))
	if err != nil {
		log.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		log.Fatal(err)
	}
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := fakesentryclient.New(program.url) // such as http://127.0.0.1:8000
	if err != nil {
		log.Fatal(err)
	}
	tenant, err := client.CreateTenant(ctx, "an example")
	if err != nil {
		log.Fatal(err)
	}
	defer client.DeleteTenant(ctx, tenant.Key)

	report(tenant.DSN, `{"level":"error","exception":[{"type":"PaymentError","value":"card declined"}],"tags":{"shard":"7"}}`)

	events, err := client.Wait(ctx, 1, fakesentryclient.Filter{Tenant: tenant.Key, Query: "level:error tag:shard=7"})
	if err != nil {
		log.Fatal(err)
	}
	details, err := client.Event(ctx, events[0].EventID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(events[0].Title)
	fmt.Println(details.Contents.Exception.Values[0].Value, details.Contents.Tags)
	// Output:
	// PaymentError: card declined
	// card declined map[shard:7]
}

func ExampleClient_Stream() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := fakesentryclient.New(program.url)
	if err != nil {
		log.Fatal(err)
	}
	tenant, err := client.CreateTenant(ctx, "")
	if err != nil {
		log.Fatal(err)
	}
	report(tenant.DSN, `{"message":"first"}`)
	report(tenant.DSN, `{"message":"second"}`)
	err = client.Stream(ctx, fakesentryclient.Filter{Tenant: tenant.Key}, 0, func(n fakesentryclient.News) bool {
		fmt.Println(n.Event.Title)
		return n.Event.Title != "second"
	})
	if err != nil {
		log.Fatal(err)
	}
	// Output:
	// first
	// second
}

func ExampleClient_SetFaults() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := fakesentryclient.New(program.url)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.SetFaults(ctx, map[string]any{"name": "quota", "status": 429, "retry_after": "30", "message": "^nobody sends this$"}); err != nil {
		log.Fatal(err)
	}
	defer client.ClearFaults(ctx)
	faults, err := client.Faults(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(faults[0]))
	// Output: {"name":"quota","message":"^nobody sends this$","status":429,"retry_after":"30","used":0}
}
