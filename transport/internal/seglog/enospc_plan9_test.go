package seglog_test

import "errors"

// enospc is the error of a full disk.
var enospc = errors.New("file system full")
