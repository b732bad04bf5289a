package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
)

type doctorCommand struct {
	DSN string `arg:"" optional:"" name:"dsn" help:"The DSN to examine. Default: SENTRY_DSN."`
}

// Help returns the command's detailed help.
func (*doctorCommand) Help() string {
	return `Follows an event and gives a verdict on every step: the DSN, its options, resolving the host, connecting, TLS,
posting a test event, and the server's answer. For a step that fails it prints a fix, and the later steps are
skipped. If the DSN has spool_dir, it checks the directory and counts the events in it; it delivers none of them. Each step may take as long as the DSN's timeout; 5 seconds by default. With tee+… every target is examined, and
the exit code is 1 if one of them fails.

    raven doctor https://KEY@HOST/1
    raven doctor 'https://KEY@HOST/1?ca_certs=/etc/ssl/ours.pem&timeout=2'
`
}

type verdict string

const (
	passed  verdict = "ok"
	failed  verdict = "FAIL"
	skipped verdict = "skipped"
)

type finding struct {
	verdict verdict
	text    string
	details []string // further lines, each a label, a tab and a text
	fix     string   // for failures
}

func ok(format string, args ...any) finding {
	return finding{verdict: passed, text: fmt.Sprintf(format, args...)}
}

func skip(format string, args ...any) finding {
	return finding{verdict: skipped, text: fmt.Sprintf(format, args...)}
}

func bad(err error, fix string) finding {
	return finding{verdict: failed, text: plain(err.Error()), fix: fix}
}

func (f finding) with(label, format string, args ...any) finding {
	f.details = append(f.details, label+"\t"+fmt.Sprintf(format, args...))
	return f
}

// Run runs `raven doctor`.
func (c *doctorCommand) Run(ctx context.Context, env *environment) error {
	if t, err := env.target(c.DSN); err == nil && t.isTee() {
		return env.examineAll(ctx, t)
	}
	return examine(ctx, env, c.DSN)
}

// examine checks the delivery to one server.
func examine(ctx context.Context, env *environment, dsn string) error {
	e := &examination{env: env, given: dsn}
	defer e.end()
	broken, stopped := "", ""
	for _, step := range e.steps() {
		if step.run == nil {
			continue
		}
		f := skip("because %s failed", stopped)
		if stopped == "" {
			f = step.run(ctx)
		}
		if f.verdict == failed {
			broken = cmp.Or(broken, step.name)
			if !step.apart {
				stopped = step.name
			}
		}
		f.print(env.out, step.name)
	}
	if broken != "" {
		return fmt.Errorf("delivery fails at the step %q", broken)
	}
	if err := e.end(); err != nil {
		return err
	}
	fmt.Fprintln(env.out, "\n"+e.target.conclusion())
	return ctx.Err()
}

func (t *target) conclusion() string {
	if t.sends() {
		return "Delivery works."
	}
	return fmt.Sprintf("No problem found, but nothing was sent: %s+… does not send.", t.driver.Name)
}

// print writes a finding as lines with aligned texts.
func (f finding) print(w io.Writer, name string) {
	const column = 19 // where texts begin
	width := widthOf(w)
	fmt.Fprintln(w, hanging(fmt.Sprintf("%-7s  %-8s  ", f.verdict, name), f.text, width))
	details := f.details
	if f.fix != "" {
		details = append([]string{"fix\t" + f.fix}, details...)
	}
	for _, d := range details {
		label, text, _ := strings.Cut(d, "\t")
		fmt.Fprintln(w, hanging(fmt.Sprintf("%*s%-11s  ", column, "", label), text, width))
	}
}
