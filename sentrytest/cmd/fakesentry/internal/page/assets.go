package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
)

//go:embed templates assets
var files embed.FS

// assetTypes are the files for browsers and their types.
var assetTypes = map[string]string{
	"page.css":    "text/css; charset=utf-8",
	"page.js":     "text/javascript; charset=utf-8",
	"htmx.min.js": "text/javascript; charset=utf-8",
	"icon.svg":    "image/svg+xml",
}

// assetURL returns the address of a file with its version. A changed file has a
// new address, so browsers may cache files for ever.
func assetURL(name string) string { return "/assets/" + name + "?v=" + assetVersions[name] }

var assetVersions = versions()

func versions() map[string]string {
	out := map[string]string{}
	for name := range assetTypes {
		text, err := fs.ReadFile(files, "assets/"+name)
		if err != nil {
			panic(err) // a bug: the file is not embedded
		}
		sum := sha256.Sum256(text)
		out[name] = hex.EncodeToString(sum[:6])
	}
	return out
}

func asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind, ok := assetTypes[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.Query().Get("v") == assetVersions[name] {
		w.Header().Set("Cache-Control", "max-age=31536000, immutable")
	}
	text, _ := fs.ReadFile(files, "assets/"+name) // versions has read it already
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text)
}
