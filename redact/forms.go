package redact

import "strings"

// formPairs finds the values of pairs in a form: fields[0][name]=password&
// fields[0][value]=….
func (p *Pass) formPairs(s string, list []span) []span {
	for at := 0; at < len(s); {
		end := at
		for end < len(s) && strings.IndexByte(" \t\r\n\"'<>", s[end]) < 0 {
			end++
		}
		form := s[at:end]
		if strings.IndexByte(form, '&') > 0 {
			list = p.formPairsIn(form, at, list)
		}
		if strings.IndexByte(form, '%') >= 0 {
			list = p.encodedNames(form, at, list)
		}
		at = end + 1
	}
	return list
}

// encodedNames finds the values of a form whose names are encoded: %70%69%6e=….
func (p *Pass) encodedNames(form string, offset int, list []span) []span {
	for at, next := max(0, strings.IndexByte(form, '?')+1), 0; at < len(form); at = next {
		var end int
		end, next = separated(form, at)
		from, part := offset+at, form[at:end]
		name, value, ok := strings.Cut(part, "=")
		if !ok || value == "" || len(name) > maxName || strings.IndexByte(name, '%') < 0 || p.e.isMarker(value) {
			continue
		}
		if name = percentDecode(name); isFieldName(name) && (p.secretName(name) || p.secretName(lastPart(name))) {
			list = append(list, span{from: from + len(part) - len(value), to: from + len(part), rule: rulePair})
		}
	}
	return list
}

// separated returns where the member of a form ends that begins at from, and where the next
// one begins: an ampersand is as it is, or as JSON or HTML escapes it.
func separated(form string, from int) (end, next int) {
	for end = from; end < len(form); end++ {
		switch rest := form[end:]; {
		case strings.HasPrefix(rest, "&amp;"):
			return end, end + len("&amp;")
		case rest[0] == '&':
			return end, end + 1
		case strings.HasPrefix(rest, `\u0026`):
			return end, end + len(`\u0026`)
		}
	}
	return end, end
}

// isFieldName reports whether s may be the name of a field of a form: a[b], a:b, a$b.
func isFieldName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isNameByte(s[i]) && strings.IndexByte("[]:", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// lastPart returns the last name of a field of a form.
func lastPart(s string) string {
	s = strings.TrimRight(s, "[]0123456789")
	return s[strings.LastIndexAny(s, "[:$.")+1:]
}

func (p *Pass) formPairsIn(form string, offset int, list []span) []span {
	var named map[string]bool // what is around the names of secrets
	for _, values := range []bool{false, true} {
		at := max(0, strings.IndexByte(form, '?')+1)
		for part := range strings.SplitSeq(form[at:], "&") {
			from := offset + at
			at += len(part) + 1
			name, value, ok := strings.Cut(part, "=")
			if !ok || value == "" || len(name) > maxName {
				continue
			}
			around, last := formName(name)
			switch {
			case values && named[around] && pairValues[last]:
				list = append(list, span{from: from + len(name) + 1, to: from + len(part), rule: rulePair})
			case !values && pairNames[last] && len(value) <= 80 && p.secretName(percentDecode(value)):
				if named == nil {
					named = map[string]bool{}
				}
				named[around] = true
			}
		}
		if named == nil {
			break
		}
	}
	return list
}

// formName parts the name of a field, such as fields[0][name], fields.0.name or
// name0, from what is around it.
func formName(name string) (around, last string) {
	name = strings.ToLower(percentDecode(name))
	name = strings.TrimSuffix(name, "[]")
	name = strings.TrimSuffix(name, "]")
	i := strings.LastIndexAny(name, "[._-") + 1
	around, last = strings.TrimRight(name[:i], "[]._-"), name[i:]
	if bare := strings.TrimRight(last, "0123456789"); bare != "" && bare != last {
		around, last = around+last[len(bare):], bare
	}
	return around, last
}
