package raven

// Version is the version of this client, as it stands in the sdk interface,
// in the User-Agent header and in sentry_client (protocol 1.3).
const Version = "0.1.0"

const (
	sdkName   = "raven.go"
	userAgent = sdkName + "/" + Version
	platform  = "go"
)
