module github.com/ravenkit/ravenkit

go 1.26.0

// A consumer gets each of these versions or a later one, linked or not. They are
// the oldest that work and have no known fault in what is used here: 1.18.7 of
// compress has the last correction of S2, 0.36.0 of x/net that of httpproxy
// (CVE-2025-22870).
require (
	github.com/alecthomas/kong v1.6.0
	github.com/andybalholm/brotli v1.1.1
	github.com/cenkalti/backoff/v5 v5.0.2
	github.com/go-resty/resty/v2 v2.16.5
	github.com/golang/mock v1.6.0
	github.com/google/go-cmp v0.6.0
	github.com/jarcoal/httpmock v1.4.0
	github.com/klauspost/compress v1.18.7
	github.com/onsi/ginkgo/v2 v2.23.3
	github.com/onsi/gomega v1.36.2
	github.com/pkg/errors v0.9.1
	github.com/valyala/fasthttp v1.59.0
	go.uber.org/goleak v1.3.0
	go.uber.org/mock v0.4.0
	golang.org/x/net v0.36.0
)

require (
	github.com/go-logr/logr v1.4.2 // indirect
	github.com/go-task/slim-sprig/v3 v3.0.0 // indirect
	github.com/google/pprof v0.0.0-20241210010833-40e02aabc2ad // indirect
	github.com/kr/text v0.2.0 // indirect
	github.com/valyala/bytebufferpool v1.0.0 // indirect
	golang.org/x/sys v0.30.0 // indirect
	golang.org/x/text v0.22.0 // indirect
	golang.org/x/tools v0.30.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
