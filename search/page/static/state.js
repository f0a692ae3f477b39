// What is in view, and its form in the page's address. The parameters have the
// names of the API; relative times stay relative.

export const ranges = ['now-15m', 'now-1h', 'now-24h', 'now-7d', 'now-30d'];
// Filters with a menu, and all: the others are set from an event, and shown as chips.
export const menuNames = ['method', 'entity_type', 'area'];
export const filterNames = [...menuNames, 'redaction'];
export const sizes = [50, 100, 200];

const units = { s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

// resolve turns "now", "now-24h" or an RFC 3339 time into a Date; null if it is
// none of them.
export function resolve(text, now = Date.now()) {
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(text);
  if (relative) return new Date(now - (relative[1] ? relative[1] * units[relative[2]] : 0));
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : null;
  return time && !Number.isNaN(time.getTime()) ? time : null;
}

// length is that of a relative range up to now, in milliseconds.
export const length = (range) => -resolve(range, 0);

export function empty() {
  return { start: 'now-24h', end: '', filters: Object.fromEntries(filterNames.map((n) => [n, []])), limit: 50, cursor: '', zone: '', event: '' };
}

export function read(search) {
  const p = new URLSearchParams(search);
  const state = empty();
  state.start = p.get('start') || state.start;
  state.end = p.get('end') || '';
  for (const name of filterNames) state.filters[name] = [...new Set(p.getAll(name))].filter(Boolean);
  state.limit = sizes.includes(Number(p.get('limit'))) ? Number(p.get('limit')) : sizes[0];
  state.cursor = p.get('cursor') || '';
  state.zone = ['utc', 'local'].includes(p.get('zone')) ? p.get('zone') : '';
  state.event = p.get('event') || '';
  return state;
}

// address is the path and query of a state; what is as it would be anyway is left out.
export function address(state) {
  const p = new URLSearchParams();
  if (state.start !== 'now-24h' || state.end) p.set('start', state.start);
  if (state.end) p.set('end', state.end);
  for (const name of filterNames) for (const value of state.filters[name]) p.append(name, value);
  if (state.limit !== sizes[0]) p.set('limit', state.limit);
  if (state.zone) p.set('zone', state.zone);
  if (state.cursor) p.set('cursor', state.cursor);
  if (state.event) p.set('event', state.event);
  const query = p.toString().replaceAll('%3A', ':');
  return query ? `/?${query}` : '/';
}

// fixed is a state with its relative times made absolute, for a link that shows
// the same events later.
export function fixed(state, now = Date.now()) {
  const at = (text) => resolve(text, now)?.toISOString() ?? text;
  return { ...state, start: at(state.start), end: at(state.end || 'now'), cursor: '' };
}

// windowQuery is the window alone, for the API.
export function windowQuery(state) {
  const p = new URLSearchParams({ start: state.start });
  if (state.end) p.set('end', state.end);
  return p;
}

// eventsQuery is one page of events, for the API.
export function eventsQuery(state) {
  const p = windowQuery(state);
  for (const name of filterNames) for (const value of state.filters[name]) p.append(name, value);
  p.set('limit', state.limit);
  if (state.cursor) p.set('cursor', state.cursor);
  return p;
}

export const filtered = (state) => filterNames.some((n) => state.filters[n].length > 0);
