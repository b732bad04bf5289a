module github.com/ravenkit/ravenkit/sentrytest/interop/sentrygo

go 1.26.0

require (
	github.com/getsentry/sentry-go v0.50.0
	github.com/ravenkit/ravenkit v0.0.0
)

require (
	github.com/andybalholm/brotli v1.2.8 // indirect
	github.com/klauspost/compress v1.20.3 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/ravenkit/ravenkit => ../../..
