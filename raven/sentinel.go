package raven

import (
	"reflect"
	"runtime"
	"strings"
)

// madeAtStart reports whether an error, of a pointer type, is one of those that
// a package declares for all to return, such as [io.EOF] and sql.ErrNoRows:
// not what went wrong this time, but a name for what can go wrong. It has two
// ways to tell:
//
//   - The error is not on the heap. What a package variable is initialised
//     with by a composite literal or errors.New is laid out by the compiler.
//   - The error carries a stack, and on that a package is being initialised.
//
// What is left are errors that initialisation makes on the heap, mostly by
// fmt.Errorf with verbs, and that carry no stack. Nothing tells them from
// errors that were made just now.
func madeAtStart(err error) bool { return !onHeap(err) || bornInInit(err) }

// onHeap reports whether a pointer leads to memory that was allocated while the
// program ran. What the runtime offers to everybody does not say so. A
// [runtime.Pinner], though, takes any pointer, documented as harmless for those
// that are not Go's, and keeps those that are to the heap: others can't be
// moved or freed anyway. How many it has kept is read by reflection. Should a
// later Go keep them elsewhere, no pointer will seem to be on the heap, and no
// error will be taken for another one's wrapper: events too many, not too few.
//
// [runtime.AddCleanup] shows the difference too, by returning a zero Cleanup,
// but does not take pointers to foreign memory.
func onHeap(err error) (heap bool) {
	defer func() {
		if recover() != nil { // memory of an arena
			heap = false
		}
	}()
	var p runtime.Pinner
	defer p.Unpin()
	p.Pin(err)
	inner := reflect.ValueOf(&p).Elem().Field(0)
	if inner.Kind() != reflect.Pointer || inner.IsNil() || inner.Elem().Kind() != reflect.Struct {
		return false
	}
	kept := inner.Elem().FieldByName("refs")
	return kept.IsValid() && kept.Kind() == reflect.Slice && kept.Len() > 0
}

// bornInInit reports whether the stack that an error carries goes through the
// initialisation of a package.
func bornInInit(err error) bool {
	d := newDraft()
	defer d.release()
	for _, r := range d.ownStack(err, typeOf(err)) {
		if r.Function == "init" || strings.HasPrefix(r.Function, "init.") && !strings.Contains(r.Function, ".func") {
			return true
		}
	}
	return false
}
