package transport

import (
	"fmt"
	"io"
	"io/fs"
	"os"
)

// maxPEM limits the size of certificate and key files, in bytes. The bundle of
// all public CAs has about 256 KiB.
const maxPEM = 4 << 20

// readPEM reads the file of an option. It refuses files that are not regular:
// opening a named pipe waits for a writer, and reading a device may never end.
func readPEM(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, pathless(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is %s, not a regular file", kindOf(info.Mode()))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, pathless(err)
	}
	defer f.Close()
	// The size from Stat may be wrong, as below /proc.
	text, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err != nil {
		return nil, pathless(err)
	}
	if len(text) > maxPEM {
		return nil, fmt.Errorf("it is larger than %d bytes", maxPEM)
	}
	return text, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}
