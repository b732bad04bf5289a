package seglog

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// A segment is a sequence of frames. A frame is a header, meta and body. All
// numbers are little-endian:
//
//	 0  magic
//	 4  version, and a zero byte
//	 6  length of meta, 16 bits
//	 8  length of body, 32 bits
//	12  offset of the frame in its segment, 32 bits
//	16  time in Unix nanoseconds, 64 bits
//	24  CRC32C of meta and body
//	28  CRC32C of the 28 bytes before
//
// The offset is there because a search for the next frame goes through bodies:
// bytes of a body that look like a frame do not know their place.
const (
	version    = 1
	headerSize = 32
	maxOffset  = 1<<32 - 1

	// MaxMeta is the largest length of a frame's meta, in bytes.
	MaxMeta = 1<<16 - 1
	// MaxBody is the largest length of a frame's body, in bytes.
	MaxBody = 64 << 20
)

// No UTF-8 text contains the first byte.
var magic = []byte{0xf7, 'S', 'g', 'L'}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type header struct {
	meta, body int
	offset     int64
	time       int64 // Unix nanoseconds
	crc        uint32
}

func (h header) size() int64 { return headerSize + int64(h.meta) + int64(h.body) }

// write fills the first headerSize bytes of b.
func (h header) write(b []byte) {
	copy(b, magic)
	b[4], b[5] = version, 0
	binary.LittleEndian.PutUint16(b[6:], uint16(h.meta))
	binary.LittleEndian.PutUint32(b[8:], uint32(h.body))
	binary.LittleEndian.PutUint32(b[12:], uint32(h.offset))
	binary.LittleEndian.PutUint64(b[16:], uint64(h.time))
	binary.LittleEndian.PutUint32(b[24:], h.crc)
	binary.LittleEndian.PutUint32(b[28:], crc32.Checksum(b[:28], castagnoli))
}

// parseHeader reads the header of the frame at offset off. It returns false if
// b has none.
func parseHeader(b []byte, off int64) (header, bool) {
	if len(b) < headerSize || !bytes.HasPrefix(b, magic) || b[4] != version ||
		binary.LittleEndian.Uint32(b[28:]) != crc32.Checksum(b[:28], castagnoli) {
		return header{}, false
	}
	h := header{
		meta:   int(binary.LittleEndian.Uint16(b[6:])),
		body:   int(binary.LittleEndian.Uint32(b[8:])),
		offset: int64(binary.LittleEndian.Uint32(b[12:])),
		time:   int64(binary.LittleEndian.Uint64(b[16:])),
		crc:    binary.LittleEndian.Uint32(b[24:]),
	}
	return h, h.offset == off && h.body >= 0 && h.body <= MaxBody
}

// checksum is the CRC in a header for meta and body.
func checksum(meta, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(meta, castagnoli), castagnoli, body)
}

// region is a part of a segment.
type region struct {
	kind     regionKind
	off, end int64
	head     header // of a whole frame
	meta     []byte // of a whole frame, until the next region
}

type regionKind int

const (
	whole   regionKind = iota // a frame
	damaged                   // bytes that were a frame
	torn                      // the end of a segment whose writer was interrupted
)

// scanner divides a segment into regions. It reads through a window.
type scanner struct {
	r    io.ReaderAt
	size int64
	buf  []byte
	base int64 // the offset of buf in r
	meta []byte
}

const windowSize = 64 << 10

// scan calls fn for each region from the first to the last until fn returns
// false. It returns the errors of r only.
func scan(r io.ReaderAt, size int64, fn func(region) bool) error {
	s := &scanner{r: r, size: min(size, maxOffset), buf: make([]byte, 0, windowSize)}
	for off := int64(0); off < s.size; {
		g, err := s.next(off)
		if err != nil {
			return err
		}
		if g.end <= off || !fn(g) { // the file became shorter, or fn has enough
			return nil
		}
		off = g.end
	}
	return nil
}

// window returns the bytes from off on that are in memory, at least n of them
// if the file has as many. n is at most windowSize.
func (s *scanner) window(off int64, n int) ([]byte, error) {
	n = int(max(min(int64(n), s.size-off), 0))
	if off < s.base || off+int64(n) > s.base+int64(len(s.buf)) {
		s.base, s.buf = off, s.buf[:max(min(windowSize, s.size-off), 0)]
		got, err := s.r.ReadAt(s.buf, off)
		s.buf = s.buf[:got]
		switch {
		case err == io.EOF:
			s.size = off + int64(got)
		case got < n:
			return nil, err
		}
	}
	return s.buf[min(off-s.base, int64(len(s.buf))):], nil
}

func (s *scanner) header(off int64) (header, bool, error) {
	b, err := s.window(off, headerSize)
	h, ok := parseHeader(b, off)
	return h, ok, err
}

// next returns the region that begins at off.
func (s *scanner) next(off int64) (region, error) {
	h, ok, err := s.header(off)
	if err != nil {
		return region{}, err
	}
	if ok && off+h.size() <= s.size {
		intact, err := s.intact(h)
		g := region{kind: whole, off: off, end: off + h.size(), head: h, meta: s.meta}
		if !intact {
			g.kind = damaged
		}
		return g, err
	}
	end, err := s.search(off + 1)
	g := region{kind: damaged, off: off, end: end}
	if err == nil && end == s.size {
		short := ok || end-off < headerSize
		if !short {
			// A file system that lost power leaves zeros where data was not
			// written.
			short, err = s.zeros(off)
		}
		if short {
			g.kind = torn
		}
	}
	return g, err
}

// intact reports whether meta and body match the header. It keeps meta.
func (s *scanner) intact(h header) (bool, error) {
	var crc uint32
	s.meta = s.meta[:0]
	for off, end := h.offset+headerSize, h.offset+h.size(); off < end; {
		b, err := s.window(off, int(min(end-off, windowSize)))
		if err != nil || len(b) == 0 {
			return false, err
		}
		b = b[:min(int64(len(b)), end-off)]
		crc = crc32.Update(crc, castagnoli, b)
		s.meta = append(s.meta, b[:min(h.meta-len(s.meta), len(b))]...)
		off += int64(len(b))
	}
	return crc == h.crc, nil
}

// search returns the offset of the first header at off or later, or the size.
func (s *scanner) search(off int64) (int64, error) {
	for off+headerSize <= s.size {
		b, err := s.window(off, headerSize)
		if err != nil {
			return 0, err
		}
		i := bytes.Index(b, magic)
		if i < 0 {
			off += int64(max(len(b)-len(magic)+1, 1))
			continue
		}
		off += int64(i)
		if _, ok, err := s.header(off); ok || err != nil {
			return off, err
		}
		off++
	}
	return s.size, nil
}

// zeros reports whether there is nothing but zeros from off on.
func (s *scanner) zeros(off int64) (bool, error) {
	for off < s.size {
		b, err := s.window(off, 1)
		if err != nil || len(bytes.Trim(b, "\x00")) > 0 {
			return false, err
		}
		off += int64(max(len(b), 1))
	}
	return true, nil
}

// Beside a segment is a file of records that say what happened to its frames:
//
//	0  kind
//	1  reason of an acknowledgement, and two zero bytes
//	4  offset of the frame, 32 bits
//	8  CRC32C of the 8 bytes before
//
// Records have one size, so a damaged record hides no other.
const recordSize = 12

const (
	kindAck     = 'A'
	kindAttempt = 'T'
)

func appendRecord(b []byte, kind, reason byte, off uint32) []byte {
	start := len(b)
	b = append(b, kind, reason, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, off)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// scanRecords calls fn for each intact record.
func scanRecords(r io.ReaderAt, size int64, fn func(kind, reason byte, off uint32)) error {
	s := &scanner{r: r, size: size, buf: make([]byte, 0, windowSize)}
	for off := int64(0); off+recordSize <= s.size; off += recordSize {
		b, err := s.window(off, recordSize)
		if err != nil {
			return err
		}
		if len(b) >= recordSize && binary.LittleEndian.Uint32(b[8:]) == crc32.Checksum(b[:8], castagnoli) {
			fn(b[0], b[1], binary.LittleEndian.Uint32(b[4:]))
		}
	}
	return nil
}
