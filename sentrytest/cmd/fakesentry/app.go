package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/ravenkit/ravenkit/raven"
)

// shop is the application that the demo runs. It knows only a raven.Reporter.
type shop struct {
	reporter raven.Reporter
	errorID  string         // of the error that it reported
	till     map[string]int // nil, so writing to it panics: the bug
}

var errDeclined = errors.New("card declined")

// openForADay reports a message, an error chain and a panic, with breadcrumbs
// before them.
func (s *shop) openForADay(ctx context.Context) {
	s.reporter.CaptureBreadcrumb(ctx, raven.Breadcrumb{Category: "shop", Message: "doors open", Level: raven.LevelInfo})
	s.reporter.CaptureMessage(ctx, "only %d cakes left", raven.Params{3}, raven.LevelWarning)
	if err := s.checkout("order-17"); err != nil {
		s.errorID = s.reporter.CaptureException(ctx, err, raven.Extra{"order": "order-17", "cents": 1250})
	}
	s.closeDown(ctx)
}

func (s *shop) checkout(order string) error {
	if err := charge(order); err != nil {
		return fmt.Errorf("checkout of %s: %w", order, err)
	}
	return nil
}

func charge(order string) error {
	return errors.Join(errDeclined, &fs.PathError{Op: "write", Path: "receipts/" + order, Err: fs.ErrPermission})
}

// closeDown panics. The reporter recovers and reports the panic.
func (s *shop) closeDown(ctx context.Context) {
	defer s.reporter.Recover(ctx)
	s.till["cents"] = 1250
}
