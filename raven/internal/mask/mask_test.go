package mask_test

import (
	"fmt"
	"net/url"
	"reflect"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/ravenkit/ravenkit/raven/internal/mask"
)

func Example() {
	m := mask.New([]string{"pin"}, true)
	fmt.Println(m.Secret("My-Pin"), m.Secret("author"))
	fmt.Println(m.Value("user=u password=hush"))
	fmt.Println(m.Prose("dial postgres://u:hush@db/x: refused"))
	// Output:
	// true false
	// user=u password=********
	// dial postgres://u:********@db/x: refused
}

func TestKeys(t *testing.T) {
	m := mask.New(nil, true)
	for key, want := range map[string]bool{
		"password": true, "PassWd": true, "api_key": true, "Api-Key": true, "apiKey": true, "x.private key": true,
		"auth": true, "author": false, "AUTHORIZATION": true, "token": true, "tokenizer": false,
		"otp": true, "myOtp": true, "footprint": false, "pässwörd": false, "pässword_secret": true, "": false,
	} {
		NewWithT(t).Expect(m.Secret(key)).To(Equal(want), key)
	}
}

func TestNames(t *testing.T) {
	g := NewWithT(t)
	m := mask.New(nil, true)
	g.Expect(m.InCookies("Set-Cookie").Value("sid=1; lang=en")).To(Equal("sid=********; lang=en"))
	g.Expect(m.Cookies("sid=1")).To(Equal("sid=********"))
	g.Expect(m.InCookies("x").Value("sid=1")).To(Equal("sid=1"), "it is a secret only in cookies")
	g.Expect(m.Query("a=1&token=2")).To(Equal("a=1&token=********"))
	g.Expect(m.JSON(`{"token":{"a":1},"b":"c"}`)).To(Equal(`{"token":"********","b":"c"}`))
	g.Expect(m.Userinfo(url.UserPassword("u", "p"))).To(Equal("u:********"))
	g.Expect(m.Start("token=abc def", 8)).To(Equal("token=**"))
	g.Expect(m.Params([]any{1, "token=a"})).To(Equal([]any{1, "token=********"}))
}

// Each kind of text has its own secrets.
func TestKindsOfTexts(t *testing.T) {
	g := NewWithT(t)
	m := mask.New(nil, true)
	const text = "Bearer abc 4111111111111111 me@example.com"
	g.Expect(m.Name(text)).To(Equal("Bearer ******** 4111111111111111 me@example.com"))
	g.Expect(m.Prose(text)).To(Equal("Bearer ******** ******** me@example.com"))
	g.Expect(m.Message(text)).To(Equal("Bearer ******** ******** ********"))
}

func TestFieldsOfAnEvent(t *testing.T) {
	g := NewWithT(t)
	m := mask.New([]string{"email"}, false)
	g.Expect(m.Field("email", "a@b")).To(Equal(mask.Hidden))
	g.Expect(m.Field("name", "n")).To(Equal("n"))
	g.Expect(m.HidesField("email")).To(BeTrue())
	g.Expect(m.HidesField("data")).To(BeFalse())
	g.Expect(m.Value("password=x")).To(Equal("password=x"), "the defaults are off")
}

func TestNoMaskHidesNothing(t *testing.T) {
	g := NewWithT(t)
	m := mask.New(nil, false)
	g.Expect(m).To(BeNil())
	for _, shown := range []string{m.Name("token=a"), m.Prose("token=a"), m.Value("token=a"), m.Query("token=a"), m.Cookies("token=a"), m.JSON("token=a")} {
		g.Expect(shown).To(Equal("token=a"))
	}
	g.Expect(m.Secret("token")).To(BeFalse())
	g.Expect(m.OfType(reflect.TypeFor[int](), nil)).To(BeFalse())
	g.Expect(mask.Squeezed("A_b-c.d E")).To(Equal("abcde"))
}

func TestOfTypeAsksOnce(t *testing.T) {
	g := NewWithT(t)
	m, asked := mask.New(nil, true), 0
	judge := func(*mask.Mask, reflect.Type) bool { asked++; return true }
	g.Expect(m.OfType(reflect.TypeFor[int](), judge)).To(BeTrue())
	g.Expect(m.OfType(reflect.TypeFor[int](), judge)).To(BeTrue())
	g.Expect(asked).To(Equal(1))
}
