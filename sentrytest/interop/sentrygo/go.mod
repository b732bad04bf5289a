module github.com/ravenkit/ravenkit/sentrytest/interop/sentrygo

go 1.26.0

require (
	github.com/getsentry/sentry-go v0.50.0
	github.com/ravenkit/ravenkit v0.1.0
)

require (
	github.com/andybalholm/brotli v1.1.1 // indirect
	github.com/klauspost/compress v1.18.7 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
