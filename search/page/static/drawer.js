// One event in full.
import { $, el, icon, onCopy } from './dom.js';
import { fullPerson, impersonated, instant, offset, plain, pretty, show, status } from './format.js';
import { sentence } from './sentence.js';
import text from './strings.js';

// The filters that a value of an event can be added to.
const filterOf = { method: 'method', 'entity.type': 'entity_type', area: 'area' };

// fill draws the event. view has fields, zone, newer and older (neighbours in
// the table, or undefined) and the actions link(), filter() and around().
export function fill(event, view) {
  $('drawer-when').replaceChildren(el('time', { datetime: event.time }, `${instant(event.time, view.zone)} ${offset(new Date(event.time), view.zone)}`));
  $('drawer-newer').disabled = !view.newer;
  $('drawer-older').disabled = !view.older;
  $('drawer-body').replaceChildren(
    el('h2', { id: 'drawer-title' }, ...show(sentence(event))),
    el('p', { class: 'tags' }, status(event), ...marks(event)),
    ...impersonation(event),
    actions(event, view),
    ...request(event, view),
    ...fields(event, view),
    raw(event));
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
  const actor = fullPerson(event, 'impersonator') || text.somebody;
  const user = fullPerson(event, 'user') || text.somebody;
  return [el('section', { class: 'impersonation' },
    el('h3', {}, text.impersonation),
    el('p', { class: 'who' }, ...show(text.impersonationWho(actor, user))),
    el('p', {}, ...(event.impersonation_reason ? show(text.impersonationReason(event.impersonation_reason)) : [text.impersonationNoReason])))];
}

// summary is safe to pass on: no address, no request.
const summary = (event) => `${event.time} ${sentence(event)}\n${event.id}`;

function actions(event, view) {
  const button = (label) => el('button', { type: 'button' }, label);
  const link = button(text.eventLink);
  link.id = 'event-link';
  const around = button(text.around);
  around.id = 'around';
  around.addEventListener('click', () => view.around(event));
  return el('p', { class: 'actions' },
    onCopy(link, () => view.link(event), text.copied),
    onCopy(button(text.summaryLink), () => summary(event), text.copied), around);
}

function request(event, view) {
  if (event.request === undefined) return [];
  const shown = show(pretty(event.request) ?? event.request);
  const redacted = shown.some((n) => n.classList?.contains('redacted'));
  const meaning = view.fields.find((f) => f.name === 'request')?.meaning;
  return [el('section', {}, el('h3', {}, text.request),
    el('p', { class: 'muted' }, [meaning, redacted && text.requestRedacted].filter(Boolean).join(' ')),
    el('pre', { id: 'request' }, ...shown))];
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
  if (field.name === 'status') return [status(event)];
  if (field.kind === 'instant') return [el('time', { datetime: v }, `${instant(v, view.zone)} ${offset(new Date(v), view.zone)}`), el('small', {}, v)];
  if (field.kind === 'object') return [el('pre', {}, ...show(JSON.stringify(v, null, 2)))];
  if (Array.isArray(v) && field.name === 'redactions') return [el('ul', {}, ...v.map((item) => redaction(item, field, view)))];
  const nodes = [el('bdi', {}, ...show(plain(v, field.kind, view.zone)))];
  const filter = filterOf[field.name];
  if (filter) nodes.push(pivot(filter, field.title, v, view));
  return nodes;
}

// redaction is one "path: rule", with the filter by its rule.
function redaction(item, field, view) {
  const rule = item.slice(item.lastIndexOf(': ') + 2);
  return el('li', {}, el('bdi', {}, ...show(item)), pivot('redaction', field.title, rule, view));
}

function pivot(filter, title, v, view) {
  return el('button', {
    type: 'button', class: 'quiet pivot', 'aria-label': text.filterByLabel(title, v.slice(0, 80)), dataset: { filter },
    click: () => view.filter(filter, v),
  }, text.filterBy);
}

function raw(event) {
  const json = JSON.stringify(event, null, 2);
  return el('details', { class: 'more', id: 'raw' }, el('summary', {}, icon('chevron'), text.raw),
    onCopy(el('button', { type: 'button' }, text.copyRaw), () => json, text.copied),
    el('pre', {}, ...show(json)));
}
