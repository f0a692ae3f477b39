// The counts of the window over time, above the table. A bar, or several, can be
// chosen as the new window: by click or drag, or by the arrow keys and Enter.
import { $, el, svg } from './dom.js';
import { instant, offset } from './format.js';
import text from './strings.js';

const statuses = ['failure', 'unknown', 'success']; // from the ground up
const most = 200; // bars; more of them are drawn together
const least = 4; // events of a bar of full height, so that few do not look like many

// slots are the bars: one for each interval of the window, empty ones too.
function slots(summary, start, end) {
  const given = summary.interval_ns / 1e6;
  const length = given * Math.max(1, Math.ceil((end - start) / given / most));
  const first = Math.floor(start / length) * length;
  const n = Math.max(1, Math.ceil((end - first) / length));
  const list = Array.from({ length: n }, (_, i) => ({
    start: first + i * length, end: first + (i + 1) * length, total: 0, failure: 0, unknown: 0, success: 0,
  }));
  for (const bucket of summary.buckets) {
    const slot = list[Math.floor((Date.parse(bucket.start) - first) / length)];
    for (const status of slot ? statuses : []) {
      slot[status] += bucket[status] ?? 0;
      slot.total += bucket[status] ?? 0;
    }
  }
  return list;
}

export class Histogram {
  #zoom;
  #slots = [];
  #from = 0; // the bars that are chosen, both included; the second moves
  #to = 0;
  #dragging = false;
  #window = [0, 0];
  #zone = 'utc';
  #scale = ''; // what the bars are

  // zoom(start, end) is called with the times of the chosen bars.
  constructor(zoom) {
    this.#zoom = zoom;
    const chart = $('chart');
    chart.addEventListener('pointermove', (e) => this.#point(e));
    chart.addEventListener('pointerdown', (e) => this.#press(e));
    chart.addEventListener('pointerup', (e) => this.#release(e));
    chart.addEventListener('pointercancel', () => this.#none());
    chart.addEventListener('pointerleave', () => { if (!this.#dragging) this.#none(); });
    chart.addEventListener('keydown', (e) => this.#key(e));
    chart.addEventListener('focus', () => { if (chart.matches(':focus-visible')) this.#choose(this.#slots.length - 1); });
    chart.addEventListener('blur', () => this.#none());
  }

  // show draws a summary. start and end are the window's, in milliseconds.
  show(summary, start, end, zone) {
    this.#slots = slots(summary, start, end);
    this.#window = [start, end];
    this.#zone = zone;
    $('summary').hidden = false;
    $('summary').classList.remove('failed');
    $('in-words').hidden = false;
    const top = Math.max(least, ...this.#slots.map((s) => s.total));
    $('summary-text').replaceChildren(...total(summary));
    this.#scale = text.bars(text.span(this.#slots[0].end - this.#slots[0].start), Math.max(...this.#slots.map((s) => s.total)));
    const chart = $('chart');
    chart.setAttribute('viewBox', `0 0 ${this.#slots.length} 1`);
    chart.replaceChildren(...this.#slots.map((slot, i) => this.#bar(slot, i, top)));
    const at = (time) => el('time', { datetime: new Date(time).toISOString() }, instant(time, zone, true));
    $('axis').replaceChildren(at(start), at((start + end) / 2), at(end));
    this.#table();
    this.#none();
  }

  // fail says that there are no counts; hide leaves nothing.
  fail() {
    this.#clear();
    $('summary').hidden = false;
    $('summary').classList.add('failed');
    $('summary-text').textContent = text.summaryFailed;
  }

  hide() {
    this.#clear();
    $('summary').hidden = true;
  }

  #clear() {
    this.#slots = [];
    this.#scale = '';
    for (const part of [$('summary-text'), $('reading'), $('chart'), $('axis'), $('counts').tBodies[0]]) part.replaceChildren();
    $('in-words').hidden = true;
  }

  #bar(slot, i, top) {
    let ground = 1;
    const parts = statuses.filter((s) => slot[s]).map((status) => {
      const height = Math.max(0.02, slot[status] / top * 0.96);
      ground -= height;
      return svg('rect', { class: `bar ${status}`, x: i + 0.08, y: ground, width: 0.84, height });
    });
    return svg('g', { id: `bar-${i}`, role: 'option', 'aria-label': this.#reading(i, i), 'aria-selected': 'false' },
      svg('rect', { class: 'slot', x: i, y: 0, width: 1, height: 1 }), ...parts);
  }

  #reading(first, last) {
    const chosen = this.#slots.slice(first, last + 1);
    const sum = (status) => chosen.reduce((n, slot) => n + slot[status], 0);
    return text.bar(instant(chosen[0].start, this.#zone, true), instant(chosen.at(-1).end, this.#zone, true), offset(new Date(chosen[0].start), this.#zone),
      sum('total'), Object.fromEntries(statuses.map((s) => [s, sum(s)])));
  }

  #choose(to, from = to) {
    if (!this.#slots.length) return;
    const within = (i) => Math.min(Math.max(i, 0), this.#slots.length - 1);
    [this.#from, this.#to] = [within(from), within(to)];
    const [first, last] = [Math.min(this.#from, this.#to), Math.max(this.#from, this.#to)];
    [...$('chart').children].forEach((g, i) => g.setAttribute('aria-selected', String(i >= first && i <= last)));
    $('chart').setAttribute('aria-activedescendant', `bar-${this.#to}`);
    $('reading').textContent = this.#reading(first, last);
  }

  #none() {
    this.#dragging = false;
    for (const g of $('chart').children) g.setAttribute('aria-selected', 'false');
    $('chart').removeAttribute('aria-activedescendant');
    $('reading').textContent = this.#scale;
  }

  #at(e) {
    const box = $('chart').getBoundingClientRect();
    return Math.floor((e.clientX - box.left) / box.width * this.#slots.length);
  }

  #point(e) { this.#choose(this.#at(e), this.#dragging ? this.#from : undefined); }

  #press(e) {
    if (e.button !== 0 || !this.#slots.length) return;
    this.#dragging = true;
    $('chart').setPointerCapture(e.pointerId);
    this.#choose(this.#at(e));
  }

  #release(e) {
    if (!this.#dragging) return;
    this.#choose(this.#at(e), this.#from);
    this.#done();
  }

  #key(e) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[e.key];
    if (step) this.#choose(this.#to + step, e.shiftKey ? this.#from : undefined);
    else if (e.key === 'Enter' || e.key === ' ') this.#done();
    else if (e.key === 'Escape') this.#choose(this.#to);
    else return;
    e.preventDefault();
  }

  #done() {
    const [first, last] = [Math.min(this.#from, this.#to), Math.max(this.#from, this.#to)];
    this.#dragging = false;
    if (this.#slots.length) this.#zoom(Math.max(this.#slots[first].start, this.#window[0]), this.#slots[last].end);
  }

  // table is the same in words.
  #table() {
    const rows = this.#slots.filter((s) => s.total).map((s) => el('tr', {},
      el('th', { scope: 'row' }, instant(s.start, this.#zone, true)), ...['success', 'failure', 'unknown'].map((status) => el('td', {}, s[status].toLocaleString('en')))));
    const zone = offset(new Date(this.#window[0]), this.#zone);
    $('counts').tHead.rows[0].replaceChildren(...text.countsHead(zone).map((title) => el('th', { scope: 'col' }, title)));
    $('counts').tBodies[0].replaceChildren(...rows);
  }
}

function total(summary) {
  const sum = (status) => summary.buckets.reduce((n, b) => n + (b[status] ?? 0), 0);
  const parts = ['success', 'failure', 'unknown'].filter((s) => sum(s)).map((s) => el('span', { class: `key ${s}` }, text.count(sum(s), s)));
  return [el('strong', {}, text.total(summary.total, Boolean(summary.partial_until))), ...parts];
}
