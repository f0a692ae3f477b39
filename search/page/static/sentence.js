// One plain sentence for an event. It never says more than the event does: an
// action is told in words only if nothing of it is lost, else it is quoted.
import { fullPerson, impersonated } from './format.js';
import text from './strings.js';

const words = (s) => s.replace(/([a-z\d])([A-Z])/g, '$1 $2').toLowerCase().split(/[^\p{L}\d]+/u).filter(Boolean);
const singular = (word) => word.replace(/s$/, '');

const named = (event, prefix) => {
  const roles = event[`${prefix}.roles`] ?? [];
  const name = fullPerson(event, prefix) || (prefix === 'user' ? text.somebody : '');
  return name && roles.length ? text.roles(name, roles.join(', ')) : name;
};

// user and impersonator are a person with the roles; the impersonator may be ''.
export const user = (event) => named(event, 'user');
export const impersonator = (event) => named(event, 'impersonator');

export function subject(event) {
  const actor = impersonated(event) && impersonator(event);
  return actor ? text.asUser(actor, user(event)) : user(event);
}

// verb is the one word of the action beside the entity's type, if it is known.
function verb(event) {
  const type = words(event['entity.type'] ?? '').map(singular);
  const all = words(event.action);
  const rest = all.filter((w) => !type.includes(singular(w)));
  const whole = all.join('');
  if (Object.hasOwn(text.verbsAlone, whole)) return { forms: text.verbsAlone[whole], alone: true };
  if (rest.length !== 1 || !type.length || !Object.hasOwn(text.verbs, rest[0])) return null;
  return { forms: text.verbs[rest[0]] };
}

function what(event) {
  const entity = [event['entity.type'], event['entity.id']].filter(Boolean).join(' ');
  const parts = [];
  const found = event.action ? verb(event) : null;
  const done = event.status === 'success';
  if (found) parts.push(done ? found.forms[0] : text.tried(found.forms[1]));
  else if (event.action) parts.push(done || event.status !== 'failure' ? text.performed(event.action) : text.triedPerform(event.action));
  else parts.push(text.didSomething);
  if (entity) parts.push(found?.alone ? text.aside(entity) : found ? entity : text.on(entity));
  if (event.area) parts.push(text.inArea(event.area));
  return parts.join(' ');
}

export function sentence(event) {
  return text.sentence(subject(event), what(event), text.took(event.status ?? 'unknown', event.status_code, event.duration));
}
