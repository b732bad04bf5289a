package raven

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"reflect"
	"strconv"
)

// standardSentinels are the errors of the standard library, of pointer types,
// that are declared for all to return.
var standardSentinels = errorSet(
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

func errorSet(errs ...error) map[error]bool {
	m := make(map[error]bool, len(errs))
	for _, err := range errs {
		if reflect.TypeOf(err).Kind() == reflect.Pointer { // others may not be hashable
			m[err] = true
		}
	}
	return m
}

// isSentinel reports whether an error, of a pointer type, is one of those that a
// package declares for all to return: not what went wrong this time, but a name
// for what can go wrong. Those of the standard library are known, others are
// for [WithSentinels] to say, and one whose stack is that of a package's
// initialisation shows it.
func (d *draft) isSentinel(c *Client, l *link) bool {
	return standardSentinels[l.err] || c.sentinels[l.err] || d.ownStack(l.err, l.kind).InInit()
}

// WithSentinels names errors that packages declare for all to return, such as
// gorm.ErrRecordNotFound. Two errors that wrap one of them have nothing else in
// common, so a [Context] takes neither for a repetition of the other, nor of the
// sentinel itself. Those of the standard library need not be named, and errors
// that are no pointers are never taken for a repetition. Given twice, the lists
// add up. A nil error is an error of [New].
func WithSentinels(errs ...error) Option {
	return func(cfg *config) error {
		for i, err := range errs {
			if err == nil {
				return fmt.Errorf("raven: WithSentinels: error %d is nil", i+1)
			}
		}
		if cfg.sentinels == nil {
			cfg.sentinels = make(map[error]bool)
		}
		maps.Copy(cfg.sentinels, errorSet(errs...))
		return nil
	}
}
