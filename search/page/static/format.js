// Values as people read them. Text of events is hostile until shown: it only
// ever becomes text nodes, and characters that cannot be seen are spelled out.
import { el, icon } from './dom.js';
import text from './strings.js';

const pad = (n, width = 2) => String(n).padStart(width, '0');

// offset is the zone's distance from UTC at a time: "UTC", "UTC+05:30".
export function offset(date, zone) {
  if (zone !== 'local') return 'UTC';
  const minutes = -date.getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(abs / 60))}:${pad(abs % 60)}`;
}

// shift moves a time so that its UTC parts read as those of the zone.
const shift = (date, zone) => (zone === 'local' ? new Date(date.getTime() - date.getTimezoneOffset() * 6e4) : date);

// instant writes a time to milliseconds; without them if short.
export function instant(value, zone, short = false) {
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return String(value);
  return shift(date, zone).toISOString().replace('T', ' ').slice(0, short ? 19 : 23);
}

// inputTime and timeInput convert to and from the value of a datetime-local input.
export const inputTime = (date, zone) => shift(date, zone).toISOString().slice(0, 19);
export function timeInput(value, zone) {
  const date = new Date(zone === 'local' ? value : `${value}Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}

// Markers of the redaction, then characters that are invisible or change the
// direction of what follows. Joiners are left alone in scripts that need them.
const special = /\[redacted(?::([^\]\s]{1,64}))?\]|\[\d+ [a-z]+ omitted\]|[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d])[\u200c\u200d]/gu;

// show returns nodes for a text.
export function show(value) {
  const nodes = [];
  let last = 0;
  for (const match of value.matchAll(special)) {
    if (match.index > last) nodes.push(value.slice(last, match.index));
    nodes.push(mark(match));
    last = match.index + match[0].length;
  }
  if (last < value.length) nodes.push(value.slice(last));
  return nodes;
}

function mark([found, rule]) {
  if (found.startsWith('[redacted')) return el('mark', { class: 'redacted', title: rule ? text.removedBy(rule) : text.omitted }, found);
  if (found.startsWith('[')) return el('mark', { class: 'redacted', title: text.omitted }, found);
  const code = `U+${found.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  return el('span', { class: 'invisible', title: text.invisible(code) }, code);
}

// bounded is show for one line of a table.
export function bounded(value, max = 240) {
  if (value.length <= max) return show(value);
  return [...show(value.slice(0, max).replace(/[\ud800-\udbff]$/, '')), '…'];
}

// plain is a value as one text.
export function plain(value, kind, zone) {
  if (value === undefined || value === null) return text.missing;
  if (kind === 'instant') return instant(value, zone);
  if (kind === 'flag') return value ? text.yes : text.no;
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object') return value.rawJSON ?? JSON.stringify(value);
  return String(value);
}

const statuses = ['success', 'failure'];

// status is an icon, the word and the code: never colour alone.
export function status(event) {
  const value = event.status ?? 'unknown';
  const known = statuses.includes(value) ? value : 'unknown';
  const word = el('span', { class: 'word' }, ...bounded(value));
  return el('span', { class: `status ${known}` }, icon(known), word,
    ...(event.status_code === undefined ? [] : [' ', el('span', { class: 'code' }, String(event.status_code))]));
}

// person is who did it: login, else full name, e-mail address, identifier.
export function person(event, prefix = 'user', order = ['name', 'full_name', 'email', 'id']) {
  for (const part of order) if (event[`${prefix}.${part}`]) return event[`${prefix}.${part}`];
  return '';
}

// fullPerson prefers the full name.
export const fullPerson = (event, prefix) => person(event, prefix, ['full_name', 'name', 'email', 'id']);

export const impersonated = (event) => event.impersonated === true || person(event, 'impersonator') !== '';

// pretty indents a JSON text without touching its tokens, so that numbers and
// repeated names stay as they are; null if it is no JSON object or array.
export function pretty(json) {
  const start = json.trimStart()[0];
  if (start !== '{' && start !== '[') return null;
  try { JSON.parse(json); } catch { return null; }
  const parts = [];
  let depth = 0;
  const line = () => '\n' + '  '.repeat(Math.min(depth, 16));
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gs)) {
    if (token === '{' || token === '[') {
      depth++;
      parts.push(token, line());
    } else if (token === '}' || token === ']') {
      depth--;
      if (parts.at(-2) === (token === '}' ? '{' : '[') && parts.at(-1)[0] === '\n') parts.splice(-1, 1, token);
      else parts.push(line(), token);
    } else if (token === ',') parts.push(',', line());
    else parts.push(token === ':' ? ': ' : token);
  }
  return parts.join('');
}
