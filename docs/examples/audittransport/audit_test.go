package audittransport_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/ravenkit/ravenkit/docs/examples/audittransport"
	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/transport"
	"github.com/ravenkit/ravenkit/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Chdir(t.TempDir()) // for the default journal
	transporttest.Test(t, transporttest.Harness{Scheme: "audit"})
}

func Example() {
	srv, err := sentrytest.Start()
	if err != nil {
		panic(err)
	}
	defer srv.Close()
	srv.Script(sentrytest.OK(), sentrytest.Status(403).Header("X-Sentry-Error", "no such project"))
	folder, err := os.MkdirTemp("", "audit")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	journal := filepath.Join(folder, "reported.log")

	dsn := srv.DSN(sentrytest.DSNScheme("audit"), sentrytest.DSNParam("journal", journal), sentrytest.DSNParam("workers", "1"))
	client, err := raven.New(dsn)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	for i := range 2 {
		id := fmt.Sprintf("%032d", i)
		client.Capture(ctx, &raven.Event{EventID: id, Message: "hello"})
		_ = client.Flush(ctx)
	}
	_ = client.Close(ctx)
	written, _ := os.ReadFile(journal)
	fmt.Print(string(written))
	// Output:
	// 00000000000000000000000000000000 delivered
	// 00000000000000000000000000000001 transport: server refused event 00000000000000000000000000000001 with status 403: no such project
}

func TestAJournalThatCannotBeWritten(t *testing.T) {
	_, err := audittransport.New(audittransport.Config{Journal: "/no/such/folder/x"})
	if _, ok := err.(*transport.OptionError); !ok {
		t.Errorf("got %v", err)
	}
}
