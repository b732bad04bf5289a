// Package shop is the code under test of docs/testing.md: a small application
// that reports to Sentry.
package shop

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ravenkit/ravenkit/raven"
)

// DeclinedError says that a card was declined for an order.
type DeclinedError struct{ Order string }

// Error names the order.
func (e *DeclinedError) Error() string { return e.Order + ": card declined" }

// Checkout pays for an order, in cents. Cards pay up to a hundred. A higher
// amount is a *DeclinedError, which is also reported.
func Checkout(ctx context.Context, reporter raven.Reporter, order string, cents int) error {
	if cents <= 100_00 {
		return nil
	}
	err := &DeclinedError{order}
	reporter.CaptureException(ctx, err, raven.Tags{"shop": "lyon"}, raven.Extra{"cents": cents})
	return err
}

// Refund requests the money of an order from the bank. A refusal is reported.
func Refund(ctx context.Context, bank *http.Client, reporter raven.Reporter, order string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, "https://bank.example/payments/"+order, nil)
	if err != nil {
		return err
	}
	resp, err := bank.Do(req)
	if err == nil {
		resp.Body.Close()
		if resp.StatusCode == http.StatusNoContent {
			return nil
		}
		err = fmt.Errorf("the bank answered %s", resp.Status)
	}
	reporter.CaptureException(ctx, err, raven.Tags{"order": order})
	return err
}
