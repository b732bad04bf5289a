package stack

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"github.com/ravenkit/ravenkit/raven/internal/jsontext"
)

// MaxSourceLines is the limit for lines before, and after, a frame's line.
const MaxSourceLines = 20

const (
	maxSourceFile = 4 << 20
	maxSourceLine = 512 // characters; longer ones end in three dots, as in Raven for Python
)

// excerpt is the source around a frame's line. It never changes.
type excerpt struct {
	lines []string
	at    int // the frame's line
}

var noExcerpt = new(excerpt)

// Source returns the frame's line and up to n before and after it, false if
// there is no source. A file is read when a frame in it is first sent; the
// result is kept.
func (r *Call) Source(n int) (pre []string, line string, post []string, ok bool) {
	x := r.excerpt.Load()
	if x == nil {
		if x = readExcerpt(r.AbsPath, r.Lineno); x == nil {
			x = noExcerpt
		}
		r.excerpt.Store(x)
	}
	if x == noExcerpt {
		return nil, "", nil, false
	}
	return x.lines[max(0, x.at-n):x.at], x.lines[x.at], x.lines[x.at+1 : min(len(x.lines), x.at+1+n)], true
}

// readExcerpt reads the lines around one, which is counted from 1.
func readExcerpt(path string, line int) *excerpt {
	// With -trimpath, paths begin with a module. A file of that path in the
	// working directory would be another one.
	if !filepath.IsAbs(path) || line < 1 {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSourceFile {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	x := &excerpt{at: min(line-1, MaxSourceLines)}
	lines := bufio.NewScanner(file)
	for n := 1; n <= line+MaxSourceLines && lines.Scan(); n++ {
		if n >= line-MaxSourceLines {
			x.lines = append(x.lines, shortLine(lines.Text()))
		}
	}
	if x.at >= len(x.lines) {
		return nil
	}
	return x
}

func shortLine(s string) string {
	s = strings.TrimRight(s, "\r")
	if short := jsontext.FirstRunes(s, maxSourceLine); len(short) < len(s) {
		return jsontext.FirstRunes(s, maxSourceLine-len("...")) + "..."
	}
	return s
}
