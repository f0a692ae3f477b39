// The page: keeps the state, its address and what is drawn in step.
import * as api from './api.js';
import { Columns } from './columns.js';
import { $, announce, el, onCopy, recall, remember, watchMenus } from './dom.js';
import * as drawer from './drawer.js';
import { Filters } from './filters.js';
import { inputTime, instant, offset, timeInput } from './format.js';
import * as st from './state.js';
import text from './strings.js';
import { draw } from './table.js';

const day = 864e5;
const sampleService = 'auditlog-sample';

let state = st.read(location.search);
let trail = history.state?.trail ?? null; // cursors of the pages before this one; null if unknown
let session = null;
let fields = [];
let columns = null;
let page = { events: [] };
let shownWindow = ''; // window whose values the filters offer
let loading = null;
let opened = null; // event in the drawer
let secret = null; // of a sign-in link, until it was exchanged

const zone = () => state.zone || recall('zone') || 'utc';
const filters = new Filters((chosen) => go({ filters: chosen, cursor: '' }));

// --- Moving on -------------------------------------------------------------

// go changes the state as a new entry of the history, and shows it.
function go(changes, steps = null) {
  state = { ...state, ...changes, event: '' };
  trail = state.cursor ? steps : null;
  history.pushState({ trail }, '', st.address(state));
  return load();
}

function restore() {
  const [before, shownIn] = [key(state), zone()];
  state = st.read(location.search);
  trail = history.state?.trail ?? null;
  if (!session) return start();
  if (key(state) !== before) return load();
  controls();
  if (zone() !== shownIn) render();
  return showEvent();
}

const key = (s) => st.address({ ...s, event: '', zone: '' });

// --- Loading ---------------------------------------------------------------

async function start() {
  body('starting');
  secret = takeSecret() ?? secret;
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
  } catch (problem) {
    session = null;
    return problem.status === 401 ? signedOut() : failed(problem);
  }
  columns = new Columns(fields, render);
  account();
  $('signed-out').hidden = true;
  return load(true);
}

// takeSecret takes the one-time secret of a sign-in link out of the address and
// the history before anything else happens.
function takeSecret() {
  const taken = new URLSearchParams(location.hash.slice(1)).get('signin');
  if (taken !== null) history.replaceState(history.state, '', location.pathname + location.search);
  return taken;
}

async function load(fresh = false) {
  loading?.abort();
  const mine = loading = new AbortController();
  controls();
  busy(true);
  if (fresh || shownWindow !== windowKey()) offerValues(mine);
  try {
    const answer = await api.events(st.eventsQuery(state), mine.signal);
    if (mine !== loading) return;
    page = answer;
  } catch (problem) {
    if (mine !== loading || problem.name === 'AbortError') return;
    busy(false);
    if (problem.status === 401) return signedOut('expired');
    return failed(problem);
  }
  busy(false);
  render();
  $('scroller').scrollTop = 0;
  announce(text.announceRows(page.events.length));
  await showEvent();
}

const windowKey = () => st.windowQuery(state).toString();

async function offerValues(mine) {
  const wanted = windowKey();
  shownWindow = wanted;
  try {
    const values = await api.filters(st.windowQuery(state));
    if (wanted === windowKey()) filters.offer(values);
  } catch {
    if (mine === loading) filters.offer(null); // the events say why
    shownWindow = '';
  }
}

// --- Drawing ---------------------------------------------------------------

function body(name) { document.body.dataset.state = name; }

function only(id) {
  for (const other of ['error', 'empty', 'loading']) $(other).hidden = other !== id;
  $('events').hidden = id !== null && id !== 'table';
  $('scroller').hidden = $('events').hidden;
}

function busy(on) {
  $('review').hidden = false;
  $('signed-out').hidden = true;
  $('events').setAttribute('aria-busy', String(on));
  if (!on) return;
  body('loading');
  if (!page.events.length || !$('error').hidden) only('loading');
}

function render() {
  const none = page.events.length === 0;
  draw(page.events, columns.shown, zone(), openEvent);
  only(none ? 'empty' : 'table');
  if (none) renderEmpty();
  $('sample-notice').hidden = !page.events.some((e) => e.service === sampleService);
  renderPages();
  body(none ? 'empty' : 'ready');
}

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
  const rows = n === 0 ? '' : known ? text.rows(before + 1, before + n) : text.rowsUnknown(n);
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
  $('session').textContent = text.session(session.name, session.accounts);
  $('retention').textContent = text.retention(session.retention_days);
  $('shortened').textContent = allowed(st.ranges.at(-1)) ? '' : text.retention(session.retention_days);
  $('version').textContent = session.version ? text.version(session.version) : '';
  const letters = Object.entries(session.dead_letters ?? {}).filter(([, n]) => n > 0);
  $('dead-letters').hidden = letters.length === 0;
  $('dead-letters-count').textContent = text.deadLetters(letters.reduce((sum, [, n]) => sum + n, 0));
  $('dead-letters-reasons').replaceChildren(...letters.map(([reason, n]) => el('li', {}, `${n.toLocaleString('en')} ${text.deadLetterReasons[reason] ?? reason}`)));
}

// --- States that are no table ----------------------------------------------

function signedOut(reason = '') {
  session = null;
  page = { events: [] };
  shownWindow = '';
  // Nothing that was read stays on the page of somebody who is not signed in.
  $('events').tBodies[0].replaceChildren();
  $('chips').replaceChildren();
  filters.offer({});
  opened = null;
  $('drawer').close();
  $('drawer-body').replaceChildren();
  $('review').hidden = $('who').hidden = $('dead-letters').hidden = true;
  $('signed-out').hidden = false;
  $('signed-out-reason').hidden = !reason;
  $('signed-out-reason').textContent = text.signedOutReasons[reason] ?? '';
  body('signed-out');
}

function failed(problem) {
  const [title, detail] = explain(problem);
  $('review').hidden = false;
  $('signed-out').hidden = true;
  $('controls').hidden = !session;
  $('pages').hidden = !session;
  page = { events: [] };
  only('error');
  $('sample-notice').hidden = true;
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
    event ??= await api.event(wanted);
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
  return {
    fields, zone: zone(),
    newer: at > 0 ? page.events[at - 1] : undefined,
    older: at >= 0 ? page.events[at + 1] : undefined,
    link: () => location.origin + st.address({ ...st.empty(), event: event.id }),
    filter: (name, value) => { $('drawer').close(); filters.include(name, value); },
    around: () => {
      const at = Date.parse(event.time);
      const window = [at - 3e5, at + 3e5].map((t) => new Date(t).toISOString());
      $('drawer').close();
      go({ start: window[0], end: window[1], filters: st.empty().filters, cursor: '' });
    },
  };
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
  const row = [...$('events').tBodies[0].rows].find((r) => r.dataset.id === id);
  row?.querySelector('button.open').focus();
}

// --- Setting up ------------------------------------------------------------

function texts() {
  document.title = `${text.title} · auditlog`;
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = text[e.dataset.text];
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', text[e.dataset.label]);
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
  state = { ...state, zone: value };
  history.replaceState(history.state, '', st.address(state));
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
  $('retry').addEventListener('click', () => (session ? load(true) : start()));
  $('start-over').addEventListener('click', () => go(st.empty()));
  $('empty-clear').addEventListener('click', () => go({ filters: st.empty().filters, cursor: '' }));
  $('empty-wider').addEventListener('click', (e) => go({ start: e.target.value, end: '', cursor: '' }));
  $('next').addEventListener('click', () => go({ cursor: page.next }, state.cursor && !trail ? null : [...(trail ?? []), state.cursor]));
  $('previous').addEventListener('click', () => go({ cursor: trail?.at(-1) ?? '' }, trail?.slice(0, -1) ?? null));
  onCopy($('copy-link'), () => location.origin + st.address(st.fixed(state)), text.copied);
  onCopy($('copy-command'), () => $('signed-out-command').textContent, text.copied);
  $('signed-out-retry').addEventListener('click', start);
  $('sign-out').addEventListener('click', leave);
  $('drawer').addEventListener('close', closed);
  $('drawer').addEventListener('click', (e) => { if (e.target === $('drawer')) $('drawer').close(); });
  $('drawer-close').addEventListener('click', () => $('drawer').close());
  $('drawer-newer').addEventListener('click', () => neighbour(-1));
  $('drawer-older').addEventListener('click', () => neighbour(1));
  addEventListener('popstate', restore);
  addEventListener('hashchange', () => { if (location.hash.startsWith('#signin=')) start(); });
}

async function leave() {
  try {
    await api.signOut();
    signedOut('left');
  } catch (problem) {
    failed(problem);
  }
}

setUp();
await start();
