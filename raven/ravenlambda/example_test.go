package ravenlambda_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/ravenkit/ravenkit/raven"
	"github.com/ravenkit/ravenkit/raven/ravenlambda"
	"github.com/ravenkit/ravenkit/sentrytest"
)

// A program passes the handler from Wrap to lambda.Start. This example invokes
// the handler as Lambda does.
func ExampleWrap() {
	srv, err := sentrytest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := raven.New(srv.DSN())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close(context.Background())

	handler := ravenlambda.Wrap(client, lambda.NewHandler(func(context.Context) error {
		return errors.New("the bucket is empty")
	}))
	_, err = handler.Invoke(context.Background(), nil)

	fmt.Println(err)
	fmt.Println(srv.Events()[0].Exceptions[0].Value)
	// Output:
	// the bucket is empty
	// the bucket is empty
}
