package redact

import (
	"strings"
)

// numberSpans finds card numbers (Luhn) and US social security numbers.
func numberSpans(s string, list []span) []span {
	var digits [24]byte
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) || i > 0 && isDigit(s[i-1]) {
			continue
		}
		var ends [len(digits)]bounds // of the groups: digits up to there, and where that is
		n, groups := 0, 0
		j := i
		for ; j < len(s) && n < len(digits); j++ {
			c := s[j]
			if isDigit(c) {
				digits[n] = c - '0'
				if n++; j+1 == len(s) || !isDigit(s[j+1]) {
					ends[groups] = bounds{n, j + 1}
					groups++
				}
				continue
			}
			if k := gapEnd(s, j); k > j && isDigit(s[j-1]) && k < len(s) && isDigit(s[k]) {
				j = k - 1
				continue
			}
			break
		}
		for j < len(s) && isDigit(s[j]) { // longer than any of them
			j++
		}
		found := span{}
		for k := groups - 1; k >= 0 && found.to == 0; k-- { // what comes behind may be a date
			if d, end := digits[:ends[k].from], ends[k].to; len(d) >= 13 && len(d) <= 19 && cardShape(s[i:end], d) && luhn(d) && !(hyphenated(s, i, end) && k != 0 && k != 3) {
				if track := trackEnd(s, end); track > end && (i == 0 || !isAlnum(s[i-1])) || !glued(s, i, end) {
					found = span{from: i, to: track, rule: ruleCard}
				}
			}
		}
		for k := 0; k < groups && found.to == 0; k++ {
			if end := ends[k].to; ends[k].from == 9 && !glued(s, i, end) && !hyphenated(s, i, end) && (ssnShape(s[i:end]) || end-i == 9 && afterSSN(s[:i])) {
				found = span{from: i, to: end, rule: ruleSSN}
			}
		}
		if found.to > 0 {
			list = append(list, found)
			i = found.to - 1
			continue
		}
		for i < j && isDigit(s[i]) { // what comes behind may be a number of its own
			i++
		}
	}
	return list
}

// trackEnd returns where the second track of a card ends whose number ends at j: a sign, the
// year and month of expiry, a code of three digits, and more digits. It is j if what follows
// is something else.
func trackEnd(s string, j int) int {
	if j == len(s) || strings.IndexByte("=Dd", s[j]) < 0 {
		return j
	}
	to := j + 1
	for to < len(s) && isDigit(s[to]) {
		to++
	}
	if month := s[min(j+3, to):min(j+5, to)]; to-j <= len("=YYMMCCC") || month < "01" || month > "12" {
		return j
	}
	if to < len(s) && lower(s[to]) == 'f' { // filled up to a whole byte
		to++
	}
	if to < len(s) && isAlnum(s[to]) {
		return j
	}
	return to
}

// chipSpans finds what a chip card says of its number or its second track, in hex digits: a
// tag, 5A or 57, the length in bytes, and the value (EMV 4.3, book 3).
func chipSpans(s string, list []span) []span {
	for i := 0; i+4 < len(s); i++ {
		if s[i] != '5' || s[i+1] != '7' && lower(s[i+1]) != 'a' || hexValue(s[i+2]) < 0 || hexValue(s[i+3]) < 0 {
			continue
		}
		from := i + 4
		to := from + 2*(hexValue(s[i+2])<<4|hexValue(s[i+3]))
		if to > len(s) || to-from < 14 || to-from > 38 {
			continue
		}
		value := strings.TrimRight(s[from:to], "Ff")
		n := 0
		for n < len(value) && isDigit(value[n]) {
			n++
		}
		d := []byte(value[:n])
		for k := range d {
			d[k] -= '0'
		}
		if n >= 13 && n <= 19 && (n == len(value) || trackEnd(value, n) == len(value)) && cardShape(value[:n], d) && luhn(d) {
			list = append(list, span{from: from, to: to, rule: ruleCard})
			i = to - 1
		}
	}
	return list
}

// gapEnd returns where a sign ends that stands at j between groups of digits, or two spaces
// do; j if there is none.
func gapEnd(s string, j int) int {
	switch {
	case strings.HasPrefix(s[j:], "  "):
		return j + 2
	case strings.IndexByte(" -./_", s[j]) >= 0:
		return j + 1
	}
	for _, sign := range []string{"\u00a0\u00a0", "\u00a0", "\u202f", "\u2009", "\u00b7", "\u2022", "\u2024", "\u2027"} {
		if strings.HasPrefix(s[j:], sign) {
			return j + len(sign)
		}
	}
	return j
}

// glued reports whether digits are a part of something longer: of hex digits, or of
// letters and digits in turn.
func glued(s string, from, to int) bool {
	i, j, other, letters := from, to, false, false
	look := func(c byte) bool {
		if !isAlnum(c) {
			return false
		}
		letters = letters || isAlpha(c)
		other = other || isDigit(c)
		return true
	}
	hex := true
	for i > 0 && from-i < 64 && look(s[i-1]) {
		i--
		hex = hex && hexValue(s[i]) >= 0
	}
	for j < len(s) && j-to < 64 && look(s[j]) {
		hex = hex && hexValue(s[j]) >= 0
		j++
	}
	if endsIn(lowered(s[max(0, from-2):from]), "%b") { // the first track of a card
		return false
	}
	return letters && (other || hex && !strings.EqualFold(s[i:from], "cc"))
}

// hyphenated reports whether digits are a part of words with hyphens.
func hyphenated(s string, from, to int) bool {
	return from > 1 && s[from-1] == '-' && isAlnum(s[from-2]) || to+1 < len(s) && s[to] == '-' && isAlnum(s[to+1])
}

// cardShape reports whether digits begin as those of an issuer do and are
// grouped as on a card, or not at all.
func cardShape(s string, d []byte) bool {
	if d[0] < 2 || d[0] > 6 || len(s) > len(d) && strings.ContainsAny(s, "/_") && !inFours(s) {
		return false
	}
	if d[0] == 2 && !(d[1] == 2 && len(d) >= 16 || d[1] >= 3 && d[1] <= 7 && len(d) == 16) {
		return false
	}
	switch len(d) {
	case 13:
		if d[0] != 4 {
			return false
		}
	case 14, 15:
		if d[0] != 3 {
			return false
		}
	case 17, 18, 19:
		if d[0] != 6 && !(d[0] == 4 && len(d) == 19) {
			return false
		}
	}
	if len(s) == len(d) {
		return true
	}
	first := 0
	for isDigit(s[first]) {
		first++
	}
	return first == 4 || first == 6
}

// inFours reports whether digits stand in groups of four with the same sign between them;
// the last one may be shorter.
func inFours(s string) bool {
	for i := 4; i < len(s); i += 5 {
		if s[i] != s[4] {
			return false
		}
	}
	return strings.Count(s, s[4:5]) == (len(s)-1)/5
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// ssnShape: 3-2-4 digits, with numbers that are given out.
func ssnShape(s string) bool {
	if len(s) != 11 || s[3] != s[6] || s[3] != '-' && s[3] != ' ' {
		return false
	}
	return s[:3] != "000" && s[:3] != "666" && s[0] != '9' && s[4:6] != "00" && s[7:] != "0000"
}

// afterSSN reports whether a text ends in words that announce a social security
// number.
func afterSSN(before string) bool {
	before = lowered(before[max(0, len(before)-40):])
	i := max(strings.LastIndex(before, "ssn"), strings.LastIndex(before, "social security"))
	return i >= 0 && !strings.ContainsAny(before[i:], ".;,\n0123456789")
}

// ibanSpans finds international bank account numbers (ISO 13616, mod 97).
func ibanSpans(s string, list []span) []span {
	for i := 0; i+15 <= len(s); i++ {
		if !isAlpha(s[i]) || !isAlpha(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) || i > 0 && isAlnum(s[i-1]) && !(isLower(s[i-1]) && isUpper(s[i]) && isUpper(s[i+1])) && !(i >= 4 && strings.EqualFold(s[i-4:i], "iban")) {
			continue
		}
		length := ibanLengths[strings.ToUpper(s[i:i+2])]
		n, to, last := 0, i, -1
		var b [34]byte
		for j := i; j < len(s) && n < length; j++ {
			if isAlnum(s[j]) {
				b[n] = s[j] &^ 0x20
				if isDigit(s[j]) {
					b[n] = s[j]
				}
				n++
				to = j + 1
				if n == length {
					if (to == len(s) || !isAlnum(s[to])) && mod97(b[:n]) {
						last = to
					}
					break
				}
				continue
			}
			if s[j] != ' ' && s[j] != '-' || j+1 == len(s) || !isAlnum(s[j+1]) {
				break
			}
		}
		if v := s[i:max(i, last)]; v != "" && (v == strings.ToUpper(v) || announced(s, i) || writtenAsIBAN(v)) {
			list = append(list, span{from: i, to: last, rule: ruleIBAN})
			i = last
		}
	}
	return list
}

// writtenAsIBAN reports whether v, in small letters, is in groups of four, or in one
// piece that is no id in hex digits.
func writtenAsIBAN(v string) bool {
	if strings.ContainsAny(v, " -") {
		return inFours(v)
	}
	return !isHex(v) || strings.Trim(v[2:], "0123456789") == ""
}

// announced reports whether the word before i is IBAN.
func announced(s string, i int) bool {
	return strings.Contains(lowered(s[max(0, i-16):i]), "iban")
}

// ibanLengths are the lengths of account numbers by the country (registry of SWIFT, and
// the countries that write their numbers in the same way).
var ibanLengths = func() map[string]int {
	m := map[string]int{}
	for n, countries := range map[int]string{
		15: "NO", 16: "BE", 18: "DK FI FO GL NL SD FK", 19: "MK SI", 20: "AT BA EE KZ LT LU XK MN", 21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
		24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "AO CV GW LY MZ PT ST", 26: "DZ IR IS TR", 27: "BI CF CG CM FR GA GQ GR IT KM MC MG MR SM TD DJ", 28: "AL AZ BF BJ CI CY DO GT HN HU LB MA ML NE NI PL SN SV TG BY", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
	} {
		for _, c := range strings.Fields(countries) {
			m[c] = n
		}
	}
	return m
}()

func mod97(b []byte) bool {
	r := 0
	digit := func(c byte) {
		if isDigit(c) {
			r = (r*10 + int(c-'0')) % 97
		} else {
			r = (r*100 + int(c-'A') + 10) % 97
		}
	}
	for _, c := range b[4:] {
		digit(c)
	}
	for _, c := range b[:4] {
		digit(c)
	}
	return r == 1
}
