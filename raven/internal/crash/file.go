package crash

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ravenkit/ravenkit/internal/filelock"
	"github.com/ravenkit/ravenkit/raven/internal/program"
)

// maxFiles limits the processes of a program that have a crash file, and the
// crashes that wait to be reported.
const maxFiles = 64

// maxOutput is how much of a crash is read. The crashed goroutine comes first.
const maxOutput = 1 << 20

// Header is the first line of a crash file. It describes the process that
// crashed, which may be another release than the one that reports.
type Header struct {
	RavenCrashFile int    `json:"raven_crash_file"` // 1, the version of the format
	Release        string `json:"release,omitempty"`
	Environment    string `json:"environment,omitempty"`
	ServerName     string `json:"server_name,omitempty"`
}

// Path returns the path of the first of a program's crash files. The others
// have a number at the end.
func Path(path, project string) (string, error) {
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder for the crash file: %w; give its path to WithCrashReport", err)
		}
		return filepath.Join(cache, "ravenkit", program.Name()+"-"+shortHash(program.Path()+"\x00"+project)+".crash"), nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, program.Name()+".crash")
	}
	return path, nil
}

func shortHash(s string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, s)
	return strconv.FormatUint(uint64(h.Sum32()), 16)
}

// claim locks every crash file that no running process has: an empty one to
// use, and those with crashes. The locks end with the files or the process.
func claim(first string) (own *os.File, left []*File, err error) {
	defer func() {
		if err != nil {
			closeAll(left, own)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(first), 0o700); err != nil {
		return nil, nil, err
	}
	for n := 1; n <= maxFiles; n++ {
		path := first
		if n > 1 {
			path += "." + strconv.Itoa(n)
		}
		if _, err := os.Stat(path); own != nil && errors.Is(err, os.ErrNotExist) {
			continue
		}
		file, err := filelock.Open(path)
		if errors.Is(err, filelock.ErrHeld) {
			continue
		}
		if err != nil {
			return own, left, err
		}
		report, err := (&File{file}).Report()
		switch {
		case err == nil && report.Output != "":
			left = append(left, &File{file})
			continue
		case err == nil && own == nil:
			own = file
			continue
		}
		_ = file.Close() // nothing was written
		if err != nil {
			return own, left, err
		}
	}
	if own == nil {
		return nil, left, fmt.Errorf("%s and the %d files after it are all in use", first, maxFiles-1)
	}
	return own, left, nil
}

func closeAll(left []*File, own *os.File) {
	for _, f := range left {
		f.Close()
	}
	if own != nil {
		_ = own.Close() // nothing was written
	}
}

// File is the crash file of an earlier process. It is locked until it is
// closed.
type File struct{ file *os.File }

// Report is the content of a File.
type Report struct {
	Header
	Output string    // of the runtime; "" if the process did not crash
	At     time.Time // of the last write; zero if unknown
}

// Path returns the path of the file.
func (f *File) Path() string { return f.file.Name() }

// Close unlocks the file.
func (f *File) Close() { _ = f.file.Close() } // nothing was written

// Report reads the file.
func (f *File) Report() (r Report, err error) {
	if info, err := f.file.Stat(); err == nil {
		r.At = info.ModTime()
	}
	if _, err := f.file.Seek(0, io.SeekStart); err != nil {
		return r, err
	}
	content, err := io.ReadAll(io.LimitReader(f.file, maxOutput))
	if err != nil {
		return r, err
	}
	r.Output = string(content)
	if line, rest, _ := strings.Cut(r.Output, "\n"); json.Unmarshal([]byte(line), &r.Header) == nil && r.RavenCrashFile != 0 {
		r.Output = rest
	}
	if strings.TrimSpace(r.Output) == "" {
		r.Output = ""
	}
	return r, nil
}

// Empty removes the crash from the file.
func (f *File) Empty() error { return empty(f.file) }

// renew empties a file and writes the header.
func (h Header) renew(file *os.File) error {
	if err := empty(file); err != nil {
		return err
	}
	h.RavenCrashFile = 1
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return err
}

func empty(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.Seek(0, io.SeekStart)
	return err
}
