// What is in view, and its form in the page's address. The parameters have the
// names of the API; relative times stay relative.

export const ranges = ['now-15m', 'now-1h', 'now-24h', 'now-7d', 'now-30d'];
// Filters with a menu of the values there are; those that are typed; and all.
export const menuNames = ['user', 'role', 'status', 'area', 'action', 'entity_type', 'method', 'service'];
export const typedNames = ['ip', 'entity_id', 'impersonated', 'session', 'trace', 'redaction', 'fingerprint'];
export const filterNames = [...menuNames, ...typedNames, 'q'];
// Each filter under the name of its parameter: "method" includes, "method!" excludes.
export const filterKeys = filterNames.flatMap((name) => [name, `${name}!`]);
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

export const noFilters = () => Object.fromEntries(filterKeys.map((key) => [key, []]));

export function empty() {
  return { account: '', start: 'now-24h', end: '', filters: noFilters(), order: 'newest', limit: sizes[0], cursor: '', columns: null, zone: '', event: '' };
}

export function read(search) {
  const p = new URLSearchParams(search);
  const state = empty();
  state.account = p.get('account') || '';
  state.start = p.get('start') || state.start;
  state.end = p.get('end') || '';
  for (const key of filterKeys) state.filters[key] = [...new Set(p.getAll(key))].filter(Boolean);
  state.order = p.get('order') === 'oldest' ? 'oldest' : 'newest';
  state.limit = sizes.includes(Number(p.get('limit'))) ? Number(p.get('limit')) : sizes[0];
  state.cursor = p.get('cursor') || '';
  state.columns = p.get('columns')?.split(',').filter(Boolean) ?? null;
  state.zone = ['utc', 'local'].includes(p.get('zone')) ? p.get('zone') : '';
  state.event = p.get('event') || '';
  return state;
}

function appendFilters(p, state) {
  for (const key of filterKeys) for (const value of state.filters[key]) p.append(key, value);
  return p;
}

// address is the path and query of a state; what is as it would be anyway is left out.
export function address(state) {
  const p = new URLSearchParams();
  if (state.account) p.set('account', state.account);
  if (state.start !== 'now-24h' || state.end) p.set('start', state.start);
  if (state.end) p.set('end', state.end);
  appendFilters(p, state);
  if (state.order !== 'newest') p.set('order', state.order);
  if (state.limit !== sizes[0]) p.set('limit', state.limit);
  if (state.columns) p.set('columns', state.columns.join(','));
  if (state.zone) p.set('zone', state.zone);
  if (state.cursor) p.set('cursor', state.cursor);
  if (state.event) p.set('event', state.event);
  const query = p.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%21=', '!=');
  return query ? `/?${query}` : '/';
}

// fixed is a state with its relative times made absolute, for what must show the
// same events later: a link, an export.
export function fixed(state, now = Date.now()) {
  const at = (text) => resolve(text, now)?.toISOString() ?? text;
  return { ...state, start: at(state.start), end: at(state.end || 'now'), cursor: '' };
}

// accountQuery is the account alone, for the API.
export const accountQuery = (state) => new URLSearchParams(state.account ? { account: state.account } : {});

// windowQuery is the window of the account, for the API.
export function windowQuery(state) {
  const p = accountQuery(state);
  p.set('start', state.start);
  if (state.end) p.set('end', state.end);
  return p;
}

// filterQuery is the window and the filters, for the API.
export const filterQuery = (state) => appendFilters(windowQuery(state), state);

// eventsQuery is one page of events, for the API.
export function eventsQuery(state) {
  const p = filterQuery(state);
  if (state.order !== 'newest') p.set('order', state.order);
  p.set('limit', state.limit);
  if (state.cursor) p.set('cursor', state.cursor);
  return p;
}

export const filtered = (state) => filterKeys.some((key) => state.filters[key].length > 0);

// follows says whether new events belong on top of what is in view.
export const follows = (state) => !state.end && !state.cursor && state.order === 'newest';
