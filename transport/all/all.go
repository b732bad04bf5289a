// Package all registers every transport that has an engine of its own: import
// it for programs that take a DSN from elsewhere and should not have to know
// which transport it names.
//
//	import _ "github.com/ravenkit/ravenkit/transport/all"
//
// Programs that know import one of the packages below, and link one engine. The
// transports of package transport itself need no import.
package all

import (
	_ "github.com/ravenkit/ravenkit/transport/fasthttptransport" // fasthttp, aiohttp
	_ "github.com/ravenkit/ravenkit/transport/reactortransport"  // reactor, twisted
	_ "github.com/ravenkit/ravenkit/transport/restytransport"    // resty, requests, and both behind a queue
)
