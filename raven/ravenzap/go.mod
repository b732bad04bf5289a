module github.com/ravenkit/ravenkit/raven/ravenzap

go 1.26.0

require (
	github.com/onsi/gomega v1.36.2
	github.com/pkg/errors v0.9.1
	github.com/ravenkit/ravenkit v0.1.0
	go.uber.org/goleak v1.3.0
	go.uber.org/zap v1.26.0
)

require (
	github.com/andybalholm/brotli v1.1.1 // indirect
	github.com/cenkalti/backoff/v5 v5.0.2 // indirect
	github.com/google/go-cmp v0.6.0 // indirect
	github.com/klauspost/compress v1.18.7 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/net v0.36.0 // indirect
	golang.org/x/text v0.22.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
