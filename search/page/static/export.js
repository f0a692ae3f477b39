// The menu of the exports. Each says how many rows it will write: the window is
// fixed and counted when the menu opens.
import * as api from './api.js';
import { $, closeMenus, el, icon } from './dom.js';
import { fixed, filterQuery } from './state.js';
import text from './strings.js';

const formats = ['csv', 'ndjson'];

export class Exports {
  #view;

  // view has state(), columns() and failed(problem).
  constructor(view) {
    this.#view = view;
    $('export').replaceChildren(el('summary', {}, icon('download'), el('span', {}, text.export), icon('chevron')), el('div', { class: 'panel prose' }));
    $('export').addEventListener('toggle', (e) => { if (e.target.open) this.#offer(); });
  }

  async #offer() {
    const panel = $('export').querySelector('.panel');
    const state = fixed(this.#view.state());
    panel.replaceChildren(el('p', { class: 'muted' }, text.exportCounting));
    let rows = text.exportUncounted;
    try {
      const { total, partial_until: partial } = await api.summary(filterQuery(state));
      rows = text.exportRows(total, Boolean(partial));
    } catch (problem) {
      if (problem.status === 401) return this.#view.failed(problem);
    }
    panel.replaceChildren(...formats.map((format) => this.#link(format, state, rows)), el('p', { class: 'muted' }, text.exportNote));
  }

  #link(format, state, rows) {
    const query = filterQuery(state);
    if (state.order !== 'newest') query.set('order', state.order);
    if (format === 'csv') query.set('columns', this.#view.columns().join(','));
    return el('a', {
      class: 'button', href: api.exportAddress(format, query), download: text.exportFile(state, format), dataset: { format },
      click: (e) => this.#start(e),
    }, el('span', {}, text.exportAs[format]), el('small', {}, rows));
  }

  // start asks for the session first: a refused download would only say that it
  // failed, and not why.
  async #start(e) {
    if (!e.isTrusted) return;
    e.preventDefault();
    const link = e.currentTarget;
    try {
      await api.session();
      link.click();
      closeMenus();
    } catch (problem) {
      this.#view.failed(problem);
    }
  }
}
