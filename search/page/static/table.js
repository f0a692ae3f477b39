// The table of events.
import { $, el } from './dom.js';
import { bounded, impersonated, instant, offset, person, plain, show, status } from './format.js';
import text from './strings.js';

// draw fills the table; open(event) is called for the one that is chosen.
export function draw(events, columns, zone, open) {
  const here = offset(new Date(), zone);
  const head = $('events').tHead.rows[0];
  head.replaceChildren(...columns.map((f) => el('th', { scope: 'col', role: 'columnheader', title: f.meaning, dataset: { field: f.name, kind: f.kind, ...(f.kind === 'instant' && { zone: here }) } }, f.title)));
  $('events').tBodies[0].replaceChildren(...events.map((e) => row(e, columns, { zone, here, open })));
}

function row(event, columns, view) {
  const tr = el('tr', { role: 'row', dataset: { id: event.id } });
  if (impersonated(event)) tr.classList.add('impersonated');
  for (const field of columns) {
    const td = el('td', { role: 'cell', dataset: { field: field.name, kind: field.kind, title: field.title } });
    td.append(...cell(event, field, view));
    tr.append(td);
  }
  tr.addEventListener('click', (e) => {
    if (e.target.closest('button, a') || !getSelection().isCollapsed) return;
    view.open(event.id);
  });
  return tr;
}

function cell(event, field, view) {
  const value = event[field.name];
  switch (field.name) {
    case 'time': return [opener(event, view), ...badges(event)];
    case 'user.name': return user(event);
    case 'status': return [status(event)];
    case 'impersonator.name': return words(person(event, 'impersonator'));
  }
  if (value === undefined || value === null) return [absent()];
  if (field.kind === 'instant') return [time(value, view)];
  return words(plain(value, field.kind, view.zone));
}

const absent = () => el('span', { class: 'absent' }, text.missing);
const words = (s) => (s ? [el('bdi', { class: 'line' }, ...bounded(s))] : [absent()]);

function time(value, { zone, here }) {
  const own = offset(new Date(value), zone);
  return el('time', { datetime: value, title: value }, instant(value, zone), own !== here && ` ${own}`);
}

function opener(event, view) {
  const when = time(event.time, view);
  return el('button', { type: 'button', class: 'open', 'aria-label': text.openAt(when.textContent), click: () => view.open(event.id) }, when);
}

function badges(event) {
  return Object.entries(text.badges).filter(([name]) => event[name])
    .map(([name, [word, why]]) => el('span', { class: `badge badge-${name}`, title: why }, word));
}

function user(event) {
  const cells = words(person(event));
  if (!impersonated(event)) return cells;
  const by = person(event, 'impersonator');
  return [...cells, el('span', { class: 'badge badge-impersonated', title: event.impersonation_reason?.slice(0, 300) },
    ...show(text.impersonatedBy(by.slice(0, 60))))];
}
