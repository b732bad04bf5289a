package main

import "context"

// contender is a client, with what the measurements ask of it. Every client is
// behind it, so that a call costs all of them the same on top.
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
