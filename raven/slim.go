package raven

// wholeFrames is how many frames of a stack are sent with the source around
// their lines and their variables (protocol 6.1).
const wholeFrames = 25

// slim says which frames of a long stack are sent whole: the program's own
// before those of libraries, and of each kind the outermost and the innermost.
// The zero value keeps all of them.
//
// It is the reference's rule, except that with exactly 24 frames of the
// program's own the reference slims those and leaves the libraries' whole.
type slim struct {
	long     bool
	own, lib band
}

// band is a range of the frames of one kind that are not sent whole.
type band struct{ at, from, to int }

// has reports whether the next frame of the kind is in the band.
func (b *band) has() bool {
	b.at++
	return b.at > b.from && b.at <= b.to
}

func slimmed(frames []Frame) slim {
	if len(frames) <= wholeFrames {
		return slim{}
	}
	own := 0
	for i := range frames {
		if frames[i].InApp {
			own++
		}
	}
	lib := len(frames) - own
	half := max(wholeFrames-own, 0) / 2
	s := slim{long: true, lib: band{from: half, to: lib - half}}
	if own > wholeFrames {
		s.own = band{from: wholeFrames / 2, to: own - wholeFrames/2}
	}
	return s
}

// keeps reports whether the next frame is sent whole.
func (s *slim) keeps(inApp bool) bool {
	switch {
	case !s.long:
		return true
	case inApp:
		return !s.own.has()
	}
	return !s.lib.has()
}
