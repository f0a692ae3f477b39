// One event in full.
import { $, el, icon, onCopy } from './dom.js';
import { impersonated, instant, offset, plain, pretty, show, status } from './format.js';
import { impersonator, sentence, user } from './sentence.js';
import text from './strings.js';
import { filterable, links, pivots, rule } from './values.js';

// fill draws the event. view has fields, zone, links (templates), newer and older
// (neighbours in the table, or undefined) and the actions link(), filter(name,
// values, exclude), pivot(filters) and around().
export function fill(event, view) {
  $('drawer-when').replaceChildren(el('time', { datetime: event.time }, `${instant(event.time, view.zone)} ${offset(new Date(event.time), view.zone)}`));
  $('drawer-newer').disabled = !view.newer;
  $('drawer-older').disabled = !view.older;
  $('drawer-body').replaceChildren(
    el('h2', { id: 'drawer-title' }, ...show(sentence(event))),
    el('p', { class: 'tags' }, status(event), ...marks(event)),
    ...impersonation(event),
    actions(event, view),
    related(event, view),
    ...elsewhere(event, view),
    ...request(event, view),
    ...fields(event, view),
    raw(event),
    about(view));
  $('drawer-body').scrollTop = 0;
}

// fail says why there is no event to show.
export function fail(title, detail) {
  $('drawer-when').replaceChildren();
  $('drawer-newer').disabled = $('drawer-older').disabled = true;
  $('drawer-body').replaceChildren(el('h2', { id: 'drawer-title' }, title), el('p', {}, detail));
}

function marks(event) {
  return Object.entries(text.badges).filter(([name]) => event[name])
    .map(([name, [word, why]]) => el('span', { class: `badge badge-${name}` }, `${word}: ${why}`));
}

function impersonation(event) {
  if (!impersonated(event)) return [];
  return [el('section', { class: 'impersonation' },
    el('h3', {}, text.impersonation),
    el('p', { class: 'who' }, ...show(text.asUser(impersonator(event) || text.somebody, user(event)))),
    el('p', {}, ...(event.impersonation_reason ? show(text.impersonationReason(event.impersonation_reason)) : [text.impersonationNoReason])))];
}

// summary is safe to pass on: no address, no request.
const summary = (event) => `${event.time} ${sentence(event)}\n${event.id}`;

function actions(event, view) {
  const link = el('button', { type: 'button', id: 'event-link' }, text.eventLink);
  return el('p', { class: 'actions' },
    onCopy(link, () => view.link(event), text.copied),
    onCopy(el('button', { type: 'button', id: 'event-summary', title: text.summaryWhat }, text.summaryLink), () => summary(event), text.copied));
}

// related leads to the events that belong together with this one.
function related(event, view) {
  const buttons = Object.entries(pivots(event)).map(([name, filters]) => el('button', {
    type: 'button', title: Object.values(filters).join(' ').slice(0, 200), dataset: { pivot: name }, click: () => view.pivot(filters),
  }, text.pivots[name]));
  return el('section', {}, el('h3', {}, text.related),
    el('p', { class: 'actions' }, ...buttons, el('button', { type: 'button', id: 'around', click: () => view.around() }, text.around)));
}

// elsewhere are the links that the configuration names. They open beside this
// page, which stays as it is and does not say where the reader comes from.
function elsewhere(event, view) {
  const found = links(event, view.links);
  if (!found.length) return [];
  return [el('section', {}, el('h3', {}, text.elsewhere), el('p', { class: 'actions', id: 'links' },
    ...found.map(({ title, url }) => el('a', { class: 'button', href: url, target: '_blank', rel: 'noopener noreferrer', title: text.opensBeside(new URL(url).host) },
      el('span', {}, title), icon('out'), el('span', { class: 'sr' }, text.newTab)))))];
}

function request(event, view) {
  if (event.request === undefined) return [];
  const shown = show(pretty(event.request) ?? event.request);
  const removed = (event.redactions ?? []).filter((r) => r.startsWith('request'));
  const marked = removed.length > 0 || shown.some((n) => n.classList?.contains('redacted'));
  const meaning = view.fields.find((f) => f.name === 'request')?.meaning;
  return [el('section', {}, el('h3', {}, text.request),
    el('p', { class: 'muted' }, [meaning, marked && text.requestRedacted].filter(Boolean).join(' ')),
    el('pre', { id: 'request', tabindex: 0 }, ...shown),
    removed.length > 0 && el('ul', { id: 'removed', class: 'muted' }, ...removed.map((r) => el('li', {},
      el('bdi', {}, ...show(r.slice(0, r.lastIndexOf(': ')))), text.removedHere(rule(r))))))];
}

function fields(event, view) {
  const known = [{ name: 'id', title: text.id[0], meaning: text.id[1], kind: 'text' }, ...view.fields];
  const unknown = Object.keys(event).filter((name) => !known.some((f) => f.name === name))
    .map((name) => ({ name, title: name, meaning: text.otherField, kind: typeof event[name] === 'object' ? 'object' : 'text' }));
  const all = [...known, ...unknown];
  const present = all.filter((f) => event[f.name] !== undefined && f.name !== 'request');
  const missing = all.filter((f) => event[f.name] === undefined);
  return [
    el('section', {}, el('h3', {}, text.fields), el('dl', { id: 'fields' }, ...present.map((f) => entry(event, f, view)))),
    missing.length > 0 && el('details', { class: 'more' }, el('summary', {}, icon('chevron'), text.absent(missing.length)),
      el('dl', {}, ...missing.map((f) => entry(event, f, view)))),
  ].filter(Boolean);
}

function entry(event, field, view) {
  return el('div', { dataset: { field: field.name } },
    el('dt', {}, el('span', {}, field.title || field.name), el('small', {}, field.meaning)),
    el('dd', {}, ...value(event, field, view)));
}

function value(event, field, view) {
  const v = event[field.name];
  if (v === undefined) return [el('span', { class: 'absent' }, text.missing)];
  if (field.name === 'status') return [status(event), ...filterBy(event, field, view)];
  if (field.kind === 'instant') return [el('time', { datetime: v }, `${instant(v, view.zone)} ${offset(new Date(v), view.zone)}`), el('small', {}, v)];
  if (field.kind === 'object') return [el('pre', {}, ...show(JSON.stringify(v, null, 2)))];
  if (Array.isArray(v)) return [el('ul', {}, ...v.map((item) => el('li', {}, el('bdi', {}, ...show(item)), ...filterBy({ ...event, [field.name]: [item] }, field, view))))];
  return [el('bdi', {}, ...show(plain(v, field.kind, view.zone))), ...filterBy(event, field, view)];
}

// filterBy offers to include or to exclude a value.
function filterBy(event, field, view) {
  const found = filterable(event, field.name);
  if (!found) return [];
  const label = found.values.join(', ').slice(0, 80);
  const button = (name, exclude, words) => el('button', {
    type: 'button', class: `quiet ${name}`, title: words(field.title || field.name, label), 'aria-label': words(field.title || field.name, label),
    dataset: { filter: found.filter }, click: () => view.filter(found.filter, found.values, exclude),
  }, icon(name));
  return [el('span', { class: 'by' }, button('include', false, text.includeCell), button('exclude', true, text.excludeCell))];
}

function raw(event) {
  const json = JSON.stringify(event, null, 2);
  return el('details', { class: 'more', id: 'raw' }, el('summary', {}, icon('chevron'), text.raw),
    onCopy(el('button', { type: 'button' }, text.copyRaw), () => json, text.copied),
    el('pre', {}, ...show(json)));
}

// about says of every field where its value comes from and how it is redacted.
function about(view) {
  const source = (f) => (f.from?.length ? text.takenFrom(f.from.join(', ')) : '');
  return el('details', { class: 'more', id: 'about' }, el('summary', {}, icon('chevron'), text.about),
    el('dl', {}, ...view.fields.map((f) => el('div', {}, el('dt', {}, el('span', {}, f.title || f.name), el('small', {}, f.name)),
      el('dd', {}, ...[f.meaning, source(f), f.redaction && text.redactedHow(f.redaction)].filter(Boolean).map((line) => el('p', {}, line)))))));
}
