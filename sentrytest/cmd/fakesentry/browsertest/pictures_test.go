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

// The pages that the documentation shows can be drawn, in both colours. With SCREENSHOTS set, the pictures are kept.
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
			g.Expect(red+green+blue > 0x18000).To(Equal(picture.scheme == "light"), "the background is of the scheme")
			if dir := os.Getenv("SCREENSHOTS"); dir != "" {
				g.Expect(os.WriteFile(filepath.Join(dir, "fakesentry-"+picture.name+".png"), small(t, drawn), 0o644)).To(Succeed())
			}
		})
	}
}

// small encodes a picture with the 256 colours that it has most of, which is a fraction of the size and looks the same.
func small(t *testing.T, drawn image.Image) []byte {
	t.Helper()
	counts := map[color.Color]int{}
	for y := range drawn.Bounds().Dy() {
		for x := range drawn.Bounds().Dx() {
			counts[drawn.At(x, y)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return cmp.Compare(counts[b], counts[a]) })
	flat := image.NewPaletted(drawn.Bounds(), colours[:min(len(colours), 256)])
	draw.Draw(flat, flat.Bounds(), drawn, image.Point{}, draw.Src)
	var out bytes.Buffer
	NewWithT(t).Expect((&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, flat)).To(Succeed())
	return out.Bytes()
}
