package main

import "context"

// contender is a client with the methods that the measurements need. Every
// client has this interface, so that a call costs the same.
type contender interface {
	exception(err error)
	message(text string)
	flush(ctx context.Context) error
	close()
}

// The names of the contenders in tables and errors.
const (
	oursName = "Ravenkit"
	peerName = "sentry-go"
	bareName = "bare net/http"

	bareEncodeName = bareName + ", gzip each time"
	transportName  = oursName + "'s transport alone"

	bareFastName      = "bare fasthttp"
	fastTransportName = oursName + "'s fasthttp+ alone"
)
