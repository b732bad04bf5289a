package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// numberAt finds the card number, US social security number or IBAN whose first
// digit is at i.
func numberAt(s string, i, done int) (from, to int) {
	if i-2 >= done && isUpper(s[i-1]) && isUpper(s[i-2]) && !wordBefore(s, i-2) {
		if to = ibanAt(s, i); to > 0 {
			return i - 2, to
		}
	}
	if wordBefore(s, i) {
		return 0, 0
	}
	if to = socialSecurityAt(s, i); to == 0 {
		to = cardIn(s, i)
	}
	return i, to
}

// socialSecurityAt returns the end of a number such as 078-05-1120, 0 for none.
func socialSecurityAt(s string, i int) int {
	const pattern = "000-00-0000"
	if len(s) < i+len(pattern) || s[i+3] != '-' || s[i+6] != '-' {
		return 0
	}
	for n := range len(pattern) {
		if (pattern[n] == '-') != (s[i+n] == '-') || pattern[n] != '-' && !isDigit(s[i+n]) {
			return 0
		}
	}
	if wordAt(s, i+len(pattern)) {
		return 0
	}
	return i + len(pattern)
}

// issuers are the first four digits of card numbers and their numbers of
// digits. Other numbers often begin like some of them; these need a right check
// digit.
var issuers = []struct {
	from, to, digits int
	checked          bool
}{
	{3400, 3499, 15, false},
	{3700, 3799, 15, false},
	{4000, 4999, 16, false},
	{5100, 5599, 16, false},
	{6011, 6011, 16, false},
	{6500, 6599, 16, false},
	{2221, 2720, 16, true},
	{3000, 3059, 14, true},
	{3528, 3589, 16, true},
	{3600, 3699, 14, true},
	{3800, 3999, 14, true},
	{6200, 6299, 16, true},
}

const (
	shortestCard = 14
	longestCard  = 16
)

// cardIn returns the end of a card number, 0 for none. A blank or a dash may
// stand between its digits.
func cardIn(s string, i int) int {
	if len(s) < i+shortestCard || s[i] < '2' || s[i] > '6' {
		return 0
	}
	var digits [longestCard]byte
	var ends [longestCard + 1]int // by the number of digits
	n := 0
	for at := i; at < len(s) && n < longestCard; at++ {
		switch b := s[at]; {
		case isDigit(b):
			digits[n] = b - '0'
			n++
			ends[n] = at + 1
			continue
		case isDigit(s[at-1]) && (b == '-' || b == ' ' || b == '\t' || b == '\n' || b == '\r'):
			continue
		}
		break
	}
	if n < shortestCard {
		return 0
	}
	prefix := int(digits[0])*1000 + int(digits[1])*100 + int(digits[2])*10 + int(digits[3])
	for _, issuer := range issuers {
		if prefix >= issuer.from && prefix <= issuer.to && n >= issuer.digits &&
			!wordAt(s, ends[issuer.digits]) && (!issuer.checked || rightCard(digits[:issuer.digits])) {
			return ends[issuer.digits]
		}
	}
	return 0
}

// rightCard reports whether the check digit is right (ISO 7812, Luhn).
func rightCard(digits []byte) bool {
	sum := 0
	for i, d := range digits {
		if (len(digits)-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += int(d)
	}
	return sum%10 == 0
}

// countries are the codes of countries with IBANs, also of partial use.
const countries = "AD AE AL AO AT AZ BA BE BF BG BH BI BJ BR BY CF CG CH CI CM CR CV CY CZ DE DJ DK DO DZ EE EG ES FI FO FR GA GB GE GI GL GQ GR GT GW " +
	"HN HR HU IE IL IQ IR IS IT JO KM KW KZ LB LC LI LT LU LV LY MA MC MD ME MG MK ML MR MT MU MZ NE NI NL NO PK PL PS PT QA RO RS RU " +
	"SA SC SE SI SK SM SN ST SV TD TG TL TN TR UA VA VG XK"

var hasIBAN = func() (t [26][26]bool) {
	for i := 0; i < len(countries); i += 3 {
		t[countries[i]-'A'][countries[i+1]-'A'] = true
	}
	return t
}()

// ibanAt returns the end of an IBAN whose check digits are at i, 0 for none. If
// it is written in groups, the check digits must be right.
func ibanAt(s string, i int) int {
	const shortest, longest = 15, 33
	if !hasIBAN[s[i-2]-'A'][s[i-1]-'A'] || i+1 >= len(s) || !isDigit(s[i+1]) {
		return 0
	}
	at := i - 2
	for at < len(s) && (isLetter(s[at]) || isDigit(s[at])) {
		at++
	}
	if n := at - (i - 2); n >= shortest && n <= longest && !wordAt(s, at) {
		return at
	}
	if at-(i-2) != 4 {
		return 0
	}
	// In groups of four; the last may be shorter.
	end, digits := 0, 4
	for at < len(s) && s[at] == ' ' && digits < longest {
		group := at + 1
		for at = group; at < len(s) && at-group < 4 && (isUpper(s[at]) || isDigit(s[at])); at++ {
		}
		if digits += at - group; at == group || wordAt(s, at) {
			break
		}
		if digits >= shortest && rightIBAN(s[i-2:at]) {
			end = at
		}
		if at-group < 4 {
			break
		}
	}
	return end
}

// rightIBAN reports whether the check digits are right (ISO 7064, MOD 97-10).
func rightIBAN(s string) bool {
	rest := 0
	for n := range len(s) {
		switch b := s[(n+4)%len(s)]; {
		case isDigit(b):
			rest = (rest*10 + int(b-'0')) % 97
		case isUpper(b):
			rest = (rest*100 + int(b-'A') + 10) % 97
		}
	}
	return rest == 1
}

// isCard reports whether a text is 13 to 16 digits with blanks and dashes, and
// a newline at the end, as in Raven for Python (raven/processors.py): ^(?:\d[
// -]*?){13,16}$.
func isCard(s string) bool {
	if s == "" || s[0] < '0' || s[0] > '9' && s[0] < utf8.RuneSelf {
		return false
	}
	digits := 0
	for i, r := range strings.TrimSuffix(s, "\n") {
		switch {
		case unicode.IsDigit(r):
			if digits++; digits > 16 {
				return false
			}
		case i == 0, r != ' ' && r != '-':
			return false
		}
	}
	return digits >= 13
}
