// The filters: menus of the values there are, with a count for each; fields for
// values that are typed; and a chip for each value in use. The values are those
// of the whole window, counted by the server.
import { $, announce, el, icon } from './dom.js';
import { bounded } from './format.js';
import { filterKeys, menuNames, noFilters, typedNames } from './state.js';
import text from './strings.js';

const searchable = 10; // values from which on a menu has a field to find some

const nameOf = (key) => key.replace(/!$/, '');
const excludes = (key) => key.endsWith('!');

export class Filters {
  #changed;
  #values = {};
  #failed = false;
  #chosen = noFilters();

  constructor(changed) {
    this.#changed = changed;
    for (const name of menuNames) {
      $('menus').append(el('details', { id: `filter-${name}`, class: 'menu filter', toggle: (e) => { if (e.target.open) this.#menu(name); } },
        el('summary', {}, el('span', {}, text.filters[name]), el('span', { class: 'count' }), icon('chevron')),
        el('div', { class: 'panel' })));
    }
    this.#more();
    $('clear').addEventListener('click', () => this.#set(noFilters()));
    $('search').addEventListener('submit', (e) => { e.preventDefault(); this.#words(); });
    $('q').addEventListener('search', () => { if (!$('q').value) this.#words(); }); // its cross
  }

  // offer sets the values to choose from; null if they could not be loaded. A
  // filter that the server does not know has no menu.
  offer(values) {
    this.#failed = values === null;
    this.#values = values ?? {};
    for (const name of menuNames) {
      $(`filter-${name}`).hidden = values !== null && !values[name] && !this.#used(name).length;
      this.#menu(name);
    }
  }

  // choose shows the values in use.
  choose(chosen) {
    this.#chosen = chosen;
    if (document.activeElement !== $('q')) $('q').value = chosen.q[0] ?? '';
    const chips = filterKeys.flatMap((key) => chosen[key].map((value) => this.#chip(key, value)));
    $('chips').replaceChildren(...chips);
    $('in-use').hidden = filterKeys.every((key) => !chosen[key].length);
    $('show-filters').querySelector('.count').textContent = filterKeys.reduce((n, key) => n + chosen[key].length, 0) || '';
    for (const name of menuNames) {
      const menu = $(`filter-${name}`);
      menu.querySelector('.count').textContent = this.#used(name).length || '';
      menu.classList.toggle('used', this.#used(name).length > 0);
      for (const item of menu.querySelectorAll('li')) this.#mark(item, name);
    }
  }

  // add adds values: to include them, or to exclude them.
  add(name, values, exclude = false) {
    const [to, from] = exclude ? [`${name}!`, name] : [name, `${name}!`];
    const rest = (key) => this.#chosen[key].filter((v) => !values.includes(v));
    this.#set({ ...this.#chosen, [to]: [...rest(to), ...values], [from]: rest(from) });
  }

  #used(name) { return [...this.#chosen[name], ...this.#chosen[`${name}!`]]; }

  #set(chosen) { this.#changed(chosen); }

  #remove(key, value) { this.#set({ ...this.#chosen, [key]: this.#chosen[key].filter((v) => v !== value) }); }

  #words() {
    const q = $('q').value.trim();
    this.#set({ ...this.#chosen, q: q ? [q] : [] });
  }

  #chip(key, value) {
    const name = text.filters[nameOf(key)];
    const remove = el('button', {
      type: 'button', class: 'quiet', 'aria-label': text.removeChip(name, excludes(key), value.slice(0, 80)),
      click: () => {
        const at = [...$('chips').children].findIndex((li) => li.contains(remove));
        this.#remove(key, value);
        const left = [...$('chips').querySelectorAll('button')];
        (left[at] ?? left.at(-1) ?? $('q')).focus();
      },
    }, icon('close'));
    return el('li', { class: excludes(key) ? 'excluded' : '', dataset: { filter: key } }, el('span', { class: 'name' }, name),
      excludes(key) && el('strong', {}, text.not), el('bdi', {}, ...bounded(value, 40)), remove);
  }

  // menu draws the values of a filter. Values in use come first if the window
  // has none of them, so that they can be taken back.
  #menu(name) {
    const panel = $(`filter-${name}`).querySelector('.panel');
    if (panel.contains(document.activeElement)) return; // not under the reader's hands
    const offered = this.#values[name] ?? [];
    const lost = this.#used(name).filter((v) => !offered.some((o) => o.value === v)).map((value) => ({ value, count: 0 }));
    const all = [...lost, ...offered];
    const list = el('ul', {}, ...all.map((v) => this.#item(name, v)));
    if (!all.length) panel.replaceChildren(el('p', { class: 'muted' }, this.#failed ? text.filtersFailed : text.noValues));
    else if (all.length < searchable) panel.replaceChildren(list);
    else panel.replaceChildren(this.#finder(name, list), list);
  }

  #item(name, { value, count }) {
    const box = el('input', {
      type: 'checkbox',
      change: (e) => (e.target.checked ? this.add(name, [value]) : this.#remove(name, value)),
    });
    box.value = value;
    const out = el('button', {
      type: 'button', class: 'quiet exclude', title: text.exclude, 'aria-label': text.excludeValue(value.slice(0, 80)),
      click: () => (this.#chosen[`${name}!`].includes(value) ? this.#remove(`${name}!`, value) : this.add(name, [value], true)),
    }, icon('exclude'));
    const item = el('li', {}, el('label', { title: value.slice(0, 500) }, box, el('bdi', { class: 'value' }, ...bounded(value, 80)),
      el('span', { class: 'n' }, count.toLocaleString('en'))), out);
    this.#mark(item, name);
    return item;
  }

  #mark(item, name) {
    const box = item.querySelector('input');
    box.checked = this.#chosen[name].includes(box.value);
    const out = this.#chosen[`${name}!`].includes(box.value);
    item.classList.toggle('excluded', out);
    item.querySelector('.exclude').setAttribute('aria-pressed', String(out));
  }

  // finder narrows a list. The server lists the most frequent values only, so
  // that Enter takes what was typed where no value of the list is it.
  #finder(name, list) {
    const title = text.filters[name];
    const field = el('input', {
      type: 'search', class: 'find', 'aria-label': text.find(title), placeholder: text.find(title), autocomplete: 'off', spellcheck: 'false',
      input: () => {
        const wanted = field.value.toLowerCase();
        const items = [...list.children];
        for (const li of items) li.hidden = !li.querySelector('input').value.toLowerCase().includes(wanted);
        const left = items.filter((li) => !li.hidden).length;
        none.hidden = left > 0;
        none.textContent = text.useTyped(field.value);
        announce(left ? String(left) : none.textContent);
      },
      keydown: (e) => { if (e.key === 'Enter' && field.value.trim()) this.add(name, [field.value.trim()]); },
    });
    const none = el('p', { class: 'muted', hidden: true });
    return el('div', {}, field, none);
  }

  // more is the menu for values that are typed.
  #more() {
    const select = (id, label, options, props = {}) => el('select', { id, 'aria-label': label, ...props }, ...options.map(([value, title]) => el('option', { value }, title)));
    const which = select('more-filter', text.moreWhich, typedNames.map((n) => [n, text.filters[n]]), { change: () => fit() });
    const way = select('more-way', text.moreWay, [['', text.is], ['!', text.isNot]]);
    const flag = select('more-flag', text.moreValue, [['true', text.yes], ['false', text.no]]);
    const value = el('input', { type: 'text', id: 'more-value', 'aria-label': text.moreValue, autocomplete: 'off', spellcheck: 'false' });
    const fit = () => {
      flag.hidden = which.value !== 'impersonated';
      value.hidden = value.disabled = !flag.hidden;
      value.required = !value.hidden;
      value.placeholder = text.examples[which.value] ?? '';
    };
    const form = el('form', {
      class: 'panel form', submit: (e) => {
        e.preventDefault();
        const wanted = flag.hidden ? value.value.trim() : flag.value;
        if (!wanted) return;
        value.value = '';
        this.add(which.value, [wanted], way.value === '!');
      },
    }, which, way, value, flag, el('button', { type: 'submit' }, text.add));
    fit();
    $('menus').append(el('details', { id: 'more', class: 'menu filter' }, el('summary', {}, el('span', {}, text.moreFilters), icon('chevron')), form));
  }
}
