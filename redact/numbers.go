package redact

import (
	"strings"
)

// numberSpans finds card numbers (Luhn) and US social security numbers.
func numberSpans(s string, list []span) []span {
	var digits [24]byte
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) || i > 0 && (isDigit(s[i-1])) {
			continue
		}
		n, to, groups, separators := 0, i, 1, 0
		j := i
		for ; j < len(s) && n < len(digits); j++ {
			c := s[j]
			if isDigit(c) {
				digits[n] = c - '0'
				n++
				to = j + 1
				continue
			}
			if (c == ' ' || c == '-' || c == '.' || c == '/') && isDigit(s[j-1]) && j+1 < len(s) && isDigit(s[j+1]) {
				groups++
				separators++
				continue
			}
			break
		}
		glued := i > 0 && (isAlpha(s[i-1]) || s[i-1] == '_') && !endsIn(lowered(s[max(0, i-12):i]), "%b", "visa", "card", "amex", "pan", "discover", "card_", "cc_", "pan_", "visa_", "amex_", "mastercard", "cardno_", "card_no_", "card_number_", "mastercard_", "pm_", "payment_", "paid_") || to < len(s) && (isAlpha(s[to]))
		hyphenated := i > 1 && s[i-1] == '-' && isAlnum(s[i-2]) || to+1 < len(s) && s[to] == '-' && isAlnum(s[to+1])
		if n >= 13 && n <= 19 && !glued && !(hyphenated && separators != 0 && separators != 3) && cardShape(s[i:to], digits[:n]) && luhn(digits[:n]) {
			list = append(list, span{from: i, to: to, rule: ruleCard})
		} else if n == 9 && !glued && !hyphenated && (ssnShape(s[i:to]) || to-i == 9 && afterSSN(s[:i])) {
			list = append(list, span{from: i, to: to, rule: ruleSSN})
		}
		if len(list) > 0 && list[len(list)-1].from == i {
			i = to
			continue
		}
		for i < to && isDigit(s[i]) { // what comes behind may be a number of its own
			i++
		}
	}
	return list
}

// cardShape reports whether digits begin as those of an issuer do and are
// grouped as on a card, or not at all.
func cardShape(s string, d []byte) bool {
	if d[0] < 2 || d[0] > 6 || len(s) > len(d) && strings.ContainsAny(s, "/") {
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
	first := strings.IndexAny(s, " -.")
	return first == 4 || first == 6
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
		if !isAlpha(s[i]) || !isAlpha(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) || i > 0 && isAlnum(s[i-1]) {
			continue
		}
		n, to, last := 0, i, -1
		var b [34]byte
		rest := 0
		for j := i; j < len(s) && n < 34; j++ {
			if isAlnum(s[j]) {
				b[n] = s[j] &^ 0x20
				if isDigit(s[j]) {
					b[n] = s[j]
				}
				n++
				to = j + 1
				if n >= 15 && (to == len(s) || !isAlnum(s[to])) && mod97(b[:n]) {
					last = to
				}
				continue
			}
			if rest++; s[j] != ' ' && s[j] != '-' || j+1 == len(s) || !isAlnum(s[j+1]) {
				break
			}
		}
		if last > 0 {
			list = append(list, span{from: i, to: last, rule: ruleIBAN})
			i = last
		}
	}
	return list
}

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
