// Small helpers. Nothing here, or anywhere on the page, parses text as HTML.

export const $ = (id) => document.getElementById(id);

// el makes an element. Properties that hold a function are listeners, `dataset`
// is copied, everything else is an attribute; null and false are left out.
export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') e.addEventListener(name, value);
    else if (name === 'dataset') Object.assign(e.dataset, value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

// svg makes an element of a picture.
export function svg(tag, props, ...children) {
  const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(props)) e.setAttribute(name, value);
  e.append(...children);
  return e;
}

// icon refers to a symbol in index.html.
export const icon = (name) => svg('svg', { class: 'icon', 'aria-hidden': 'true' }, svg('use', { href: `#icon-${name}` }));

// announce tells a screen reader what changed.
export function announce(text) {
  $('announce').textContent = '';
  requestAnimationFrame(() => { $('announce').textContent = text; });
}

// copy puts text on the clipboard. Browsers offer the clipboard to secure
// origins and to loopback only; elsewhere the old command does it.
export async function copy(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return;
    } catch { /* not permitted: the old way may be */ }
  }
  const area = el('textarea', { class: 'sr' });
  area.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

// onCopy lets a button copy what text() returns, and say so.
export function onCopy(button, text, done) {
  button.addEventListener('click', async () => {
    await copy(text());
    const before = button.textContent;
    if (before === done) return;
    button.textContent = done;
    announce(done);
    setTimeout(() => { button.textContent = before; }, 1600);
  });
  return button;
}

// A menu is a <details> that closes on Escape and on a click beside it.
export function closeMenus(except) {
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (menu !== except) menu.open = false;
  }
}

export function watchMenus() {
  document.addEventListener('pointerdown', (e) => closeMenus(e.target.closest?.('details.menu')));
  document.addEventListener('focusin', (e) => closeMenus(e.target.closest?.('details.menu')));
  document.addEventListener('keydown', (e) => {
    const menu = e.key === 'Escape' && document.querySelector('details.menu[open]');
    if (!menu) return;
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}

// Preferences of this browser. Storage may be switched off: then nothing is
// remembered, and nothing breaks.
export function remember(name, value) {
  try { localStorage.setItem(`auditlog.${name}`, JSON.stringify(value)); } catch { /* see above */ }
}

export function recall(name) {
  try { return JSON.parse(localStorage.getItem(`auditlog.${name}`)); } catch { return null; }
}
