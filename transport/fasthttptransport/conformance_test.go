package fasthttptransport_test

import (
	"testing"

	"github.com/ravenkit/ravenkit/transporttest"

	_ "github.com/ravenkit/ravenkit/transport/fasthttptransport"
)

func TestConformance(t *testing.T) {
	for _, scheme := range []string{"fasthttp", "aiohttp"} {
		t.Run(scheme, func(t *testing.T) {
			transporttest.Test(t, transporttest.Harness{Scheme: scheme})
		})
	}
}
