package all_test

import (
	"fmt"

	"github.com/ravenkit/ravenkit/transport"
	_ "github.com/ravenkit/ravenkit/transport/all"
)

// With this package imported, a DSN may name any transport.
func Example() {
	for _, scheme := range []string{"resty+https", "fasthttp+https", "reactor+https"} {
		fmt.Println(scheme, transport.DefaultRegistry().Supports(scheme))
	}
	// Output:
	// resty+https true
	// fasthttp+https true
	// reactor+https true
}
