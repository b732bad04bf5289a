package raven

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// maxCrashFiles is how many processes of one program can keep a crash file at
// a time, and how many crashes can wait to be reported.
const maxCrashFiles = 64

// maxCrashOutput is how much of a crash is read. The goroutine that crashed
// comes first.
const maxCrashOutput = 1 << 20

// errLocked is returned for a file that a running process has.
var errLocked = errors.New("locked by another process")

// crashHeader is the first line of a crash file: what the process that writes
// it knows about itself, since the one that reports it may be another release.
type crashHeader struct {
	RavenCrashFile int    `json:"raven_crash_file"` // 1, the version of the format
	Release        string `json:"release,omitempty"`
	Environment    string `json:"environment,omitempty"`
	ServerName     string `json:"server_name,omitempty"`
}

// crashPath returns the path of the first of a program's crash files. Those
// that follow it have a number at the end.
func crashPath(path, project string) (string, error) {
	if path == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no folder for the crash file: %w; give its path to WithCrashReport", err)
		}
		return filepath.Join(cache, "ravenkit", programName()+"-"+shortHash(programPath()+"\x00"+project)+".crash"), nil
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, programName()+".crash")
	}
	return path, nil
}

func programPath() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Path != "" && info.Path != "command-line-arguments" {
		return info.Path
	}
	path, _ := os.Executable() // "" tells programs apart less well, that is all
	return path
}

func programName() string {
	path := filepath.ToSlash(programPath())
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '/')+1:], ".exe")
}

func shortHash(s string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, s)
	return strconv.FormatUint(uint64(h.Sum32()), 16)
}

// claimCrashFiles locks every crash file that no running process has: an empty
// one to use, and those that dead processes left something in. The locks end
// with the files or with the process.
func claimCrashFiles(first string) (own *os.File, left []*os.File, err error) {
	if err := os.MkdirAll(filepath.Dir(first), 0o700); err != nil {
		return nil, nil, err
	}
	for n := 1; n <= maxCrashFiles; n++ {
		path := first
		if n > 1 {
			path += "." + strconv.Itoa(n)
		}
		if _, err := os.Stat(path); own != nil && errors.Is(err, os.ErrNotExist) {
			continue
		}
		file, err := openLocked(path)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			closeAll(append(left, own))
			return nil, nil, err
		}
		switch output, _, err := readCrashFile(file); {
		case err != nil:
			closeAll(append(left, own, file))
			return nil, nil, err
		case output != "":
			left = append(left, file)
		case own == nil:
			own = file
		default:
			_ = file.Close() // nothing was written
		}
	}
	if own == nil {
		closeAll(left)
		return nil, nil, fmt.Errorf("%s and the %d files after it are all in use", first, maxCrashFiles-1)
	}
	return own, left, nil
}

func closeAll(files []*os.File) {
	for _, f := range files {
		if f != nil {
			_ = f.Close() // nothing was written
		}
	}
}

// readCrashFile returns the runtime's part of a crash file, "" if there is
// none, and what the process that wrote it said about itself.
func readCrashFile(file *os.File) (output string, header crashHeader, err error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", header, err
	}
	content, err := io.ReadAll(io.LimitReader(file, maxCrashOutput))
	if err != nil {
		return "", header, err
	}
	output = string(content)
	if line, rest, _ := strings.Cut(output, "\n"); json.Unmarshal([]byte(line), &header) == nil && header.RavenCrashFile != 0 {
		output = rest
	}
	if strings.TrimSpace(output) == "" {
		output = ""
	}
	return output, header, nil
}

// renew empties a crash file and writes the header.
func (h crashHeader) renew(file *os.File) error {
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

// crashTime is when a crash file was last written.
func crashTime(file *os.File) time.Time {
	info, err := file.Stat()
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
