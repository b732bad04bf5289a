package transport

// packetBytes is what a packet takes beside its body, roughly.
const packetBytes = 256

// size is what a packet counts for in queue_bytes.
func size(p *Packet) int { return len(p.Body) + packetBytes }

// queue is a ring of jobs that knows the bytes it holds. It grows as needed;
// its bounds are its owner's business. It is not safe for concurrent use.
type queue struct {
	ring  []job
	first int
	len   int
	bytes int
}

func (q *queue) push(j job) {
	if q.len == len(q.ring) {
		q.grow()
	}
	q.ring[(q.first+q.len)%len(q.ring)] = j
	q.len++
	q.bytes += size(j.packet)
}

func (q *queue) pop() job {
	j := q.ring[q.first]
	q.ring[q.first] = job{}
	q.first = (q.first + 1) % len(q.ring)
	q.len--
	q.bytes -= size(j.packet)
	if q.len == 0 && len(q.ring) > keptRing {
		q.ring, q.first = nil, 0 // what a burst needed is not kept for ever
	}
	return j
}

const keptRing = 256

func (q *queue) grow() {
	ring := make([]job, max(16, 2*len(q.ring)))
	n := copy(ring, q.ring[q.first:])
	copy(ring[n:], q.ring[:q.first])
	q.ring, q.first = ring, 0
}

// front returns the job that pop would take, for looking at it.
func (q *queue) front() *job { return q.at(0) }

// at returns the i-th job, for looking at it.
func (q *queue) at(i int) *job { return &q.ring[(q.first+i)%len(q.ring)] }

// replace puts another packet in the place of the i-th job's.
func (q *queue) replace(i int, p *Packet) {
	j := q.at(i)
	q.bytes += size(p) - size(j.packet)
	j.packet = p
}
