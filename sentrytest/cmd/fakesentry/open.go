package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/ravenkit/ravenkit/sentrytest"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/console"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/host"
	"github.com/ravenkit/ravenkit/sentrytest/cmd/fakesentry/internal/store"
)

type openCommand struct {
	File string `arg:"" type:"existingfile" help:"A file that a failed test or Server.WriteArtifact has written."`
	Addr string `default:"127.0.0.1:8000" help:"Address to listen on. Anyone who can reach it can read and delete events."`
}

// Run implements `fakesentry open`.
func (c *openCommand) Run(ctx context.Context, env *environment) error {
	artifact, err := readArtifact(c.File)
	if err != nil {
		return err
	}
	cfg := (&hostFlags{}).config(c.Addr)
	cfg.Store.MaxEvents, cfg.Store.MaxBytes = max(len(artifact.Requests()), store.DefaultMaxEvents), math.MaxInt64 // the file is in memory already
	h, err := host.Start(cfg)
	if err != nil {
		return err
	}
	if err := h.Store.Restore(ctx, arrivals(artifact)); err != nil {
		return errors.Join(err, h.Close())
	}
	defer outlivePipes()()
	if artifact.Test != "" {
		fmt.Fprintf(env.out, "Test       %s\n", console.Plain(artifact.Test))
	}
	fmt.Fprintf(env.out, "Received   %d requests, %d events\n", len(artifact.Requests()), h.Store.Stats().Kept)
	fmt.Fprintf(env.out, "Page       %s/\n", h.URL())
	warnOfOthers(env.errs, h, c.Addr, "")
	<-ctx.Done()
	return h.Shutdown(ctx)
}

func readArtifact(path string) (*sentrytest.Artifact, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	artifact, err := sentrytest.ReadArtifact(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, plain(err))
	}
	return artifact, nil
}

// arrivals joins the records of an artifact that belong to the same request.
func arrivals(artifact *sentrytest.Artifact) []*sentrytest.Arrival {
	var list []*sentrytest.Arrival
	byID := map[int]*sentrytest.Arrival{}
	for _, r := range artifact.Requests() {
		a := &sentrytest.Arrival{Request: r}
		list = append(list, a)
		byID[r.ID] = a
	}
	for _, e := range artifact.Envelopes() {
		if a := byID[e.Received.ID]; a != nil {
			a.Envelope = &e
		}
	}
	for _, e := range artifact.Events() {
		if a := byID[e.Received.ID]; a != nil {
			a.Events = append(a.Events, e)
		}
	}
	for _, r := range artifact.Rejected() {
		if a := byID[r.Request.ID]; a != nil {
			a.Rejection = &r
		}
	}
	return list
}
