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

// Bounds on the width of what is printed. A line of more than maxWidth is hard
// to read however wide the terminal is.
const (
	minWidth     = 60
	defaultWidth = 100
	maxWidth     = 140
)

// widthOf is how wide lines printed to w may be: COLUMNS if that is set, else
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

// wrap breaks text into lines of at most width runes where there are spaces; a
// longer word gets a line of its own.
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

// hanging wraps text behind a label; the further lines stand below the first.
func hanging(label, text string, width int) string {
	indent := utf8.RuneCountInString(label)
	return label + strings.Join(wrap(text, width-indent), "\n"+strings.Repeat(" ", indent))
}

// count says how many there are of something with a regular plural.
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprint(n, " ", what, "s")
}

// brief rounds a duration to what people care about.
func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
