// Elements made by hand. Text only ever goes in as text: names of the cluster are not to be trusted.

const SVG = 'http://www.w3.org/2000/svg';

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** el('button', {class: 'btn', text: 'Open', onclick: fn}, ...children) */
export function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Set text only when it differs: an untouched node costs no layout, and a kept text node less. */
export function setText(node, text) {
  const value = String(text ?? '');
  const only = node.firstChild;
  if (only?.nodeType === Node.TEXT_NODE && !only.nextSibling) {
    if (only.data !== value) only.data = value;
  } else if (node.textContent !== value) node.textContent = value;
}

/** The same for a .figure, whose box is as wide as its text is long: one as long is laid out in there alone. */
export function setFigure(node, text) {
  const value = String(text ?? '');
  if (node.dataset.long !== String(value.length)) {
    node.dataset.long = value.length;
    node.style.width = `${value.length}ch`;
  }
  setText(node, value);
}

/** Set or remove an attribute only when it differs. */
export function setAttr(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? '' : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

const voice = el('div', { class: 'unseen', 'aria-live': 'polite' });
document.body.append(voice);

/** Have a screen reader say it, once it has said what it is at. */
export function announce(text) {
  setText(voice, '');
  setTimeout(() => setText(voice, text), 50); // the same words twice are heard twice
}

const PLACES = '[role="dialog"],[role="main"],section[aria-label],section[aria-labelledby],article,.strip';

/** When what had the focus is hidden, disabled or gone, give it to what stands around that place in the next frame:
 *  Tab and a screen reader go on from there. */
export function keepFocusNear(node) {
  requestAnimationFrame(() => {
    const has = document.activeElement;
    if (!has || has === document.body || has.disabled || has.getClientRects().length === 0) focusAround(node);
  });
}

function focusAround(node) {
  let at = node?.closest(PLACES);
  while (at && at.getClientRects().length === 0) at = at.parentElement?.closest(PLACES);
  at ??= document.querySelector('[role="main"]');
  if (!at) return;
  if (!at.hasAttribute('tabindex')) at.tabIndex = -1;
  at.focus({ preventScroll: true });
}

/**
 * A tooltip that is there only while the pointer is: a title that changes costs a new style each time.
 * What it hands back tells anew when the words may have changed, and without a pointer what is chosen.
 */
export function tellOnHover(node, words) {
  let hovered = false;
  let chosen = false;
  let told = false;
  const tell = () => {
    if (!hovered && !chosen && !told) return;
    told = hovered || chosen;
    setAttr(node, 'title', told ? words() : null);
  };
  const hover = (inside) => () => {
    hovered = inside;
    tell();
  };
  node.addEventListener('pointerenter', hover(true));
  node.addEventListener('pointerleave', hover(false));
  return (nowChosen = false) => {
    chosen = nowChosen;
    tell();
  };
}
