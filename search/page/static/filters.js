// The filters: a menu of values with counts for each, and a chip for each value
// in use. The values are those of the whole window, counted by the server.
import { $, announce, el, icon } from './dom.js';
import { bounded } from './format.js';
import { filterNames, menuNames } from './state.js';
import text from './strings.js';

const searchable = 10; // values from which on a menu has a field to find some

export class Filters {
  #changed;
  #values = {};
  #failed = false;
  #chosen = Object.fromEntries(filterNames.map((n) => [n, []]));

  constructor(changed) {
    this.#changed = changed;
    for (const name of menuNames) {
      $(`filter-${name}`).replaceChildren(
        el('summary', {}, el('span', {}, text.filters[name]), el('span', { class: 'count' }), icon('chevron')),
        el('div', { class: 'panel' }));
      $(`filter-${name}`).addEventListener('toggle', (e) => { if (e.target.open) this.#menu(name); });
    }
    $('clear').addEventListener('click', () => this.#set(Object.fromEntries(filterNames.map((n) => [n, []]))));
  }

  // offer sets the values to choose from; null if they could not be loaded.
  offer(values) {
    this.#failed = values === null;
    this.#values = values ?? {};
    for (const name of menuNames) this.#menu(name);
  }

  // choose shows the values in use.
  choose(chosen) {
    this.#chosen = chosen;
    $('chips').replaceChildren(...filterNames.flatMap((name) => chosen[name].map((value) => this.#chip(name, value))));
    $('chips').hidden = $('clear').hidden = filterNames.every((n) => !chosen[n].length);
    for (const name of menuNames) {
      const menu = $(`filter-${name}`);
      menu.querySelector('.count').textContent = chosen[name].length || '';
      menu.classList.toggle('used', chosen[name].length > 0);
      for (const box of menu.querySelectorAll('input[type=checkbox]')) box.checked = chosen[name].includes(box.value);
    }
  }

  // include adds one value.
  include(name, value) {
    if (!this.#chosen[name].includes(value)) this.#toggle(name, value, true);
  }

  #set(chosen) { this.#changed(chosen); }

  #toggle(name, value, on) {
    const values = this.#chosen[name].filter((v) => v !== value);
    this.#set({ ...this.#chosen, [name]: on ? [...values, value] : values });
  }

  #chip(name, value) {
    const remove = el('button', {
      type: 'button', class: 'quiet', 'aria-label': text.removeChip(text.filters[name], value.slice(0, 80)),
      click: () => {
        this.#toggle(name, value, false);
        ($(`filter-${name}`) ?? $(`filter-${menuNames[0]}`)).querySelector('summary').focus();
      },
    }, icon('close'));
    return el('li', { dataset: { filter: name } }, el('span', { class: 'name' }, text.filters[name]),
      el('bdi', {}, ...bounded(value, 40)), remove);
  }

  // menu draws the values of a filter. Values in use come first if the window
  // has none of them, so that they can be taken back.
  #menu(name) {
    const menu = $(`filter-${name}`);
    const panel = menu.querySelector('.panel');
    if (panel.contains(document.activeElement)) return; // not under the reader's hands
    const offered = this.#values[name] ?? [];
    const lost = this.#chosen[name].filter((v) => !offered.some((o) => o.value === v)).map((value) => ({ value, count: 0 }));
    const all = [...lost, ...offered];
    const list = el('ul', {}, ...all.map((v) => this.#item(name, v)));
    if (!all.length) panel.replaceChildren(el('p', { class: 'muted' }, this.#failed ? text.filtersFailed : text.noValues));
    else if (all.length < searchable) panel.replaceChildren(list);
    else panel.replaceChildren(finder(text.filters[name], list), list);
  }

  #item(name, { value, count }) {
    const box = el('input', {
      type: 'checkbox', checked: this.#chosen[name].includes(value),
      change: (e) => this.#toggle(name, value, e.target.checked),
    });
    box.value = value;
    return el('li', {}, el('label', { title: value.slice(0, 500) }, box, el('bdi', { class: 'value' }, ...bounded(value, 80)),
      el('span', { class: 'n' }, count.toLocaleString('en'))));
  }
}

function finder(title, list) {
  const field = el('input', {
    type: 'search', class: 'find', 'aria-label': text.find(title), placeholder: text.find(title), autocomplete: 'off', spellcheck: 'false',
    input: () => {
      const wanted = field.value.toLowerCase();
      const items = [...list.children];
      for (const li of items) li.hidden = !li.querySelector('input').value.toLowerCase().includes(wanted);
      announce(String(items.filter((li) => !li.hidden).length));
    },
  });
  return field;
}
