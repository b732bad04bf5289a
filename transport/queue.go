package transport

// packetBytes is the approximate memory of a packet without its body.
const packetBytes = 256

// size is how many bytes of queue_bytes a packet takes.
func size(p *Packet) int { return len(p.Body) + packetBytes }

// queue is a list of jobs with the sum of their bytes. It grows and shrinks in
// pieces. It has no limit of its own. It is not safe for concurrent use.
type queue struct {
	pieces [][]job // of the same length
	first  int     // index of the first job in the first piece
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
		q.first = 0 // the piece is kept for later jobs
	case q.first == pieceLen:
		q.pieces[0] = nil
		q.pieces, q.first = q.pieces[1:], 0
	}
	return j
}

func (q *queue) front() *job { return q.at(0) }

func (q *queue) at(i int) *job {
	i += q.first
	return &q.pieces[i/pieceLen][i%pieceLen]
}

func (q *queue) replace(i int, j job) {
	old := q.at(i)
	q.bytes += size(j.packet) - size(old.packet)
	*old = j
}
