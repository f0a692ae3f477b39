// The page: keeps the state, its address and what is drawn in step.
import * as api from './api.js';
import { Columns } from './columns.js';
import { $, announce, closeMenus, el, onCopy, recall, remember, watchMenus } from './dom.js';
import * as drawer from './drawer.js';
import { Exports } from './export.js';
import { Filters } from './filters.js';
import { inputTime, instant, offset, timeInput } from './format.js';
import { Histogram } from './histogram.js';
import { Live } from './live.js';
import * as st from './state.js';
import text from './strings.js';
import { Table } from './table.js';
import { filterable } from './values.js';

const day = 864e5;
const sampleService = 'auditlog-sample';
const mostRows = 1000; // rows up to which events are added as they arrive

let state = st.read(location.search);
let trail = history.state?.trail ?? null; // cursors of the pages before this one; null if unknown
let session = null;
let fields = [];
let columns = null;
let page = { events: [] };
let summary = null; // counts of what is in view; null if unknown
let offered = ''; // window whose values the filters offer
let counted = ''; // window and filters whose counts are shown
let loading = null;
let counting = null;
let opened = null; // event in the drawer
let secret = null; // of a sign-in link, until it was exchanged

const zone = () => state.zone || recall('zone') || 'utc';
const filters = new Filters((chosen) => go({ filters: chosen, cursor: '' }));
const histogram = new Histogram((start, end) => go({ start: new Date(start).toISOString(), end: new Date(end).toISOString(), cursor: '' }));
const exports = new Exports({ state: () => state, columns: () => columns.shown.map((f) => f.name), failed: refused });
const table = new Table({
  open: openEvent,
  sort: () => go({ order: state.order === 'newest' ? 'oldest' : 'newest', cursor: '' }),
  filterable: (id, field) => filterable(page.events.find((e) => e.id === id) ?? {}, field),
  filter: (id, field, exclude) => {
    const found = filterable(page.events.find((e) => e.id === id), field);
    filters.add(found.filter, found.values, exclude);
  },
});
const live = new Live({ query: () => st.filterQuery(state), count: renderNews, arrived, state: renderLive, failed: liveFailed });

// --- Moving on -------------------------------------------------------------

// go changes the state as a new entry of the history, and shows it.
function go(changes, steps = null) {
  state = { ...state, ...changes, event: '' };
  trail = state.cursor ? steps : null;
  history.pushState({ trail }, '', st.address(state));
  return load();
}

// settle changes the state in the entry of the history that there is.
function settle(changes) {
  state = { ...state, ...changes };
  history.replaceState(history.state, '', st.address(state));
}

function restore() {
  const [before, shownIn, account] = [key(state), zone(), state.account];
  state = st.read(location.search);
  trail = history.state?.trail ?? null;
  if (!session || state.account !== account) return start();
  const changed = columns.use(state.columns);
  if (key(state) !== before) return load();
  controls();
  if (changed || zone() !== shownIn) render();
  return showEvent();
}

const key = (s) => st.address({ ...s, event: '', zone: '', columns: null });

// --- Loading ---------------------------------------------------------------

async function start() {
  body('starting');
  const { signin, signin_failed: reason } = takeFragment();
  if (reason) return signedOut(reason);
  secret = signin ?? secret;
  try {
    if (secret) await api.signIn(secret);
    secret = null;
  } catch (problem) {
    if (problem.status !== 401) return failed(problem); // trying again may help
    secret = null;
    // A used link in a browser that is signed in already does no harm.
    try { await api.session(); } catch { return signedOut('link'); }
  }
  try {
    [session, fields] = await Promise.all([api.session(), api.fields()]);
    await chooseAccount();
  } catch (problem) {
    session = null;
    return problem.status === 401 ? signedOut() : failed(problem);
  }
  columns = new Columns(fields, state.columns, (names) => { settle({ columns: names }); render(); });
  account();
  $('signed-out').hidden = true;
  return load(true);
}

// chooseAccount settles which of several accounts is in view.
async function chooseAccount() {
  const { accounts } = session;
  if (accounts.length < 2) return;
  if (!state.account) settle({ account: accounts.includes(recall('account')) ? recall('account') : accounts[0] });
  session = { ...session, ...await api.session(st.accountQuery(state)), accounts };
}

// takeFragment takes the one-time secret of a sign-in link, or why a sign-in
// failed, out of the address and the history before anything else happens.
function takeFragment() {
  const taken = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (location.hash) history.replaceState(history.state, '', location.pathname + location.search);
  return taken;
}

async function load(fresh = false) {
  loading?.abort();
  const mine = loading = new AbortController();
  if (live.on && !st.follows(state)) live.pause();
  controls();
  busy(true);
  if (fresh || offered !== windowKey()) offerValues();
  if (fresh || counted !== countKey()) count();
  try {
    const answer = await api.events(st.eventsQuery(state), mine.signal);
    if (mine !== loading) return;
    page = answer;
  } catch (problem) {
    if (mine !== loading || problem.name === 'AbortError') return;
    loading = null;
    busy(false);
    if (problem.status === 401) return signedOut('expired');
    return failed(problem);
  }
  loading = null;
  busy(false);
  render();
  $('scroller').scrollTop = 0;
  announce(text.announceRows(page.events.length));
  // Pages after the first have no cursor of arrival: counting goes on from that
  // of the first.
  if (page.arrived || state.end) live.follow(state.end ? null : page.arrived);
  $('live').hidden = !page.arrived && !state.cursor;
  await showEvent();
}

const windowKey = () => st.windowQuery(state).toString();
const countKey = () => st.filterQuery(state).toString();

async function offerValues() {
  const wanted = windowKey();
  offered = wanted;
  try {
    const values = await api.filters(st.windowQuery(state));
    if (wanted === windowKey()) filters.offer(values);
  } catch {
    if (wanted !== windowKey()) return;
    filters.offer(null); // the events say why
    offered = '';
  }
}

// count loads the counts over time of what is in view.
async function count() {
  const wanted = counted = countKey();
  counting?.abort();
  counting = new AbortController();
  summary = null;
  try {
    const answer = await api.summary(st.filterQuery(state), counting.signal);
    if (wanted !== countKey() || !session) return;
    summary = { ...answer, ...windowOf(answer) };
    renderSummary();
  } catch (problem) {
    if (problem.name === 'AbortError' || wanted !== countKey() || !session) return;
    counted = '';
    if (problem.status === 404) histogram.hide(); // a server without counts
    else histogram.fail();
  }
}

// windowOf is the window of a summary. One without an end goes up to now, or to
// the last event if that is of a clock that goes ahead.
function windowOf(answer) {
  const asked = windowNow();
  const last = answer.buckets.findLast((b) => b.success + b.failure + b.unknown > 0);
  return {
    start: Math.max(asked.start, Date.parse(answer.start ?? '') || 0), // nothing is older than the retention
    end: Math.max(asked.end, state.end || !last ? 0 : Date.parse(last.start) + 1),
  };
}

const windowNow = () => ({ start: (st.resolve(state.start) ?? new Date()).getTime(), end: (st.resolve(state.end || 'now') ?? new Date()).getTime() });

// --- Drawing ---------------------------------------------------------------

function body(name) { document.body.dataset.state = name; }

function only(id) {
  for (const other of ['error', 'empty', 'loading', 'partial-only']) $(other).hidden = other !== id;
  $('events').hidden = id !== null && id !== 'table';
  $('scroller').hidden = $('events').hidden;
}

function busy(on) {
  $('review').hidden = false;
  $('signed-out').hidden = true;
  $('events').setAttribute('aria-busy', String(on));
  if (!on) return;
  body('loading');
  $('partial').hidden = true;
  if (!page.events.length || !$('error').hidden) only('loading');
}

function render() {
  const none = page.events.length === 0;
  const partial = Boolean(page.partial_until);
  drawRows();
  $('over').hidden = false;
  only(!none ? 'table' : partial ? 'partial-only' : 'empty');
  if (none) renderEmpty();
  $('partial').hidden = !partial;
  if (partial) $('partial-text').textContent = text.partial(instant(page.partial_until, zone(), true), offset(new Date(page.partial_until), zone()), page.events.length);
  $('further').hidden = !page.next;
  $('sample-notice').hidden = !page.events.some((e) => e.service === sampleService);
  renderSummary();
  renderPages();
  body(!none ? 'ready' : partial ? 'partial' : 'empty');
}

function drawRows() {
  $('caption').textContent = text.caption(state.order === 'oldest');
  table.draw(page.events, columns.shown, zone(), state.order);
}

function renderSummary() {
  if (!summary) return;
  histogram.show(summary, summary.start, summary.end, zone());
  renderPages();
}

// --- What arrives ----------------------------------------------------------

function renderNews(n, more) {
  $('news').hidden = n === 0;
  $('news').textContent = text.news(n, more);
}

function renderLive(name) {
  $('live').setAttribute('aria-pressed', String(name !== 'off'));
  $('live').dataset.state = name;
  $('live-state').hidden = name === 'off';
  $('live-state').textContent = text.liveStates[name] ?? '';
}

function toggleLive() {
  if (live.on) return live.pause();
  if (st.follows(state)) return live.start();
  return go({ start: state.end ? 'now-15m' : state.start, end: '', order: 'newest', cursor: '' }).then(() => live.start());
}

function liveFailed(problem) {
  if (problem.status === 401) return signedOut('expired');
  $('live-state').hidden = false;
  $('live-state').textContent = text.liveFailed;
}

// sortable is the time of an event as text that sorts as the time does.
const sortable = (event) => event.time.replace(/(?:\.(\d+))?Z$/, (_, fraction = '') => `.${fraction.padEnd(9, '0')}`) + event.id;

// arrived adds an event to its place in the table. The page starts anew where
// the rows become too many.
function arrived(event) {
  if (loading || page.events.some((e) => e.id === event.id)) return;
  if (page.events.length >= mostRows) return void load(true);
  const place = sortable(event);
  const found = page.events.findIndex((e) => sortable(e) < place);
  const at = found < 0 ? page.events.length : found;
  if (at === page.events.length && page.next) return; // it belongs to a later page
  page.events.splice(at, 0, event);
  if (page.events.length === 1) return render();
  table.insert(event, at);
  $('sample-notice').hidden = !page.events.some((e) => e.service === sampleService);
  renderPages();
  summarize(event);
}

// summarize counts one more event, so that the bars stay true without asking.
function summarize(event) {
  if (!summary) return;
  const interval = summary.interval_ns / 1e6;
  const start = Math.floor(Date.parse(event.time) / interval) * interval;
  let bucket = summary.buckets.find((b) => Date.parse(b.start) === start);
  if (!bucket) summary.buckets.push(bucket = { start: new Date(start).toISOString() });
  bucket[event.status] = (bucket[event.status] ?? 0) + 1;
  summary.total++;
  summary.end = Math.max(summary.end, Date.now());
  histogram.show(summary, summary.start, summary.end, zone());
}

// --- States and pages ------------------------------------------------------

function renderEmpty() {
  const wider = st.ranges.find((r) => allowed(r) && !state.end && st.length(r) > Date.now() - (st.resolve(state.start) ?? 0));
  $('empty-detail').textContent = text.emptyDetail(windowText(), st.filtered(state));
  $('empty-clear').hidden = !st.filtered(state);
  $('empty-wider').hidden = !wider;
  $('empty-wider').value = wider ?? '';
  if (wider) $('empty-wider').textContent = text.emptyWider(text.ranges[wider][1]);
  $('empty-hint').hidden = st.filtered(state);
}

function windowText() {
  if (!state.end && text.ranges[state.start]) return text.ranges[state.start][1];
  return text.emptyWindow(...windowParts());
}

function windowParts() {
  const start = st.resolve(state.start) ?? new Date();
  const end = st.resolve(state.end || 'now') ?? new Date();
  return [instant(start, zone(), true), instant(end, zone(), true), offset(end, zone())];
}

function renderPages() {
  const n = page.events.length;
  const known = !state.cursor || trail;
  const before = trail ? trail.length * state.limit : 0;
  const total = summary && !summary.partial_until ? summary.total : 0;
  const rows = n === 0 ? '' : known ? text.rows(before + 1, before + n, Math.max(total, page.next ? 0 : before + n)) : text.rowsUnknown(n);
  $('position').textContent = [rows, text.window(...windowParts())].filter(Boolean).join(' · ');
  $('previous').disabled = !state.cursor;
  $('previous').textContent = state.cursor && !trail ? text.firstPage : text.previous;
  $('next').disabled = !page.next;
}

function controls() {
  const custom = isCustom();
  for (const input of $('range').querySelectorAll('input')) {
    input.checked = input.value === (custom ? 'custom' : state.start);
    input.disabled = !allowed(input.value);
  }
  for (const input of $('zone').querySelectorAll('input')) input.checked = input.value === zone();
  showCustom(custom);
  $('limit').value = state.limit;
  $('zone').querySelector('input[value=local] + span').textContent = text.local(offset(new Date(), 'local'));
  filters.choose(state.filters);
}

const isCustom = () => Boolean(state.end) || !st.ranges.includes(state.start);

// allowed says whether a range fits into what is kept.
const allowed = (range) => range === 'custom' || !session || st.length(range) <= session.retention_days * day;

function showCustom(on) {
  $('custom').hidden = !on;
  if (!on) return;
  const oldest = new Date(Date.now() - session.retention_days * day);
  const start = st.resolve(state.start);
  const end = state.end ? st.resolve(state.end) : null;
  $('start').value = start ? inputTime(start, zone()) : '';
  $('end').value = end ? inputTime(end, zone()) : '';
  $('start').min = $('end').min = inputTime(oldest, zone()).slice(0, 10) + 'T00:00:00';
}

function account() {
  $('who').hidden = $('controls').hidden = $('pages').hidden = false;
  const several = session.accounts.length > 1;
  $('session').textContent = several ? session.name : text.session(session.name, session.accounts);
  $('accounts').hidden = !several;
  $('account').replaceChildren(...session.accounts.map((name) => el('option', { value: name, selected: name === state.account }, name)));
  $('retention').textContent = text.oldest(session.retention_days, instant(Date.now() - session.retention_days * day, zone(), true).slice(0, 10));
  $('shortened').textContent = allowed(st.ranges.at(-1)) ? '' : text.retention(session.retention_days);
  $('version').textContent = session.version ? text.version(session.version) : '';
  const letters = Object.entries(session.dead_letters ?? {}).filter(([, n]) => n > 0);
  $('dead-letters').hidden = letters.length === 0;
  $('dead-letters-count').textContent = text.deadLetters(letters.reduce((sum, [, n]) => sum + n, 0));
  $('dead-letters-reasons').replaceChildren(...letters.map(([reason, n]) => el('li', {}, `${n.toLocaleString('en')} ${text.deadLetterReasons[reason] ?? reason}`)));
}

// --- States that are no table ----------------------------------------------

function signedOut(reason = '') {
  const silent = reason === 'expired' && session?.sign_in === 'oidc';
  session = null;
  page = { events: [] };
  // Nothing that was read stays on the page of somebody who is not signed in.
  live.follow(null);
  counting?.abort();
  summary = null;
  offered = counted = '';
  table.clear();
  filters.choose(st.noFilters());
  filters.offer({});
  for (const part of [$('export').querySelector('.panel'), $('account')]) part.replaceChildren();
  histogram.hide();
  opened = null;
  $('drawer').close();
  $('drawer-body').replaceChildren();
  $('review').hidden = $('who').hidden = $('dead-letters').hidden = true;
  $('signed-out').hidden = false;
  $('signed-out-reason').hidden = !reason;
  $('signed-out-reason').textContent = text.signedOutReasons[reason] ?? '';
  // The identity provider may know the owner still, and then asks nothing.
  if (silent) return location.assign(signInAddress({ prompt: 'none' }));
  body('signed-out');
  return offerWays();
}

// offerWays shows how to sign in here: with a button, or by a link that a
// command prints.
const signInAddress = (more = {}) => `/auth/login?${new URLSearchParams({ return: st.address(state), ...more })}`;

async function offerWays() {
  let ways = {};
  try { ways = await api.ways(); } catch { /* a link works in any case */ }
  $('sign-in-oidc').hidden = !ways?.oidc;
  $('sign-in-link').hidden = Boolean(ways?.oidc);
  $('oidc').href = signInAddress();
  $('oidc').textContent = ways?.title || text.signInOIDC;
  $('signed-out-why').textContent = ways?.oidc ? text.signedOutWhyOIDC : text.signedOutWhy;
}

// refused shows why something that was asked for beside the events is not there.
function refused(problem) {
  closeMenus();
  return problem.status === 401 ? signedOut('expired') : failed(problem);
}

function failed(problem) {
  const [title, detail] = explain(problem);
  $('review').hidden = false;
  $('signed-out').hidden = true;
  $('controls').hidden = !session;
  $('pages').hidden = !session;
  page = { events: [] };
  live.follow(null);
  only('error');
  $('sample-notice').hidden = $('partial').hidden = $('over').hidden = true;
  if (session) renderPages();
  $('position').textContent = '';
  $('error-title').textContent = title;
  $('error-detail').textContent = detail;
  $('start-over').hidden = problem.status !== 400;
  body('error');
}

// explain says what happened and what to do about it.
function explain(problem) {
  if (!(problem instanceof api.Problem)) console.error(problem);
  const [title, advice] = text.errors[problem.status === 0 ? 'offline' : problem.status] ?? text.errors.other;
  const wait = problem.retryAfter ? text.retryAfter(problem.retryAfter) : '';
  return [title, [problem.detail, advice, wait].filter(Boolean).join(' ')];
}

// --- One event -------------------------------------------------------------

function openEvent(id) {
  state = { ...state, event: id };
  history.pushState({ trail, opened: true }, '', st.address(state));
  return showEvent();
}

async function showEvent() {
  if (!state.event) {
    opened = null;
    if ($('drawer').open) $('drawer').close();
    return;
  }
  const wanted = state.event;
  let event = page.events.find((e) => e.id === wanted);
  try {
    event ??= await api.event(wanted, st.accountQuery(state));
  } catch (problem) {
    if (problem.status === 401) return signedOut('expired');
    if (wanted === state.event) drawer.fail(...explain(problem));
  }
  if (wanted !== state.event) return;
  opened = event ?? null;
  if (event) drawer.fill(event, view(event));
  if (!$('drawer').open) $('drawer').showModal();
}

function view(event) {
  const at = page.events.indexOf(event);
  const leave = (changes) => { $('drawer').close(); return go({ ...changes, cursor: '' }); };
  return {
    fields, zone: zone(), links: session.links ?? [],
    newer: at > 0 ? page.events[at - 1] : undefined,
    older: at >= 0 ? page.events[at + 1] : undefined,
    link: () => location.origin + st.address({ ...st.empty(), account: state.account, event: event.id }),
    filter: (name, values, exclude) => { $('drawer').close(); filters.add(name, values, exclude); },
    pivot: (wanted) => leave({ ...windowWith(event), filters: { ...st.noFilters(), ...Object.fromEntries(Object.entries(wanted).map(([k, v]) => [k, [v]])) } }),
    around: () => leave({ ...around(event, 3e5), filters: st.noFilters() }),
  };
}

// around is the window of so many milliseconds before and after an event.
function around(event, ms) {
  const at = Date.parse(event.time);
  return { start: new Date(at - ms).toISOString(), end: new Date(at + ms).toISOString() };
}

// windowWith is the window in view if it has the event, else the day around it.
function windowWith(event) {
  const { start, end } = windowNow();
  const at = Date.parse(event.time);
  return at >= start && (!state.end || at < end) ? {} : around(event, day / 2);
}

// neighbour shows the event before or after the one in the drawer.
function neighbour(by) {
  const next = page.events[page.events.indexOf(opened) + by];
  if (!opened || !next) return;
  state = { ...state, event: next.id };
  history.replaceState(history.state, '', st.address(state));
  showEvent();
}

// closed takes the event out of the address, and gives the focus back to its row.
function closed() {
  const id = state.event;
  if (!id) return;
  state = { ...state, event: '' };
  if (history.state?.opened) history.back();
  else history.replaceState({ trail }, '', st.address(state));
  opened = null;
  table.focus(id);
}

// --- Setting up ------------------------------------------------------------

function texts() {
  document.title = `${text.title} · auditlog`;
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = text[e.dataset.text];
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', text[e.dataset.label]);
  for (const e of document.querySelectorAll('[data-hint]')) e.placeholder = text[e.dataset.hint];
}

function segments(id, choices, chosen) {
  $(id).append(...choices.map(([value, short, long]) => el('label', { title: long },
    el('input', { type: 'radio', name: id, value, change: () => chosen(value) }), el('span', {}, short))));
}

function chooseRange(value) {
  if (value !== 'custom') return go({ start: value, end: '', cursor: '' });
  showCustom(true);
  return $('start').focus();
}

function chooseZone(value) {
  remember('zone', value);
  settle({ zone: value });
  if (session) account();
  controls();
  render();
}

function applyCustom(submit) {
  submit.preventDefault();
  const [start, end] = [$('start'), $('end')];
  const from = timeInput(start.value, zone());
  const to = end.value ? timeInput(end.value, zone()) : null;
  if (to && from >= to) {
    end.setCustomValidity(text.endBeforeStart);
    end.reportValidity();
    return;
  }
  go({ start: from.toISOString(), end: to?.toISOString() ?? '', cursor: '' });
}

function setUp() {
  texts();
  watchMenus();
  segments('range', [...st.ranges, 'custom'].map((r) => [r, ...text.ranges[r]]), chooseRange);
  segments('zone', Object.entries(text.zones), chooseZone);
  $('limit').append(...st.sizes.map((n) => el('option', { value: n }, String(n))));
  $('limit').addEventListener('change', (e) => go({ limit: Number(e.target.value), cursor: '' }));
  $('custom').addEventListener('submit', applyCustom);
  $('custom').addEventListener('input', () => $('end').setCustomValidity(''));
  $('refresh').addEventListener('click', () => load(true));
  $('live').addEventListener('click', toggleLive);
  $('news').addEventListener('click', () => (st.follows(state) ? load(true) : go({ order: 'newest', cursor: '' })));
  $('account').addEventListener('change', (e) => chosenAccount(e.target.value));
  $('show-filters').addEventListener('click', (e) => {
    const shown = $('menus').classList.toggle('shown');
    e.currentTarget.setAttribute('aria-expanded', String(shown));
  });
  $('retry').addEventListener('click', () => (session ? load(true) : start()));
  $('start-over').addEventListener('click', () => go({ ...st.empty(), account: state.account }));
  $('empty-clear').addEventListener('click', () => go({ filters: st.noFilters(), cursor: '' }));
  $('empty-wider').addEventListener('click', (e) => go({ start: e.target.value, end: '', cursor: '' }));
  for (const id of ['next', 'further']) $(id).addEventListener('click', () => go({ cursor: page.next }, state.cursor && !trail ? null : [...(trail ?? []), state.cursor]));
  $('previous').addEventListener('click', () => go({ cursor: trail?.at(-1) ?? '' }, trail?.slice(0, -1) ?? null));
  onCopy($('copy-link'), () => location.origin + st.address({ ...st.fixed(state), columns: columns.names }), text.copied);
  onCopy($('copy-command'), () => $('signed-out-command').textContent, text.copied);
  $('signed-out-retry').addEventListener('click', start);
  $('sign-out').addEventListener('click', leave);
  $('drawer').addEventListener('close', closed);
  $('drawer').addEventListener('click', (e) => { if (e.target === $('drawer')) $('drawer').close(); });
  $('drawer-close').addEventListener('click', () => $('drawer').close());
  $('drawer-newer').addEventListener('click', () => neighbour(-1));
  $('drawer-older').addEventListener('click', () => neighbour(1));
  addEventListener('popstate', restore);
  addEventListener('hashchange', () => { if (location.hash.startsWith('#signin')) start(); });
}

// chosenAccount shows another account; nothing of the last one stays.
function chosenAccount(name) {
  remember('account', name);
  table.clear();
  page = { events: [] };
  state = { ...st.empty(), account: name, zone: state.zone, columns: state.columns };
  trail = null;
  history.pushState({ trail }, '', st.address(state));
  return start();
}

async function leave() {
  try {
    const answer = await api.signOut();
    await signedOut('left');
    if (answer?.end_session) location.assign(answer.end_session); // the session with the identity provider
  } catch (problem) {
    failed(problem);
  }
}

setUp();
await start();
