package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/transport"
)

func TestTransportsShowsEverySchemeAndOption(t *testing.T) {
	for _, args := range [][]string{{"transports"}, {"transports", "--format=markdown"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			g := NewWithT(t)
			r := runRaven(t, args...)
			g.Expect(r.code).To(BeZero())
			g.Expect(r.errs).To(BeEmpty())
			for _, d := range transport.DefaultRegistry().Drivers() {
				for _, scheme := range d.Schemes {
					g.Expect(r.out).To(MatchRegexp("(^|\\W)" + strings.ReplaceAll(scheme, "+", `\+`) + "(\\W|$)"))
				}
				// The rest may be wrapped.
				g.Expect(r.out).To(ContainSubstring(strings.Fields(d.Engine)[0]))
				for _, o := range d.Options {
					g.Expect(r.out).To(And(ContainSubstring(o.Name), ContainSubstring(o.Default)))
				}
			}
			g.Expect(runRaven(t, args...).out).To(Equal(r.out), "the output is the same each time")
		})
	}
}

func TestTransportsFitsTheTerminal(t *testing.T) {
	for _, columns := range []string{"80", "95", "100", "140"} {
		t.Run(columns, func(t *testing.T) {
			g := NewWithT(t)
			t.Setenv("COLUMNS", columns)
			width := widthOf(os.Stdout)
			for _, line := range strings.Split(runRaven(t, "transports").out, "\n") {
				g.Expect(utf8.RuneCountInString(line)).To(BeNumerically("<=", width), line)
				g.Expect(line).NotTo(HaveSuffix(" "))
			}
		})
	}
}

// sample is a registry with every feature that the tables print.
func sample(t *testing.T) *transport.Registry {
	t.Helper()
	refuse := func(*transport.DSN, transport.Env) (transport.Transport, error) {
		return nil, errors.New("not to be opened")
	}
	common := transport.OptionSpecs(new(transport.HTTPConfig))
	registry := transport.NewRegistry()
	for _, d := range []transport.Driver{
		{
			Schemes: []string{"crate+http", "crate+https", "box+https"}, Name: "crate", Engine: "net/http", Open: refuse,
			Delivery: "in boxes | or not", WhenFull: "the oldest_box is evicted",
			Options: append(common[:len(common):len(common)],
				transport.OptionSpec{Name: "qsize", Aliases: []string{"boxes"}, Default: "7", Allowed: "a whole number", Help: "how many boxes there are"}),
		},
		{Schemes: []string{"own+http"}, Engine: "pigeons", Blocking: true, Delivery: "on foot", Open: refuse},
		{Schemes: []string{"look+http"}, Engine: "os", Sink: "stderr", Delivery: "shown", Options: common, Open: refuse},
		{Schemes: []string{"https"}, Name: "bare", Engine: "net/http", Delivery: "somehow", Options: common[1:], Open: refuse},
	} {
		if err := registry.Register(d); err != nil {
			t.Fatal(err)
		}
	}
	return registry
}

func TestTable(t *testing.T) {
	g := NewWithT(t)
	var wide, thin bytes.Buffer
	wide.Write(tables(sample(t).Drivers(), 120))
	head, options, _ := strings.Cut(wide.String(), "\nOPTIONS OF EVERY TRANSPORT THAT SENDS\n")
	g.Expect(head).To(Equal(strings.TrimPrefix(`
SCHEME (= ALIAS)  ENGINE    BLOCKING  DELIVERY           QUEUE    WHEN FULL

https             net/http  no        somehow            -        -
(bare)

crate+http        net/http  no        in boxes | or not  qsize 7  the oldest_box is evicted
crate+https
= box+https

look+http         os        no        shown              -        -

own+http          pigeons   yes       on foot            -        -
`, "\n")))
	g.Expect(options).To(And(
		ContainSubstring("\nOPTIONS OF bare\n\nbare+… does not have the common options timeout.\n"),
		ContainSubstring("\nOPTIONS OF crate\n\nOPTION   DEFAULT  VALUES          PURPOSE\nqsize    7        a whole number  how many boxes there are\n= boxes\n"),
		ContainSubstring("\nlook+… accepts the options of other transports, too, without effect,"),
		ContainSubstring("\nown+… checks its own options, and has no list of them.\n"),
	))
	thin.Write(tables(sample(t).Drivers(), 80))
	g.Expect(thin.String()).To(ContainSubstring(`
crate+http        net/http  no        in boxes | or not
crate+https                           queue: qsize 7
= box+https                           when full: the oldest_box is evicted
`))
}

func TestMarkdown(t *testing.T) {
	g := NewWithT(t)
	r := runWith(t, sample(t), "transports", "--format=markdown")
	g.Expect(r.code).To(BeZero())
	g.Expect(r.out).To(HavePrefix(strings.Join([]string{
		"| Transport | Schemes | Engine | Blocking | Delivery | Queue | When full |",
		"|---|---|---|---|---|---|---|",
		"| `bare` | `https` | net/http | no | somehow | - | - |",
		"| `crate` | `crate+http`, `crate+https`; also `box+https` | net/http | no | in boxes \\| or not | qsize 7 | the oldest\\_box is evicted |",
		"| `look` | `look+http` | os | no | shown | - | - |",
		"| `own` | `own+http` | pigeons | yes | on foot | - | - |",
		"",
		"### Options of every transport that sends",
		"",
		"| Option | Default | Values | Purpose |",
		"|---|---|---|---|",
		"| `timeout` | `5` | ",
	}, "\n")))
	g.Expect(r.out).To(And(
		ContainSubstring("\n### Options of `crate`\n\n| Option | Default | Values | Purpose |\n|---|---|---|---|\n| `qsize`; also `boxes` | `7` | a whole number | how many boxes there are |\n"),
		ContainSubstring("\n### Options of `own`\n\nown+… checks its own options, and has no list of them.\n"),
	))
}

func TestUpdate(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "transports.md")
	g.Expect(os.WriteFile(file, []byte("# Before\n\n"+beginOf("drivers")+"\nold\n"+endOf("drivers")+"\n\nAfter\n"), 0o600)).To(Succeed())
	for range 2 { // the second time changes nothing
		r := runWith(t, sample(t), "transports", "--update", file)
		g.Expect(r).To(Equal(result{}))
		text, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		tables := runWith(t, sample(t), "transports", "--format=markdown").out
		g.Expect(string(text)).To(Equal("# Before\n\n" + beginOf("drivers") + "\n\n" + tables + "\n" + endOf("drivers") + "\n\nAfter\n"))
	}
}

// A document may have both parts, or one. The options are those of DSNs without
// a prefix.
func TestUpdateOfOptions(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "README.md")
	g.Expect(os.WriteFile(file, []byte(beginOf("options")+"old"+endOf("options")+beginOf("drivers")+endOf("drivers")), 0o600)).To(Succeed())
	g.Expect(runRaven(t, "transports", "--update", file)).To(Equal(result{}))
	text, err := os.ReadFile(file)
	g.Expect(err).NotTo(HaveOccurred())
	options, _, _ := strings.Cut(string(text), endOf("options"))
	g.Expect(options).To(And(
		HavePrefix(beginOf("options")+"\n\n| Option | Default | Purpose |\n|---|---|---|\n| `timeout` | `5` | "),
		ContainSubstring("\n| `workers` | `auto` | "),
		Not(ContainSubstring("pool_size")),
	))
	g.Expect(string(text)).To(ContainSubstring("\n| `pool` |"))
}

func TestUpdateNeedsItsPlace(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "transports.md")
	r := runRaven(t, "transports", "--update", file)
	g.Expect(r.code).To(Equal(1))
	g.Expect(r.errs).To(ContainSubstring("no such file"))
	for _, text := range []string{"nothing", beginOf("drivers"), endOf("drivers") + beginOf("drivers")} {
		g.Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
		r := runRaven(t, "transports", "--update", file)
		g.Expect(r.code).To(Equal(1))
		g.Expect(r.errs).To(And(ContainSubstring("has no place for the tables"), ContainSubstring("fix: put the lines")))
		g.Expect(os.ReadFile(file)).To(BeEquivalentTo(text))
	}
}
