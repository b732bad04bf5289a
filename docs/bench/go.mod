module github.com/ravenkit/ravenkit/docs/bench

go 1.26.0

require (
	github.com/getsentry/sentry-go v0.50.0
	github.com/klauspost/compress v1.20.3
	github.com/ravenkit/ravenkit v0.1.0
	github.com/valyala/fasthttp v1.74.0
)

require (
	github.com/andybalholm/brotli v1.2.8 // indirect
	github.com/cenkalti/backoff/v5 v5.0.3 // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/molecule-man/go-brrr v1.0.1 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/net v0.58.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
