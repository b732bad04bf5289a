package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table prints aligned cells. Cells may have several lines; a row without cells
// is an empty line.
type table struct {
	header  []string
	elastic []int // columns to wrap if the table is too wide
	rows    [][]string
}

const (
	columnGap  = 2
	minElastic = 14
)

func (t table) print(w io.Writer, width int) {
	widths := t.fit(width)
	t.printRow(w, t.header, widths)
	for _, row := range t.rows {
		t.printRow(w, row, widths)
	}
}

// fit reduces the widest elastic column until the table fits, or no column can
// be reduced.
func (t table) fit(width int) []int {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			for line := range strings.SplitSeq(cell, "\n") {
				widths[i] = max(widths[i], utf8.RuneCountInString(line))
			}
		}
	}
	total := columnGap * (len(widths) - 1)
	for _, n := range widths {
		total += n
	}
	for ; total > width; total-- {
		widest := t.elastic[0]
		for _, i := range t.elastic {
			if widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= minElastic {
			break
		}
		widths[widest]--
	}
	return widths
}

func (t table) printRow(w io.Writer, row []string, widths []int) {
	cells := make([][]string, len(row))
	height := 0
	if len(row) == 0 {
		// A line between rows.
		height = 1
	}
	for i, cell := range row {
		cells[i] = wrap(cell, widths[i])
		height = max(height, len(cells[i]))
	}
	for y := range height {
		var line strings.Builder
		for i, cell := range cells {
			text := ""
			if y < len(cell) {
				text = cell[y]
			}
			fmt.Fprintf(&line, "%-*s", widths[i]+columnGap, text)
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}
