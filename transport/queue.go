package transport

// packetBytes is what a packet takes beside its body, roughly.
const packetBytes = 256

// size is what a packet counts for in queue_bytes.
func size(p *Packet) int { return len(p.Body) + packetBytes }

// queue is a list of jobs that knows the bytes it holds. It grows and shrinks
// by the piece; its bounds are its owner's business. It is not safe for
// concurrent use.
type queue struct {
	pieces [][]job // of the same length
	first  int     // of the jobs, in the first piece
	len    int
	bytes  int
}

const pieceLen = 128

func (q *queue) push(j job) {
	if q.first+q.len == len(q.pieces)*pieceLen {
		q.pieces = append(q.pieces, make([]job, pieceLen))
	}
	*q.at(q.len) = j
	q.len++
	q.bytes += size(j.packet)
}

func (q *queue) pop() job {
	j := *q.front()
	*q.front() = job{}
	q.first++
	q.len--
	q.bytes -= size(j.packet)
	switch {
	case q.len == 0 && len(q.pieces) == 1:
		q.first = 0 // the piece is kept for the next ones
	case q.first == pieceLen:
		q.pieces[0] = nil
		q.pieces, q.first = q.pieces[1:], 0
	}
	return j
}

// front returns the job that pop would take, for looking at it.
func (q *queue) front() *job { return q.at(0) }

// at returns the i-th job, for looking at it.
func (q *queue) at(i int) *job {
	i += q.first
	return &q.pieces[i/pieceLen][i%pieceLen]
}

// replace puts another job in the place of the i-th.
func (q *queue) replace(i int, j job) {
	old := q.at(i)
	q.bytes += size(j.packet) - size(old.packet)
	*old = j
}
