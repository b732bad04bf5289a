// Package clienttest is for the tests of the packages that connect the client
// with something: each wants a client whose events go nowhere.
package clienttest

import (
	"context"
	"testing"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/transporttest"
)

// Recorded returns a client that is closed with the test, and the recorder that
// its events go into.
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
