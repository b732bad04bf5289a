module github.com/ravenkit/ravenkit/raven/internal/hostiletest

go 1.26.0

require (
	github.com/ravenkit/ravenkit v0.1.0
	github.com/ravenkit/ravenkit/raven/ravenlogrus v0.1.0
	github.com/ravenkit/ravenkit/raven/ravenzap v0.1.0
	github.com/ravenkit/ravenkit/raven/ravenzerolog v0.1.0
	github.com/rs/zerolog v1.31.0
	github.com/sirupsen/logrus v1.9.4
	go.uber.org/zap v1.26.0
)

require (
	github.com/andybalholm/brotli v1.1.1 // indirect
	github.com/cenkalti/backoff/v5 v5.0.2 // indirect
	github.com/klauspost/compress v1.18.7 // indirect
	github.com/mattn/go-colorable v0.1.13 // indirect
	github.com/mattn/go-isatty v0.0.19 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/net v0.36.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	golang.org/x/text v0.22.0 // indirect
)
