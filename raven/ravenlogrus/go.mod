module github.com/ravenkit/ravenkit/raven/ravenlogrus

go 1.26.0

require (
	github.com/onsi/gomega v1.36.2
	github.com/ravenkit/ravenkit v0.1.0
	github.com/sirupsen/logrus v1.9.4
	go.uber.org/goleak v1.3.0
)

require (
	github.com/andybalholm/brotli v1.1.1 // indirect
	github.com/cenkalti/backoff/v5 v5.0.2 // indirect
	github.com/google/go-cmp v0.6.0 // indirect
	github.com/klauspost/compress v1.18.7 // indirect
	golang.org/x/net v0.36.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	golang.org/x/text v0.22.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
