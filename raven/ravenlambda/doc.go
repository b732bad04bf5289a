// Package ravenlambda reports errors and panics of functions on AWS Lambda that
// use github.com/aws/aws-lambda-go.
//
//	lambda.Start(ravenlambda.Wrap(client, lambda.NewHandler(handle)))
//
// Lambda freezes the process between invocations, so queued events may never be
// sent. The handler delivers them before each invocation ends, within its
// deadline.
package ravenlambda
