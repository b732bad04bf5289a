// Package ravenlambda reports what goes wrong in functions on AWS Lambda, with
// its runtime for Go, github.com/aws/aws-lambda-go.
//
//	lambda.Start(ravenlambda.Wrap(client, lambda.NewHandler(handle)))
//
// Lambda freezes a process between two invocations, so nothing that is left in
// a queue can be relied on: the handler delivers what was captured before each
// invocation ends, within its deadline.
package ravenlambda
