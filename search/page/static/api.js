// The API of the same origin. The session is a cookie that no script can read.

// A Problem is an answer that is no success: problem+json (RFC 9457), or no
// answer at all (status 0).
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = 0) {
    super(body.title || `status ${status}`);
    this.status = status;
    this.detail = body.detail || '';
    this.retryAfter = retryAfter;
  }
}

// exact keeps whole numbers that a JavaScript number cannot hold as they were
// written, where the browser can.
function exact(_, value, context) {
  if (typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') && JSON.rawJSON) {
    return JSON.rawJSON(context.source);
  }
  return value;
}

export const parse = (json) => JSON.parse(json, exact);

const base = '/api/v1/';

async function call(path, query, init = {}) {
  let response;
  try {
    response = await fetch(base + path + (query?.size ? `?${query}` : ''), {
      credentials: 'same-origin', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer', ...init,
    });
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    throw new Problem(0);
  }
  const text = await response.text();
  if (response.ok) return text ? parse(text) : null;
  let body = {};
  try { body = JSON.parse(text); } catch { /* no problem+json: the status says enough */ }
  throw new Problem(response.status, body, Number(response.headers.get('Retry-After')) || 0);
}

const post = (path, body) => call(path, null, {
  method: 'POST',
  headers: { 'X-Auditlog': '1', 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

export const ways = () => call('signin');
export const signIn = (secret) => post('signin', { secret });
export const signOut = () => post('signout', {});
export const session = (query) => call('session', query);
export const fields = async () => (await call('fields')).fields;
export const events = (query, signal) => call('events', query, { signal });
export const event = (id, query) => call(`events/${encodeURIComponent(id)}`, query);
export const filters = (query) => call('filters', query);
export const summary = (query, signal) => call('summary', query, { signal });
export const arrivals = (query, signal) => call('arrivals', query, { signal });
export const tail = (query) => new EventSource(`${base}tail?${query}`);
export const exportAddress = (format, query) => `${base}events.${format}?${query}`;
