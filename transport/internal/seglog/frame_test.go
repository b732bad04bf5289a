package seglog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	. "github.com/onsi/gomega"
)

// segmentOf returns a segment of frames with the given bodies, and their
// offsets.
func segmentOf(bodies ...string) (b []byte, offsets []int64) {
	for i, body := range bodies {
		meta := fmt.Appendf(nil, "meta %d", i)
		h := header{meta: len(meta), body: len(body), offset: int64(len(b)), time: int64(i), crc: checksum(meta, []byte(body))}
		offsets = append(offsets, h.offset)
		frame := make([]byte, headerSize)
		h.write(frame)
		b = append(append(append(b, frame...), meta...), body...)
	}
	return b, offsets
}

// regions scans, and checks that the regions cover the segment and that frames
// are intact.
func regions(t testing.TB, b []byte) (all []region) {
	t.Helper()
	end := int64(0)
	err := scan(bytes.NewReader(b), int64(len(b)), func(g region) bool {
		if g.off != end || g.end <= g.off || g.end > int64(len(b)) {
			t.Fatalf("region %+v after %d", g, end)
		}
		if g.kind == whole && (g.end != g.off+g.head.size() || checksum(b[g.off+headerSize:g.end], nil) != g.head.crc) {
			t.Fatalf("region %+v is no frame", g)
		}
		end = g.end
		all = append(all, g)
		return true
	})
	if err != nil || end != int64(len(b)) {
		t.Fatalf("%d of %d bytes, %v", end, len(b), err)
	}
	return all
}

func kinds(all []region) (whole, damage, tears int) {
	for _, g := range all {
		switch g.kind {
		case damaged:
			damage++
		case torn:
			tears++
		default:
			whole++
		}
	}
	return whole, damage, tears
}

func TestEveryPrefixHasItsWholeFrames(t *testing.T) {
	g := NewWithT(t)
	b, offsets := segmentOf("one", "", "three three", "four")
	for n := range b {
		want, rest := 0, 0
		for i, off := range offsets {
			if end := append(offsets, int64(len(b)))[i+1]; int64(n) >= end {
				want++
			} else if int64(n) > off {
				rest = 1
			}
		}
		frames, damage, tears := kinds(regions(t, b[:n]))
		g.Expect([]int{frames, damage, tears}).To(Equal([]int{want, 0, rest}), "prefix of %d bytes", n)
	}
}

func TestAFlippedBitCostsItsFrameOnly(t *testing.T) {
	g := NewWithT(t)
	b, offsets := segmentOf("one", "", "three three", "four")
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		var found []int64
		for _, r := range regions(t, b) {
			if r.kind == whole {
				found = append(found, r.off)
			}
		}
		var want []int64
		for i, off := range offsets {
			if end := append(offsets, int64(len(b)))[i+1]; int64(bit/8) < off || int64(bit/8) >= end {
				want = append(want, off)
			}
		}
		g.Expect(found).To(Equal(want), "bit %d", bit)
		b[bit/8] ^= 1 << (bit % 8)
	}
}

func TestAFrameInABodyIsNoFrame(t *testing.T) {
	g := NewWithT(t)
	inner, _ := segmentOf("evil")
	b, _ := segmentOf("one", string(inner)+string(magic)+string(inner), "three")
	_, offsets := segmentOf("one", "")
	b[offsets[1]] = 0 // the search goes through the body
	frames, damage, tears := kinds(regions(t, b))
	g.Expect([]int{frames, damage, tears}).To(Equal([]int{2, 1, 0}))
}

func TestTheSearchCrossesWindows(t *testing.T) {
	g := NewWithT(t)
	for shift := range 4 * headerSize {
		b, offsets := segmentOf("one", string(make([]byte, windowSize-4*headerSize+shift)), "three")
		b[offsets[1]]++
		frames, damage, _ := kinds(regions(t, b))
		g.Expect([]int{frames, damage}).To(Equal([]int{2, 1}), "shift %d", shift)
	}
}

func TestZerosAtTheEndAreATornWrite(t *testing.T) {
	g := NewWithT(t)
	b, _ := segmentOf("one")
	frames, damage, tears := kinds(regions(t, append(b, make([]byte, 3*windowSize)...)))
	g.Expect([]int{frames, damage, tears}).To(Equal([]int{1, 0, 1}))
	frames, damage, tears = kinds(regions(t, append(append(b, make([]byte, 3*windowSize)...), 1)))
	g.Expect([]int{frames, damage, tears}).To(Equal([]int{1, 1, 0}))
}

func TestAHeaderWithTooMuchIsNone(t *testing.T) {
	g := NewWithT(t)
	b := make([]byte, headerSize)
	for body, want := range map[int]bool{MaxBody: true, MaxBody + 1: false, 1<<31 - 1: false} {
		header{body: body}.write(b)
		_, ok := parseHeader(b, 0)
		g.Expect(ok).To(Equal(want), "%d", body)
	}
}

func TestADamagedRecordHidesNoOther(t *testing.T) {
	g := NewWithT(t)
	var b []byte
	for i := range 3 {
		b = appendRecord(b, kindAck, 7, uint32(i))
	}
	for bit := range 8 * len(b) {
		b[bit/8] ^= 1 << (bit % 8)
		var found []int
		g.Expect(scanRecords(bytes.NewReader(b), int64(len(b)), func(kind, reason byte, off uint32) {
			g.Expect([]byte{kind, reason}).To(Equal([]byte{kindAck, 7}))
			found = append(found, int(off))
		})).To(Succeed())
		want := []int{0, 1, 2}
		want = append(want[:bit/8/recordSize], want[bit/8/recordSize+1:]...)
		g.Expect(found).To(Equal(want), "bit %d", bit)
		b[bit/8] ^= 1 << (bit % 8)
	}
}

// FuzzScan puts arbitrary bytes between frames: each frame after them is found,
// as long as they don't claim it as their body.
func FuzzScan(f *testing.F) {
	inner, _ := segmentOf("a", "b")
	f.Add([]byte("garbage"), uint16(40))
	f.Add(inner, uint16(3))
	f.Add(append(inner, magic...), uint16(200))
	f.Add(make([]byte, 100), uint16(64))
	f.Fuzz(func(t *testing.T, garbage []byte, at uint16) {
		regions(t, garbage)
		b, offsets := segmentOf("one", "two two", "three", "four")
		i := int(at) % len(b)
		n := copy(b[i:], garbage)
		var found []int64
		for _, r := range regions(t, b) {
			if r.kind == whole {
				found = append(found, r.off)
			}
		}
		for k, off := range offsets {
			end := append(offsets, int64(len(b)))[k+1]
			if end <= int64(i) && !containsOffset(found, off) {
				t.Fatalf("the frame at %d, before the garbage at %d, is not found", off, i)
			}
			// A checksum that the garbage matches by chance, with this offset,
			// is not to be expected.
			if off >= int64(i+n) && !bytes.Contains(garbage, magic) && !containsOffset(found, off) {
				t.Fatalf("the frame at %d, after the garbage at %d, is not found", off, i+n)
			}
		}
	})
}

func containsOffset(offsets []int64, off int64) bool {
	for _, o := range offsets {
		if o == off {
			return true
		}
	}
	return false
}

func BenchmarkScan(b *testing.B) {
	body := make([]byte, 2048)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	bodies := make([]string, 2000)
	for i := range bodies {
		bodies[i] = string(body)
	}
	data, _ := segmentOf(bodies...)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		frames := 0
		_ = scan(bytes.NewReader(data), int64(len(data)), func(region) bool { frames++; return true })
		if frames != len(bodies) {
			b.Fatal(frames)
		}
	}
}
