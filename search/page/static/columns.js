// Which columns the table has, in which order: as the address says, else as
// remembered in this browser, else the standard ones.
import { $, el, icon, recall, remember } from './dom.js';
import text from './strings.js';

const core = ['time', 'user.name', 'action', 'status'];

// pick returns the fields to show, from the names that were chosen. The core is
// never missing; names that are no column any more are dropped.
function pick(fields, names) {
  const titled = fields.filter((f) => f.title);
  if (!Array.isArray(names)) return titled.filter((f) => f.default || core.includes(f.name));
  const chosen = [...new Set(names)].map((name) => titled.find((f) => f.name === name)).filter(Boolean);
  const lost = titled.filter((f) => core.includes(f.name) && !chosen.includes(f));
  return [...lost, ...chosen];
}

export class Columns {
  #fields;
  #shown;
  #changed;

  // changed(names) is told what was chosen; null stands for the standard ones.
  constructor(fields, names, changed) {
    this.#fields = fields;
    this.#changed = changed;
    $('columns').replaceChildren(el('summary', {}, icon('columns'), el('span', {}, text.columns), icon('chevron')), el('div', { class: 'panel' }));
    this.use(names);
  }

  get shown() { return this.#shown; }

  // names of what is shown; null if it is the standard.
  get names() {
    const names = this.#shown.map((f) => f.name);
    return names.join() === pick(this.#fields, null).map((f) => f.name).join() ? null : names;
  }

  // use takes the columns of an address, and says whether they are others.
  use(names) {
    const before = this.#shown?.map((f) => f.name).join();
    this.#shown = pick(this.#fields, names ?? recall('columns'));
    this.#render();
    return this.#shown.map((f) => f.name).join() !== before;
  }

  #set(shown, focus) {
    this.#shown = shown;
    remember('columns', this.names);
    this.#render();
    if (focus) $('columns').querySelector(focus)?.focus();
    this.#changed(this.names);
  }

  #toggle(field, on) {
    const focus = `input[value="${CSS.escape(field.name)}"]`;
    this.#set(on ? [...this.#shown, field] : this.#shown.filter((f) => f !== field), focus);
  }

  #move(field, by) {
    const shown = this.#shown.filter((f) => f !== field);
    const at = this.#shown.indexOf(field) + by;
    shown.splice(at, 0, field);
    const way = at === 0 ? 'down' : at === shown.length - 1 ? 'up' : by < 0 ? 'up' : 'down';
    this.#set(shown, `li[data-field="${CSS.escape(field.name)}"] .${way}`);
  }

  #render() {
    const rest = this.#fields.filter((f) => f.title && !this.#shown.includes(f));
    const list = el('ul', {}, ...this.#shown.map((f, i) => this.#item(f, i)), ...rest.map((f) => this.#item(f, -1)));
    const panel = $('columns').querySelector('.panel');
    const top = panel.querySelector('ul')?.scrollTop ?? 0;
    panel.replaceChildren(list, el('button', { type: 'button', class: 'reset', click: () => this.#set(pick(this.#fields, null), '.reset') }, text.columnsReset));
    list.scrollTop = top;
  }

  #item(field, at) {
    const always = core.includes(field.name);
    const box = el('input', {
      type: 'checkbox', value: field.name, checked: at >= 0, disabled: always,
      change: (e) => this.#toggle(field, e.target.checked),
    });
    const label = el('label', { title: field.meaning }, box, el('span', {}, field.title), always && el('small', {}, text.columnAlways));
    const item = el('li', { dataset: { field: field.name } }, label);
    if (at >= 0) {
      const move = (way, by, name, off) => el('button', {
        type: 'button', class: `quiet move ${way}`, 'aria-label': name(field.title), title: name(field.title), disabled: off,
        click: () => this.#move(field, by),
      }, icon('chevron'));
      item.append(move('up', -1, text.moveUp, at === 0), move('down', 1, text.moveDown, at === this.#shown.length - 1));
    }
    return item;
  }
}
