// The page's own elements. Text goes in as text only: names come from the cluster and are not trusted.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

// make("button", {class: "btn", type: "button", onclick: close}, "Close")
export function make(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function makeSvg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Writes only what differs, so that an unchanged figure costs no layout.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function setClass(element, name) {
  if (element.getAttribute("class") !== name) element.setAttribute("class", name);
}

// Draws one child element a key, in order, keeping those that exist: make(key) once, patch(element, key) always.
export function patchList(parent, keys, make, patch) {
  const kept = new Map();
  for (const child of parent.children) kept.set(child.dataset.key, child);
  let next = parent.firstElementChild;
  for (const key of keys) {
    const name = String(key);
    let child = kept.get(name);
    if (child) kept.delete(name);
    else {
      child = make(key);
      child.dataset.key = name;
    }
    patch(child, key);
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
  for (const child of kept.values()) child.remove();
}

// A colour of the theme, for canvases.
export function colour(name, alpha = 1) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#4fd8ff";
  if (alpha === 1 || !value.startsWith("#")) return value;
  const hex = value.length === 4 ? [...value.slice(1)].map((digit) => digit + digit).join("") : value.slice(1);
  const [red, green, blue] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${red},${green},${blue},${alpha})`;
}

// True when the person, or the page's own switch, wants no motion.
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches || document.documentElement.dataset.effects === "reduced";
}

// Sizes a canvas to its box in device pixels; returns its context in CSS pixels.
export function fitCanvas(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
