// Package all registers every transport that has an engine of its own. Import
// it if the program gets its DSN from elsewhere and the DSN may name any
// transport.
//
//	import _ "github.com/ravenkit/ravenkit/transport/all"
//
// If the transport is known, import only its package below, which links one
// engine. The transports of package transport need no import.
package all

import (
	// fasthttp, aiohttp
	_ "github.com/ravenkit/ravenkit/transport/fasthttptransport"
	// reactor, twisted
	_ "github.com/ravenkit/ravenkit/transport/reactortransport"
	// resty, requests, threaded+resty and threaded+requests
	_ "github.com/ravenkit/ravenkit/transport/restytransport"
)
