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

// standard are the sentinels of the standard library that are pointers.
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

// Set returns the set of those errors that are pointers.
func Set(errs ...error) map[error]bool {
	m := make(map[error]bool, len(errs))
	for _, err := range errs {
		if reflect.TypeOf(err).Kind() == reflect.Pointer { // others may not be hashable
			m[err] = true
		}
	}
	return m
}

// IsSentinel reports whether an error of a pointer type is a sentinel: one of
// the standard library, a declared one, or one with the stack of a package's
// initialisation.
func (l *Link) IsSentinel(declared map[error]bool, a *stack.Arena) bool {
	return standard[l.Err] || declared[l.Err] || l.OwnStack(a).InInit()
}
