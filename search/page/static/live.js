// Events that arrive while the page is open: counted, so that nothing shifts
// under the reader's eyes; or, on demand, added as they arrive.
import * as api from './api.js';

const every = 10e3; // milliseconds between two looks at what arrived
const idle = 6e5; // after so many without a sign of the reader nothing is looked at: else no session would ever be idle

export class Live {
  #view;
  #since = null; // cursor of arrival up to which everything is in view or counted
  #count = 0;
  #more = false;
  #timer = 0;
  #looking = null;
  #stream = null;
  #seen = Date.now(); // when the reader was

  // view has query(), the parameters of what is in view, and is told by
  // count(n, more), arrived(event), state(name) with off, connecting, on or
  // reconnecting, and failed(problem).
  constructor(view) {
    this.#view = view;
    document.addEventListener('visibilitychange', () => this.#reader(true));
    for (const sign of ['pointermove', 'pointerdown', 'keydown', 'wheel']) document.addEventListener(sign, () => this.#reader(), { capture: true, passive: true });
  }

  get on() { return this.#stream !== null; }

  // follow goes on from a cursor of arrival; null stops it all.
  follow(since) {
    const live = this.on;
    this.stop();
    this.#since = since ?? null;
    this.#counted(0, false);
    if (this.#since === null) return;
    if (live) this.start();
    else this.#watch();
  }

  stop() {
    clearInterval(this.#timer);
    this.#looking?.abort();
    this.#looking = null;
    this.#stream?.close();
    this.#stream = null;
    this.#view.state('off');
  }

  // start adds events as they arrive; pause counts them instead.
  start() {
    if (this.#since === null) return;
    this.stop();
    const stream = this.#stream = api.tail(this.#query());
    this.#view.state('connecting');
    stream.addEventListener('open', () => this.#view.state('on'));
    stream.addEventListener('message', (e) => {
      if (stream !== this.#stream) return;
      if (e.lastEventId) this.#since = e.lastEventId;
      this.#view.arrived(api.parse(e.data));
    });
    stream.addEventListener('error', () => this.#broken(stream));
  }

  pause() {
    this.stop();
    if (this.#since !== null) this.#watch();
  }

  // broken: a browser tries again by itself, unless the answer was a refusal.
  async #broken(stream) {
    if (stream !== this.#stream) return;
    if (stream.readyState !== EventSource.CLOSED) return this.#view.state('reconnecting');
    this.pause();
    try {
      await api.session();
      this.#view.failed(new api.Problem(503));
    } catch (problem) {
      this.#view.failed(problem);
    }
  }

  #query() {
    const query = this.#view.query();
    query.set('since', this.#since);
    return query;
  }

  #watch() { this.#timer = setInterval(() => this.#look(), every); }

  // reader is told of a sign of the reader, who may have been away.
  #reader(look = Date.now() - this.#seen > idle) {
    this.#seen = Date.now();
    if (look) this.#look();
  }

  async #look() {
    if (Date.now() - this.#seen > idle || this.#since === null || this.on || this.#looking || document.visibilityState !== 'visible') return;
    const mine = this.#looking = new AbortController();
    try {
      const answer = await api.arrivals(this.#query(), mine.signal);
      if (mine !== this.#looking) return;
      this.#since = answer.arrived ?? this.#since;
      if (answer.count) this.#counted(this.#count + answer.count, this.#more || answer.more);
    } catch (problem) {
      if (mine !== this.#looking) return;
      if (problem.status === 401) this.#view.failed(problem);
      else if ([400, 404].includes(problem.status)) this.follow(null); // the next look would fare no better
    } finally {
      if (mine === this.#looking) this.#looking = null;
    }
  }

  #counted(count, more) {
    [this.#count, this.#more] = [count, more];
    this.#view.count(count, more);
  }
}
