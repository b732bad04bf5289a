package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/api"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

// news prints what arrives. If a line can't be printed, the server goes on
// without it.
type news struct {
	feed    *store.Feed
	printer *console.Printer
	format  string
	failed  *complaints
}

// print prints the feed until its store is closed or the output has no reader.
func (n *news) print() {
	for {
		arrived, missed, err := n.feed.Next(context.Background())
		if err != nil {
			return // the store is closed
		}
		err = n.printAll(arrived, missed)
		if errors.Is(err, syscall.EPIPE) {
			n.failed.print(errors.New("standard output has no reader any more: the server continues, but prints no events"))
			return
		}
		if err != nil {
			n.failed.print(fmt.Errorf("printing an event: %w", err))
		}
	}
}

func (n *news) printAll(arrived []*store.Delivery, missed bool) error {
	if missed && n.format != console.Human {
		n.failed.print(errors.New("some requests arrived too fast and were deleted before they could be printed"))
	}
	if missed {
		if err := n.printer.Missed(); err != nil {
			return err
		}
	}
	for _, d := range arrived {
		if err := printDelivery(n.printer, d); err != nil {
			return err
		}
	}
	return nil
}

func printDelivery(p *console.Printer, d *store.Delivery) error {
	if d.Faulted() {
		if err := p.Faulted(api.Request(d)); err != nil {
			return err
		}
	}
	if d.Rejection != nil {
		if err := p.Refused(api.Request(d)); err != nil {
			return err
		}
	}
	// An accepted request may have events besides the items that were dropped.
	for _, e := range d.Events {
		if err := p.Event(e.Event); err != nil {
			return err
		}
	}
	return nil
}
