package redact

import (
	"golang.org/x/text/unicode/norm"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plainLetters replaces full-width and look-alike letters by those they look
// like, and removes characters that have no shape.
func plainLetters(s string) string {
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		if r < utf8.RuneSelf {
			b.WriteByte(byte(r))
			continue
		}
		if r == utf8.RuneError && n == 1 {
			b.WriteByte('?')
			continue
		}
		switch c := lookAlike(r); c {
		case 0:
		case r:
			b.WriteRune(r)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lookAlike returns the ASCII character that r looks like, 0 if r has no shape,
// and otherwise r. Marks are taken off a letter, and what is written in another
// style is as the plain letter (NFKD); then scripts are compared by their shapes.
func lookAlike(r rune) rune {
	if 0xAB70 <= r && r <= 0xABBF { // small letters of Cherokee, each the shape of a capital one
		if c := lookAlike(r - 0xAB70 + 0x13A0); c < utf8.RuneSelf {
			return c | 0x20
		}
		return r
	}
	switch {
	case r == 0x3000, r == 0xA0, 0x2000 <= r && r <= 0x200A, r == 0x202F, r == 0x205F:
		return ' '
	case 0x1F150 <= r && r <= 0x1F169: // letters in dark circles, in dark squares, of flags
		return 'A' + r - 0x1F150
	case 0x1F170 <= r && r <= 0x1F189:
		return 'A' + r - 0x1F170
	case 0x1F1E6 <= r && r <= 0x1F1FF:
		return 'A' + r - 0x1F1E6
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r), r == 0x115F, r == 0x1160, r == 0x3164, r == 0x2800, r == 0xFFA0:
		return 0
	case r >= 0x660 && unicode.Is(unicode.Nd, r): // digits of other scripts
		base := r
		for r-base < 9 && unicode.Is(unicode.Nd, base-1) {
			base--
		}
		return '0' + r - base
	case r == 0xFE55, r == 0xA789, r == 0x2236, r == 0x2D0, r == 0xFE13:
		return ':'
	case r == 0x2014, r == 0x2015, r == 0x2192, r == 0x21D2, r == 0x27F6, r == 0x2794, r == 0x279C, r == 0x279D, r == 0x27A1, r == 0xFE66, r == 0x2261:
		return '=' // dashes and arrows between a name and its value
	case r == 0x2010, r == 0x2011, r == 0x2012, r == 0x2013, r == 0x2212:
		return '-'
	case r == 0x2018, r == 0x2019:
		return '\''
	case r == 0x201C, r == 0x201D:
		return '"'
	}
	if c, ok := alike[r]; ok {
		return c
	}
	if c := unmarked(r); c != r {
		if a, ok := alike[c]; ok {
			return a
		}
		if c < utf8.RuneSelf {
			return c
		}
	}
	return r
}

// unmarked returns the only letter or digit that r is made of, besides marks and
// signs around it; otherwise r.
func unmarked(r rune) rune {
	var form [utf8.UTFMax]byte
	d := norm.NFKD.Properties(utf8.AppendRune(form[:0], r)).Decomposition()
	found := r
	for _, c := range string(d) {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c) && (c >= utf8.RuneSelf || len(d) > 1 && unicode.IsPunct(c)):
		case found != r:
			return r
		default:
			found = c
		}
	}
	return found
}

// alike are letters without marks, and the ASCII letters of the same shape.
var alike = func() map[rune]rune {
	m := map[rune]rune{}
	for _, pair := range strings.Fields(`
		аa еe оo рp сc уy хx ѕs іi јj ԁd һh ԛq ԝw ѵv кk мm тt нh вb гr ӏl пn дd иu ьb зe ѡw ҽe ԍg ԑe ᴦr ᴨn ꙅs єe
		АA ВB ЕE КK МM НH ОO РP СC ТT ХX УY ІI ЈJ ЅS ГR ԌG ԚQ ԜW ЬB ӀI ПN ДD ИN ЗE ЄE
		αa οo ρp νv ιi κk τt υu εe γy ωw ηn χx σo βb δd πn ςs θo ϲc ϳj ϱp
		ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ΣE ΔD ΠN ΓR ΩO ϹC
		ſs ɑa ɡg ɩi ʟl ɴn ʀr ᴀa ᴄc ᴅd ᴇe ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴡw ʏy ıi ʙb ғf ɢg ʜh ɪi ᴊj ᴠv ᴢz ꞯq
		đd ɗd ɖd ðd ħh ɦh ŧt ƭt łl ɫl øo ɵo ƙk ƴy ɓb ƥp ʂs ɛe əe ɔo ɾr ɽr ɲn ŋn ɱm ƒf ʋv ᵴs ᵽp ꝑp ȿs ɇe ɨi ɍr ȼc ꞓc ɏy ǝe ɐa
		ĐD ÐD ĦH ŦT ŁL ØO ƘK ƁB ƤP ƐE ƏE ƆO ŊN ƑF ƗI ȺA ȻC ɆE ɌR ɎY
		ոn օo հh սu ցg քp զq ԁd յj Սu ՈN ՕO ՏS ՍU ԼL
		ꓐB ꓑP ꓓD ꓔT ꓖG ꓗK ꓙJ ꓚC ꓜZ ꓝF ꓟM ꓠN ꓡL ꓢS ꓣR ꓦV ꓧH ꓪW ꓫX ꓬY ꓮA ꓰE ꓲI ꓳO ꓴU
		ᎪA ᏴB ᏟC ᎠD ᎬE ᏀG ᎻH ᎫJ ᏦK ᏞL ᎷM ᏢP ᎡR ᏒR ᏚS ᏕS ᎢT ᏙV ᎳW ᏔW ᎩY ᏃZ
		ⲟo ⲣp ⲥc ⲧt ⲕk ⲁa ⲉe ⲓi ⲛn ℮e ℓl`) {
		r := []rune(pair)
		m[r[0]] = r[1]
	}
	return m
}()
