//go:build browser

package browsertest

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
)

// The pages in the documentation can be drawn in both colour schemes. If
// SCREENSHOTS is set, the pictures are kept.
func TestPictures(t *testing.T) {
	base := gallery(t)
	for _, picture := range []struct {
		name, path, scheme string
		width, height      int64
	}{
		{"list-light", "/", "light", 1280, 800},
		{"list-dark", "/", "dark", 1280, 800},
		{"event-light", "/events/28", "light", 1280, 1080},
		{"event-dark", "/events/28", "dark", 1280, 1080},
		{"faults-light", "/faults", "light", 1280, 800},
		{"list-phone", "/", "dark", 360, 640},
	} {
		t.Run(picture.name, func(t *testing.T) {
			g := NewWithT(t)
			b := open(t, base)
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: picture.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			}})
			b.run(chromedp.EmulateViewport(picture.width, picture.height))
			b.visit(picture.path)
			b.until(`document.documentElement.matches(".js") && (!("live" in document.body.dataset) || document.querySelector("#live-state").textContent === "live")`)
			drawn, err := png.Decode(bytes.NewReader(result(b, chromedp.CaptureScreenshot())))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(drawn.Bounds().Size()).To(Equal(image.Pt(int(picture.width), int(picture.height))))
			red, green, blue, _ := drawn.At(5, int(picture.height)/2).RGBA()
			g.Expect(red+green+blue > 0x18000).To(Equal(picture.scheme == "light"), "the background has the scheme's colour")
			if dir := os.Getenv("SCREENSHOTS"); dir != "" {
				g.Expect(os.WriteFile(filepath.Join(dir, "fakesentry-"+picture.name+".png"), small(t, drawn), 0o644)).To(Succeed())
			}
		})
	}
}

// small encodes a picture with 256 colours. It is much smaller and looks the
// same.
func small(t *testing.T, drawn image.Image) []byte {
	t.Helper()
	counts := map[color.RGBA]int{}
	for y := range drawn.Bounds().Dy() {
		for x := range drawn.Bounds().Dx() {
			counts[color.RGBAModel.Convert(drawn.At(x, y)).(color.RGBA)]++
		}
	}
	flat := image.NewPaletted(drawn.Bounds(), palette(counts))
	draw.Draw(flat, flat.Bounds(), drawn, image.Point{}, draw.Src)
	var out bytes.Buffer
	NewWithT(t).Expect((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat)).To(Succeed())
	return out.Bytes()
}

// palette chooses the most frequent colours. It first chooses those that differ
// much from the ones chosen before, so that a rare accent is not lost among
// shades of text. Then it chooses closer ones.
func palette(counts map[color.RGBA]int) color.Palette {
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var chosen color.Palette
	for distance := 48; distance >= 0; distance -= 8 {
		for _, c := range colours {
			if len(chosen) == 256 {
				return chosen
			}
			if !slices.ContainsFunc(chosen, func(other color.Color) bool { return apart(c, other.(color.RGBA)) <= distance }) {
				chosen = append(chosen, c)
			}
		}
	}
	return chosen
}

// apart measures the difference of two colours.
func apart(a, b color.RGBA) int {
	difference := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return difference(a.R, b.R) + difference(a.G, b.G) + difference(a.B, b.B)
}
