package reactortransport_test

import (
	"testing"

	"github.com/ravenkit/ravenkit/transporttest"

	_ "github.com/ravenkit/ravenkit/transport/reactortransport"
)

func TestConformance(t *testing.T) {
	for _, scheme := range []string{"reactor", "twisted"} {
		t.Run(scheme, func(t *testing.T) {
			transporttest.Test(t, transporttest.Harness{Scheme: scheme, HTTP2: true})
		})
	}
}
