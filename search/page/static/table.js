// The table of events.
import { $, el, icon } from './dom.js';
import { bounded, impersonated, instant, offset, person, plain, show, status } from './format.js';
import text from './strings.js';

// A Table draws events. view has open(id), filter(id, field, exclude) for a cell,
// filterable(id, field) for whether there is one, and sort() for the other order.
export class Table {
  #view;
  #columns = [];
  #zone = 'utc';
  #here = 'UTC'; // offset of the zone now
  #body = $('events').tBodies[0];
  #tools;

  constructor(view) {
    this.#view = view;
    this.#tools = el('span', { class: 'tools' }, this.#tool('include', false), this.#tool('exclude', true));
    this.#body.addEventListener('click', (e) => this.#click(e));
    this.#body.addEventListener('pointerover', (e) => { if (e.pointerType !== 'touch') this.#offer(e.target.closest('td')); });
    this.#body.addEventListener('pointerleave', () => this.#focusedOnly());
    this.#body.addEventListener('focusin', (e) => this.#focused(e.target));
    this.#body.addEventListener('keydown', (e) => this.#key(e));
  }

  draw(events, columns, zone, order) {
    this.#columns = columns;
    this.#zone = zone;
    this.#here = offset(new Date(), zone);
    $('events').tHead.rows[0].replaceChildren(...columns.map((f) => this.#heading(f, order)));
    this.#body.replaceChildren(...events.map((e) => this.#row(e)));
    this.#stop(this.#body.querySelector('button.open'));
  }

  // insert adds one event above the row that is now at a place.
  insert(event, at) {
    const row = this.#row(event);
    row.classList.add('arrived');
    this.#body.insertBefore(row, this.#body.rows[at] ?? null);
    if (this.#body.rows.length === 1) this.#stop(row.querySelector('button.open'));
  }

  clear() { this.#body.replaceChildren(); }

  // focus goes to the row of an event.
  focus(id) { this.#find(id)?.querySelector('button.open').focus(); }

  #find(id) { return [...this.#body.rows].find((r) => r.dataset.id === id); }

  #heading(field, order) {
    const time = field.name === 'time';
    const ascending = order === 'oldest';
    return el('th', {
      scope: 'col', role: 'columnheader', title: field.meaning, 'aria-sort': time && (ascending ? 'ascending' : 'descending'),
      dataset: { field: field.name, kind: field.kind, ...(field.kind === 'instant' && { zone: this.#here }) },
    }, time ? el('button', { type: 'button', class: 'sort', 'aria-label': text.sort(field.title, ascending), title: text.sort(field.title, ascending), click: () => this.#view.sort() },
      el('span', {}, field.title), icon('chevron')) : field.title);
  }

  #row(event) {
    const tr = el('tr', { role: 'row', dataset: { id: event.id } });
    if (impersonated(event)) tr.classList.add('impersonated');
    for (const field of this.#columns) {
      tr.append(el('td', { role: 'gridcell', tabindex: -1, dataset: { field: field.name, kind: field.kind, title: field.title } }, ...this.#cell(event, field)));
    }
    return tr;
  }

  #cell(event, field) {
    const value = event[field.name];
    switch (field.name) {
      case 'time': return [this.#opener(event), ...badges(event)];
      case 'user.name': return user(event);
      case 'status': return [status(event)];
      case 'impersonator.name': return words(person(event, 'impersonator'));
    }
    if (value === undefined || value === null) return [absent()];
    if (field.kind === 'instant') return [this.#time(value)];
    return words(plain(value, field.kind, this.#zone));
  }

  #time(value) {
    const own = offset(new Date(value), this.#zone);
    return el('time', { datetime: value, title: value }, instant(value, this.#zone), own !== this.#here && ` ${own}`);
  }

  #opener(event) {
    const when = this.#time(event.time);
    return el('button', { type: 'button', class: 'open', tabindex: -1, 'aria-label': text.openAt(when.textContent) }, when);
  }

  // --- What a cell offers ---------------------------------------------------

  #tool(name, exclude) {
    return el('button', {
      type: 'button', class: name, tabindex: -1, click: (e) => {
        e.stopPropagation();
        const td = this.#tools.closest('td');
        if (td) this.#view.filter(td.parentElement.dataset.id, td.dataset.field, exclude);
      },
    }, icon(name));
  }

  #offer(td) {
    if (!td || td.contains(this.#tools)) return;
    const found = this.#view.filterable(td.parentElement.dataset.id, td.dataset.field);
    if (!found) return this.#focusedOnly(td);
    const values = found.values.join(', ').slice(0, 80);
    for (const [button, label] of [[this.#tools.firstChild, text.includeCell], [this.#tools.lastChild, text.excludeCell]]) {
      button.title = label(td.dataset.title, values);
      button.setAttribute('aria-label', button.title);
    }
    td.append(this.#tools);
  }

  // focusedOnly leaves the tools to the cell that has the focus.
  #focusedOnly(except) {
    const td = document.activeElement.closest('#events td');
    if (td && td !== except) this.#offer(td);
    else this.#tools.remove();
  }

  #click(e) {
    if (e.target.closest('.tools') || e.target.closest('a') || (!e.target.closest('button') && !getSelection().isCollapsed)) return;
    const row = e.target.closest('tr');
    if (row) this.#view.open(row.dataset.id);
  }

  // --- The keyboard: one stop for Tab, arrows from cell to cell -------------

  #stop(element) {
    for (const old of this.#body.querySelectorAll('[tabindex="0"]')) old.tabIndex = -1;
    if (element) element.tabIndex = 0;
  }

  #focused(target) {
    const td = target.closest('td');
    if (!td) return;
    if (!this.#tools.contains(target)) this.#stop(target);
    this.#offer(td);
    const keys = td.contains(this.#tools) ? 0 : -1;
    for (const button of this.#tools.children) button.tabIndex = keys;
  }

  #key(e) {
    const td = e.target.closest('td');
    if (!td || e.altKey || e.metaKey) return;
    const rows = this.#body.rows;
    let [row, cell] = [[...rows].indexOf(td.parentElement), td.cellIndex];
    switch (e.key) {
      case 'ArrowUp': row--; break;
      case 'ArrowDown': row++; break;
      case 'PageUp': row -= 10; break;
      case 'PageDown': row += 10; break;
      case 'ArrowLeft': cell--; break;
      case 'ArrowRight': cell++; break;
      case 'Home': cell = 0; if (e.ctrlKey) row = 0; break;
      case 'End': cell = Infinity; if (e.ctrlKey) row = Infinity; break;
      case 'Enter': if (e.target === td) this.#view.open(td.parentElement.dataset.id); else return; break;
      case 'Escape': if (!this.#tools.contains(e.target)) return; break;
      default: return;
    }
    e.preventDefault();
    row = Math.min(Math.max(row, 0), rows.length - 1);
    cell = Math.min(Math.max(cell, 0), td.parentElement.cells.length - 1);
    const next = rows[row].cells[cell];
    (next.querySelector('button.open') ?? next).focus();
  }
}

const absent = () => el('span', { class: 'absent' }, text.missing);
const words = (s) => (s ? [el('bdi', { class: 'line' }, ...bounded(s))] : [absent()]);

function badges(event) {
  return Object.entries(text.badges).filter(([name]) => event[name])
    .flatMap(([name, [word, why]]) => [' ', el('span', { class: `badge badge-${name}`, title: why }, word)]);
}

function user(event) {
  const cells = words(person(event));
  if (!impersonated(event)) return cells;
  const by = person(event, 'impersonator');
  return [...cells, ' ', el('span', { class: 'badge badge-impersonated', title: event.impersonation_reason?.slice(0, 300) },
    ...show(text.impersonatedBy(by.slice(0, 60))))];
}
