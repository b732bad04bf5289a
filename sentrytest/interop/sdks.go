package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/ravenkit/ravenkit/raven"
)

// sdk is a client that the fake is tested with.
type sdk struct {
	name    string // of its folder beside this file, and for the command line
	title   string
	version string
	tools   []string // programs that must be installed
	lacks   []string // features that the SDK lacks
	// install and run are executed in a copy of the folder, so that nothing is
	// installed into the repository.
	install []command
	run     command
	ours    bool // the scenario is a package of this repository, built here
}

type command struct {
	args []string
	env  []string
}

var sdks = []sdk{
	{
		name: "ravenkit", title: "Go, Ravenkit", version: raven.Version, tools: []string{"go"},
		lacks: []string{attachment, session, checkIn, logRecord},
		run:   command{args: []string{"." + string(filepath.Separator) + "scenario"}},
		ours:  true,
	},
	{
		name: "sentrygo", title: "Go, sentry-go", version: "0.50.0", tools: []string{"go"},
		lacks:   []string{session},
		install: commands("go", "build", "-o", "scenario", "main.go"),
		run:     command{args: []string{"." + string(filepath.Separator) + "scenario"}},
	},
	{
		name: "python", title: "Python, sentry-sdk", version: "2.75.0", tools: []string{"python3"},
		install: pip("sentry-sdk==2.75.0"),
		run:     command{[]string{"python3", "scenario.py"}, []string{"PYTHONPATH=packages"}},
	},
	{
		name: "raven", title: "Python, raven", version: "6.10.0", tools: []string{"python3"},
		lacks:   []string{attachment, session, checkIn, logRecord},
		install: pip("raven==6.10.0"),
		run:     command{[]string{"python3", "scenario.py"}, []string{"PYTHONPATH=packages"}},
	},
	{
		name: "node", title: "Node.js, @sentry/node", version: "11.12.0", tools: []string{"node", "npm"},
		install: commands("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", "@sentry/node@11.12.0"),
		run:     command{args: []string{"node", "scenario.mjs"}},
	},
	{
		name: "rust", title: "Rust, sentry", version: "0.49.5", tools: []string{"cargo"},
		install: commands("cargo", "build", "--quiet", "--target-dir", "target"),
		run:     command{args: []string{filepath.Join("target", "debug", "scenario")}},
	},
	{
		name: "java", title: "Java, io.sentry:sentry", version: "8.62.0", tools: []string{"java", "javac", "mvn"},
		install: append(
			commands("mvn", "--quiet", "--batch-mode", "dependency:copy", "-Dartifact=io.sentry:sentry:8.62.0", "-DoutputDirectory=lib"),
			commands("javac", "-cp", filepath.Join("lib", "*"), "Scenario.java")...),
		run: command{args: []string{"java", "-cp", filepath.Join("lib", "*") + string(os.PathListSeparator) + ".", "Scenario"}},
	},
}

func commands(args ...string) []command { return []command{{args: args}} }

func pip(requirement string) []command {
	return commands("python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", "packages", requirement)
}

// missing returns the first tool of the SDK that is not installed.
func (s *sdk) missing() string {
	for _, tool := range s.tools {
		if _, err := exec.LookPath(tool); err != nil {
			return tool
		}
	}
	return ""
}

func (s *sdk) has(feature string) bool { return !slices.Contains(s.lacks, feature) }
