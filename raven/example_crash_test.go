package raven_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// The next process reports crashes that no deferred function can see. Here a
// file replaces the process that crashed.
func ExampleWithCrashReport() {
	srv, err := sentrytest.Start()
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	folder, err := os.MkdirTemp("", "crash")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "shop.crash")
	left := `{"raven_crash_file":1,"release":"shop@1.2.3"}
panic: no such article

goroutine 7 [running]:
main.(*Cart).Add(...)
	/src/shop/cart.go:21
main.main()
	/src/shop/main.go:12 +0x1d
`
	if err := os.WriteFile(file, []byte(left), 0o600); err != nil {
		panic(err)
	}

	ctx := context.Background()
	client, err := raven.New(srv.DSN(), raven.WithCrashReport(file))
	if err != nil {
		panic(err)
	}
	if err := client.Close(ctx); err != nil { // waits for the report
		panic(err)
	}

	ev := srv.Events()[0]
	x := ev.Exceptions[0]
	fmt.Println(ev.Level, ev.Release)
	fmt.Println(x.Type+":", x.Value)
	// Output:
	// fatal shop@1.2.3
	// main.(*Cart).Add: no such article
}
