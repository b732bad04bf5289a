package shop_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// The message of a failed RequireEvent, which Explain returns at any time.
func Example_failure() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := raven.New(srv.DSN(sentrytest.DSNScheme("sync")), raven.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	defer client.Close(ctx)
	client.Capture(ctx, &raven.Event{EventID: strings.Repeat("1", 32), Message: "the shop opens", Level: raven.LevelInfo})
	client.Capture(ctx, &raven.Event{EventID: strings.Repeat("2", 32), Message: "card declined"}, raven.Tags{"shop": "paris"})
	if resp, err := srv.Client().Post(srv.URL()+"/api/1/store/", "application/json", strings.NewReader(`{"message":"card declined"}`)); err == nil {
		resp.Body.Close()
	}

	fmt.Println(sentrytest.Explain(srv, sentrytest.HasMessage("card declined"), sentrytest.HasTag("shop", "lyon")))
	// Output:
	// sentrytest: 0 of 1 wanted event
	//   wanted: message "card declined" and tag shop="lyon"
	//   closest: error "card declined" (22222222222222222222222222222222)
	//     tag shop
	//       want: "lyon"
	//       got:  "paris"
	//   arrived: 2 events
	//     error "card declined" (22222222222222222222222222222222): tag shop is "paris"
	//     info "the shop opens" (11111111111111111111111111111111): message is "the shop opens"; there is no tag shop, nor any other
	//   refused: 1 request
	//     POST /api/1/store/ -> 401 missing authorization information
}
