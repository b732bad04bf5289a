package errchain

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"reflect"
	"strconv"

	"github.com/ravenkit/ravenkit/raven/internal/stack"
)

// standard are the errors of the standard library, of pointer types,
// that are declared for all to return.
var standard = Set(
	bufio.ErrAdvanceTooFar, bufio.ErrBadReadCount, bufio.ErrBufferFull, bufio.ErrFinalToken, bufio.ErrInvalidUnreadByte,
	bufio.ErrInvalidUnreadRune, bufio.ErrNegativeAdvance, bufio.ErrNegativeCount, bufio.ErrTooLong,
	context.Canceled,
	driver.ErrBadConn, driver.ErrRemoveArgument, driver.ErrSkip,
	errors.ErrUnsupported,
	fs.ErrClosed, fs.ErrExist, fs.ErrInvalid, fs.ErrNotExist, fs.ErrPermission, fs.SkipAll, fs.SkipDir,
	http.ErrAbortHandler, http.ErrBodyNotAllowed, http.ErrBodyReadAfterClose, http.ErrContentLength, http.ErrHandlerTimeout,
	http.ErrHijacked, http.ErrLineTooLong, http.ErrMissingBoundary, http.ErrMissingFile, http.ErrNoCookie, http.ErrNoLocation,
	http.ErrNotMultipart, http.ErrNotSupported, http.ErrSchemeMismatch, http.ErrServerClosed, http.ErrSkipAltProtocol,
	http.ErrUseLastResponse,
	io.EOF, io.ErrClosedPipe, io.ErrNoProgress, io.ErrShortBuffer, io.ErrShortWrite, io.ErrUnexpectedEOF,
	os.ErrDeadlineExceeded, os.ErrNoDeadline, os.ErrProcessDone,
	sql.ErrConnDone, sql.ErrNoRows, sql.ErrTxDone,
	strconv.ErrRange, strconv.ErrSyntax,
)

// Set is the set of those errors that are pointers.
func Set(errs ...error) map[error]bool {
	m := make(map[error]bool, len(errs))
	for _, err := range errs {
		if reflect.TypeOf(err).Kind() == reflect.Pointer { // others may not be hashable
			m[err] = true
		}
	}
	return m
}

// IsSentinel reports whether an error, of a pointer type, is one of those that
// a package declares for all to return: not what went wrong this time, but a
// name for what can go wrong. Those of the standard library are known, declared
// are further ones, and one whose stack is that of a package's initialisation
// shows it.
func (l *Link) IsSentinel(declared map[error]bool, a *stack.Arena) bool {
	return standard[l.Err] || declared[l.Err] || l.OwnStack(a).InInit()
}
