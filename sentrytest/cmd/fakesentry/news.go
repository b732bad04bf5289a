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

// news prints what arrives. A line that can't be printed costs itself: the server goes on.
type news struct {
	feed    *store.Feed
	printer *console.Printer
	format  string
	failed  *complaints
}

// print prints what the feed brings until its store is closed, or until nobody reads it any more.
func (n *news) print() {
	for {
		arrived, missed, err := n.feed.Next(context.Background())
		if err != nil {
			return // the store is closed
		}
		err = n.printAll(arrived, missed)
		if errors.Is(err, syscall.EPIPE) {
			n.failed.print(errors.New("nobody reads the standard output any more: the server goes on without printing what arrives"))
			return
		}
		if err != nil {
			n.failed.print(fmt.Errorf("printing what arrived: %w", err))
		}
	}
}

func (n *news) printAll(arrived []*store.Delivery, missed bool) error {
	if missed && n.format != console.Human {
		n.failed.print(errors.New("some requests came too fast to be printed, and are no longer kept"))
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
	// A request that was accepted may have brought events beside what was dropped.
	for _, e := range d.Events {
		if err := p.Event(api.Event(e)); err != nil {
			return err
		}
	}
	return nil
}
