package ravenzap_test

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transporttest"
)

// recorded returns a client whose events go nowhere but into a recorder.
func recorded(t *testing.T, opts ...raven.Option) (*raven.Client, *transporttest.Recorder) {
	t.Helper()
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@host.example/1", append(opts, raven.WithTransport(rec))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client, rec
}
