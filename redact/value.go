package redact

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A Member is one entry of an Object.
type Member struct {
	Name  string
	Value any
}

// An Object is a map that keeps its order.
type Object []Member

// value redacts a structure and returns one of the same form.
func (p *Pass) value(name string, v any) any {
	mark := len(p.nodes)
	defer func() { p.nodes = p.nodes[:mark] }()
	root, ok := p.build(v, 0)
	if !ok {
		return p.replace(ruleDepth)
	}
	p.nodes[root].key = name
	if !p.member(root, p.nature(name), place{mode: kept}) {
		return v
	}
	return p.unbuild(root, v)
}

// build makes nodes of v.
func (p *Pass) build(v any, depth int) (int32, bool) {
	if depth > maxDepth {
		return 0, false
	}
	add := func(n node) int32 {
		n.child, n.next = -1, -1
		p.nodes = append(p.nodes, n)
		return int32(len(p.nodes) - 1)
	}
	switch v := v.(type) {
	case nil:
		return add(node{kind: null, text: "null"}), true
	case bool:
		return add(node{kind: boolean, text: strconv.FormatBool(v)}), true
	case string:
		return add(node{kind: text, text: v}), true
	case []byte:
		return add(node{kind: text, text: bytesText(v)}), true
	case float64:
		return add(node{kind: numeral, text: strconv.FormatFloat(v, 'f', -1, 64)}), true
	case []any:
		self, last := add(node{kind: array}), int32(-1)
		for _, x := range v {
			c, ok := p.build(x, depth+1)
			if !ok {
				return 0, false
			}
			p.link(self, &last, c, "")
		}
		return self, true
	case Object:
		self, last := add(node{kind: object}), int32(-1)
		for _, m := range v {
			c, ok := p.build(m.Value, depth+1)
			if !ok {
				return 0, false
			}
			p.link(self, &last, c, m.Name)
		}
		return self, true
	case map[string]any:
		return p.build(ordered(v), depth)
	}
	return add(node{kind: numeral, text: fmt.Sprint(v)}), true
}

func (p *Pass) link(parent int32, last *int32, child int32, key string) {
	p.nodes[child].key = key
	if *last < 0 {
		p.nodes[parent].child = child
	} else {
		p.nodes[*last].next = child
	}
	*last = child
}

// ordered returns m with its names sorted.
func ordered(m map[string]any) Object {
	o := make(Object, 0, len(m))
	for k, v := range m {
		o = append(o, Member{k, v})
	}
	slices.SortFunc(o, func(a, b Member) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return o
}

// bytesText is how the rules read bytes: as the text that they are, else as
// nothing that could be judged.
func bytesText(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string([]rune(string(b)))
}

// unbuild returns node i as a value of the form of v.
func (p *Pass) unbuild(i int32, v any) any {
	n := p.nodes[i]
	switch v := v.(type) {
	case []any:
		if n.kind != array {
			return n.text
		}
		out := make([]any, 0, len(v))
		k := 0
		for c := n.child; c >= 0; c = p.nodes[c].next {
			var was any
			if k < len(v) {
				was = v[k]
			}
			if p.nodes[c].kind == omitted {
				was = nil
			}
			out = append(out, p.unbuild(c, was))
			k++
		}
		return out
	case Object:
		if n.kind != object {
			return n.text
		}
		out := make(Object, 0, len(v))
		k := 0
		for c := n.child; c >= 0; c = p.nodes[c].next {
			out = append(out, Member{p.nodes[c].key, p.unbuild(c, v[k].Value)})
			k++
		}
		return out
	case map[string]any:
		if n.kind != object {
			return n.text
		}
		o := p.unbuild(i, ordered(v)).(Object)
		out := make(map[string]any, len(o))
		for _, m := range o {
			out[m.Name] = m.Value
		}
		return out
	case []byte:
		if n.text == bytesText(v) && n.kind == text {
			return v
		}
		return n.text
	}
	switch n.kind {
	case omitted, text:
		return n.text
	case null:
		return nil
	}
	return v
}
