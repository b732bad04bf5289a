package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits on the width of the output. Lines longer than maxWidth are hard to
// read, even on a wide terminal.
const (
	minWidth     = 60
	defaultWidth = 100
	maxWidth     = 140
)

// widthOf returns the width of lines printed to w: COLUMNS if it is set, else
// the terminal's width.
func widthOf(w io.Writer) int {
	width, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if p, ok := w.(plainWriter); ok {
		w = p.to
	}
	if f, ok := w.(*os.File); ok && err != nil {
		width = terminalWidth(f)
	}
	if width <= 0 {
		width = defaultWidth
	}
	return min(max(width, minWidth), maxWidth)
}

// wrap breaks text at spaces into lines of at most width runes. A longer word
// gets a line of its own.
func wrap(text string, width int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Fields(paragraph) {
			switch {
			case line == "":
				line = word
			case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
				lines = append(lines, line)
				line = word
			default:
				line += " " + word
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// hanging wraps text after a label; further lines are aligned with the first.
func hanging(label, text string, width int) string {
	indent := utf8.RuneCountInString(label)
	return label + strings.Join(wrap(text, width-indent), "\n"+strings.Repeat(" ", indent))
}

// count returns a number with a noun that has a regular plural.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}

func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
