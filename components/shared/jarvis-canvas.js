// What the drawn parts share: the theme's colours for a canvas, and its size in device pixels.

const tones = new Map();

/** A colour of the theme such as '--arc', with an alpha from 0 to 1. Asking the style engine is slow: it is kept. */
export function colour(name, alpha = 1) {
  const key = `${name} ${alpha}`;
  let tone = tones.get(key);
  if (tone === undefined) {
    tone = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    if (!tone) return tone;
    if (alpha !== 1 && /^#[0-9a-f]{6}$/i.test(tone)) tone += Math.round(alpha * 255).toString(16).padStart(2, '0');
    tones.set(key, tone);
  }
  return tone;
}

/** Fit a canvas to its box; hands back a cleared context that counts in CSS pixels. */
export function fitCanvas(canvas, width, height) {
  const ratio = Math.max(1, Math.min(window.devicePixelRatio || 1, 2));
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
