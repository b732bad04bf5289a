package reactortransport

// ring is a queue. Its zero value is empty. It is not safe for concurrent use.
type ring[T any] struct {
	slots []T
	first int
	len   int
}

func (q *ring[T]) push(v T) {
	if q.len == len(q.slots) {
		slots := make([]T, max(16, 2*len(q.slots)))
		n := copy(slots, q.slots[q.first:])
		copy(slots[n:], q.slots[:q.first])
		q.slots, q.first = slots, 0
	}
	q.slots[(q.first+q.len)%len(q.slots)] = v
	q.len++
}

func (q *ring[T]) pop() T {
	var zero T
	v := q.slots[q.first]
	q.slots[q.first] = zero
	q.first = (q.first + 1) % len(q.slots)
	q.len--
	if q.len == 0 && len(q.slots) > keptSlots {
		q.slots, q.first = nil, 0 // what a burst needed is not kept for ever
	}
	return v
}

const keptSlots = 256
