// Package gen holds generated doubles, and every directive that generates code.
// `go generate ./...` at the top of the repository runs them in the order of
// this file: interfaces in the packages of their types, doubles of the
// interfaces, and the tables in docs/transports.md and README.md. Running it
// again changes nothing.
//
// Tests import the doubles: [github.com/ravenkit/ravenkit/gen/ravenmock] and
// [github.com/ravenkit/ravenkit/gen/transportmock] are for
// github.com/golang/mock, and the same packages below gen/uber for
// go.uber.org/mock.
package gen

// ifacemaker takes every exported method in the given files, so these files
// hold the type and exactly the methods of its interface.

//go:generate go run github.com/vburenin/ifacemaker@v1.3.0 -f ../transport/http.go -s HTTP -i Transport -p transport -o ../transport/transport.gen.go -y "Transport delivers packets to Sentry. It is the method set of [*HTTP]. These rules apply to every implementation; transporttest checks them. Implementations must be safe for concurrent use."
//go:generate go run github.com/vburenin/ifacemaker@v1.3.0 -f ../transport/threaded.go -s Threaded -i AsyncTransport -p transport -o ../transport/asynctransport.gen.go -y "AsyncTransport is a [Transport] that delivers in the background. It is the method set of [*Threaded] without those of [Holder] and [Spooler]. These rules apply to every implementation, in addition to those of Transport."
//go:generate go run github.com/vburenin/ifacemaker@v1.3.0 -f ../raven/client.go -f ../raven/capture.go -s Client -i Reporter -p raven -o ../raven/reporter.gen.go -y "Reporter has the capture methods of [*Client]. Applications depend on it to report; tests replace it with a double from gen/ravenmock, or with [Discard]."

//go:generate go run github.com/golang/mock/mockgen@v1.6.0 -source=../transport/transport.gen.go -destination=transportmock/transport.go -package=transportmock
//go:generate go run github.com/golang/mock/mockgen@v1.6.0 -source=../transport/asynctransport.gen.go -destination=transportmock/asynctransport.go -package=transportmock
//go:generate go run github.com/golang/mock/mockgen@v1.6.0 -source=../raven/reporter.gen.go -destination=ravenmock/reporter.go -package=ravenmock
//go:generate go run go.uber.org/mock/mockgen@v0.6.0 -source=../transport/transport.gen.go -destination=uber/transportmock/transport.go -package=transportmock
//go:generate go run go.uber.org/mock/mockgen@v0.6.0 -source=../transport/asynctransport.gen.go -destination=uber/transportmock/asynctransport.go -package=transportmock
//go:generate go run go.uber.org/mock/mockgen@v0.6.0 -source=../raven/reporter.gen.go -destination=uber/ravenmock/reporter.go -package=ravenmock

//go:generate go run ../raven/cmd/raven transports --update ../docs/transports.md
//go:generate go run ../raven/cmd/raven transports --update ../README.md
