// Which filters the values of an event belong to.
import { person } from './format.js';

// The parameters of the API that filter by a field, as /api/v1/fields has them.
const filterOf = {
  'user.name': 'user', 'user.full_name': 'user', 'user.id': 'user', 'user.email': 'user', 'user.roles': 'role',
  'impersonator.name': 'user', 'impersonator.full_name': 'user', 'impersonator.id': 'user', 'impersonator.email': 'user',
  method: 'method', area: 'area', action: 'action', 'entity.type': 'entity_type', 'entity.id': 'entity_id', status: 'status', ip: 'ip',
  impersonated: 'impersonated', session_id: 'session', trace_id: 'trace', service: 'service', redactions: 'redaction', fingerprints: 'fingerprint',
};

// rule is that of a redaction, "path: rule".
export const rule = (redaction) => redaction.slice(redaction.lastIndexOf(': ') + 2);

// shown is the value of a column, which for a person is the best name there is.
function shown(event, name) {
  if (name === 'user.name') return person(event);
  if (name === 'impersonator.name') return person(event, 'impersonator');
  return event[name];
}

// filterable returns the filter of a field and the event's values for it; null
// where there is none.
export function filterable(event, name) {
  const filter = filterOf[name];
  const value = filter && shown(event, name);
  if (value === undefined || value === null || value === '') return null;
  const values = [value].flat().map(String).map((v) => (filter === 'redaction' ? rule(v) : v)).filter(Boolean);
  return values.length ? { filter, values: [...new Set(values)] } : null;
}

// pivots are the searches for what belongs together with an event, by name.
export function pivots(event) {
  const found = {
    user: { user: person(event) },
    session: { session: event.session_id },
    trace: { trace: event.trace_id },
    entity: { entity_type: event['entity.type'], entity_id: event['entity.id'] },
  };
  if (!event['entity.id']) delete found.entity;
  for (const [name, filters] of Object.entries(found)) {
    for (const key of Object.keys(filters)) if (!filters[key]) delete filters[key];
    if (!Object.keys(filters).length) delete found[name];
  }
  return found;
}

// links are the links out of the page for an event: of each template those whose
// values the event has. A template leads to one https origin whatever the values
// are, and a value stays one piece of the address.
export function links(event, templates) {
  return templates.flatMap(({ title, url }) => {
    if (!/^https:\/\/[^/?#{}@\\\s]+(?:[/?#]|$)/i.test(url)) return [];
    let complete = true;
    const filled = url.replace(/\{([^{}]*)\}/g, (_, name) => {
      const value = [event[name] ?? ''].flat().join(',');
      if (value === '' || /^\.+$/.test(value) || typeof event[name] === 'object' && !Array.isArray(event[name])) complete = false;
      return encodeURIComponent(value.toWellFormed());
    });
    return complete && URL.canParse(filled) ? [{ title, url: filled }] : [];
  });
}
