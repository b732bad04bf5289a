package raven

import "net/http"

// repanicAbort lets the panic through by which net/http handlers abort.
func repanicAbort(r any) {
	if err, ok := r.(error); ok && identical(err, http.ErrAbortHandler) {
		panic(r)
	}
}
