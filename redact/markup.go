package redact

import (
	"strings"
)

const maxTag = 2048 // bytes of a tag with its attributes

// markupSpans finds the content of XML elements with secret names; attributes
// are pairs already.
func (p *Pass) markupSpans(s string, list []span) []span {
	for i := 0; i < len(s); i++ {
		if s[i] != '<' || i+1 == len(s) || !isNameByte(s[i+1]) {
			continue
		}
		j := i + 1
		for j < len(s) && (isNameByte(s[j]) || s[j] == ':') {
			j++
		}
		name := s[i+1 : j]
		tag := name
		if k := strings.LastIndexByte(name, ':'); k >= 0 {
			name = name[k+1:]
		}
		gt := strings.IndexByte(s[j:min(len(s), j+maxTag)], '>')
		if gt < 0 {
			continue
		}
		var named bool
		list, named = p.pairAttributes(s, j, j+gt, list)
		from := j + gt + 1
		switch p.nature(name) {
		case secret, flagged, cookies, webhook:
		default:
			if !named {
				list = p.pairElements(s, name, from, list)
				continue
			}
		}
		if s[j+gt-1] == '/' {
			continue
		}
		to := closes(s, from, "</"+strings.ToLower(tag))
		if from < to {
			x := span{from: from, to: to, rule: ruleKey}
			if from, to := bareContent(s, from, to); from < to {
				x.from, x.to = from, to
			}
			list = append(list, x)
			i = to - 1
		}
	}
	return list
}

// closes returns where the end tag begins, the end of the text if there is none.
func closes(s string, from int, tag string) int {
	for {
		k := indexFold(s[from:], tag)
		if k < 0 {
			return len(s)
		}
		if from += k + len(tag); from == len(s) || !isNameByte(s[from]) && s[from] != ':' {
			return from - len(tag)
		}
	}
}

// bareContent leaves out the tags without attributes around a content.
func bareContent(s string, from, to int) (int, int) {
	for from < to && s[from] == '<' {
		k := strings.IndexByte(s[from:to], '>')
		if k < 0 || strings.ContainsAny(s[from:from+k], "=/!") {
			break
		}
		from += k + 1
	}
	for from < to && s[to-1] == '>' {
		k := strings.LastIndexByte(s[from:to], '<')
		if k < 0 || s[from+k+1] != '/' {
			break
		}
		to = from + k
	}
	return from, to
}

// pairElements finds the value in the element after one that holds the name of a
// secret: <name>password</name><value>…</value>.
func (p *Pass) pairElements(s, name string, from int, list []span) []span {
	end := strings.IndexByte(s[from:min(len(s), from+128)], '<')
	if end <= 0 {
		return list
	}
	text := strings.Trim(s[from:from+end], " \t\r\n:*")
	label := labels[strings.ToLower(name)] && len(text) <= 40 && strings.Count(text, " ") < 3
	if !p.trait(name).namesPair && !label || !p.secretName(text) {
		return list
	}
	at := from + end
	if label {
		return labelled(s, at, list)
	}
	for range 2 { // the end of this element, the beginning of the next
		gt := strings.IndexByte(s[at:min(len(s), at+256)], '>')
		if gt < 0 {
			return list
		}
		at += gt + 1
		for at < len(s) && s[at] <= ' ' {
			at++
		}
	}
	for {
		to := len(s)
		if k := strings.Index(s[at:], "</"); k >= 0 {
			to = at + k
		}
		if at < to && s[at-1] != '/' {
			list = append(list, span{from: at, to: to, rule: rulePair})
		}
		gt := strings.IndexByte(s[to:min(len(s), to+maxName)], '>') // of a change: the new value in the next element
		if gt < 0 {
			return list
		}
		for at = to + gt + 1; at < len(s) && s[at] <= ' '; at++ {
		}
		end := strings.IndexByte(s[at:min(len(s), at+maxName)], '>')
		if end < 2 || s[at] != '<' || !isPairValue(s[at+1:at+end]) {
			return list
		}
		at += end + 1
	}
}

// labels are elements whose text is the name of what stands behind them.
var labels = set(`td dt b strong label span em i string code h1 h2 h3 h4 h5 h6 th`)

// labelled takes what stands behind a label whose end tag begins at: a text, the
// text of the next element, or the value of an input.
func labelled(s string, at int, list []span) []span {
	for range 4 { // tags between the label and its value
		gt := strings.IndexByte(s[at:min(len(s), at+256)], '>')
		if gt < 0 {
			return list
		}
		if tag := s[at : at+gt]; strings.HasPrefix(tag, "<input") {
			if v := strings.Index(tag, "value="); v >= 0 && v+7 < len(tag) {
				from, to := quoted(s[:at+gt], at+v+6, "")
				return append(list, span{from: from, to: to, rule: rulePair})
			}
			return list
		}
		at += gt + 1
		for at < len(s) && (s[at] <= ' ' || s[at] == ':') {
			at++
		}
		if at < len(s) && s[at] != '<' {
			to := at
			for to < len(s) && s[to] != '<' {
				to++
			}
			return append(list, span{from: at, to: to, rule: rulePair})
		}
	}
	return list
}

// pairAttributes finds the value beside the name of a secret in one XML tag:
// <add key="password" value="…"/>.
func (p *Pass) pairAttributes(s string, from, to int, list []span) (_ []span, named bool) {
	var values []span
	for at := from; at < to; {
		eq := strings.IndexByte(s[at:to], '=')
		if eq < 0 {
			break
		}
		eq += at
		name := strings.ToLower(strings.TrimSpace(s[at:eq]))
		if k := strings.LastIndexAny(name, " \t\n"); k >= 0 {
			name = name[k+1:]
		}
		q := eq + 1
		for q < to && s[q] == ' ' {
			q++
		}
		if q < to && s[q] != '"' && s[q] != '\'' { // not quoted
			for at = q; at < to && s[at] > ' '; at++ {
			}
			continue
		}
		if q >= to {
			break
		}
		end := strings.IndexByte(s[q+1:to], s[q])
		if end < 0 {
			end = to - q - 1
		}
		text := s[q+1 : q+1+end]
		named = named || pairNames[name] && p.secretName(text)
		if pairValues[name] {
			values = append(values, span{from: q + 1, to: q + 1 + end, rule: rulePair})
		}
		at = q + 2 + end
	}
	if named {
		list = append(list, values...)
	}
	return list, named
}

// multipartSpans finds parts of multipart/form-data with secret names, and the
// contents of files.
func (p *Pass) multipartSpans(s string, list []span) []span {
	const disposition = "content-disposition"
	for at := 0; ; {
		i := indexFold(s[at:], disposition)
		if i < 0 {
			return list
		}
		at += i + len(disposition)
		head := s[at:lineEnd(s, at)]
		from := at + len(head)
		end := len(s)
		if k := strings.Index(s[from:], "\n--"); k >= 0 {
			end = from + k
		}
		if name := parameter(head, "name"); parameter(head, "filename") != "" || p.secretName(name) || name == "" && indexFold(head, "form-data") >= 0 {
			for from < end && s[from] <= ' ' {
				from++
			}
			if from < end {
				list = append(list, span{from: from, to: end, rule: ruleKey})
			}
		}
		at = max(at, end)
	}
}
