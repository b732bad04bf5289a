// Package clienttest makes clients for tests of middleware and adapters. The
// clients record their events and send nothing. It must not know an adapter.
package clienttest

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transporttest"
)

// Recorded returns a client and the recorder of its events. It closes the
// client when the test ends.
func Recorded(t testing.TB, opts ...raven.Option) (*raven.Client, *transporttest.Recorder) {
	t.Helper()
	rec := transporttest.NewRecorder()
	client, err := raven.New("https://key@host.example/1", append(opts, raven.WithTransport(rec))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(context.Background()) })
	return client, rec
}
