package transport_test

import "errors"

var errDiskFull = errors.New("file system full")
