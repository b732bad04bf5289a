# Short names for the commands of CONTRIBUTING.md.
.PHONY: test race lint generate bench demo ci long

test:
	go test work

race:
	go test -race work

lint:
	go vet work
	.ci/modules check

generate:
	go generate ./...

bench:
	cd docs/bench && go run .

demo:
	go run ./sentrytest/cmd/fakesentry demo

ci:
	.ci/run

long:
	.ci/long
