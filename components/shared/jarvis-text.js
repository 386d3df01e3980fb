// Figures as a person reads them. Unknown is a dash, units follow a no-break space.

export const UNKNOWN = '—';
const known = (value) => value !== null && value !== undefined;

/** 0.384 -> '38 %' */
export function percent(fraction) {
  return known(fraction) ? `${Math.round(fraction * 100)} %` : UNKNOWN;
}

/** 0.384 -> '38' */
export function percentFigure(fraction) {
  return known(fraction) ? String(Math.round(fraction * 100)) : UNKNOWN;
}

const UNITS = ['MiB', 'GiB', 'TiB', 'PiB'];

function scaled(mib, unit) {
  const value = mib / 1024 ** unit;
  if (value >= 100 || unit === 0) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function unitOf(mib) {
  let unit = 0;
  while (mib >= 1024 ** (unit + 1) && unit < UNITS.length - 1) unit += 1;
  return unit;
}

/** MiB -> '48.9 GiB' */
export function size(mib) {
  if (!known(mib)) return UNKNOWN;
  const unit = unitOf(mib);
  return `${scaled(mib, unit)} ${UNITS[unit]}`;
}

/** MiB of MiB -> '1.57 of 1.81 TiB' */
export function sizeOf(used, total) {
  if (!known(total)) return size(used);
  const unit = unitOf(total);
  return `${known(used) ? scaled(used, unit) : UNKNOWN} of ${scaled(total, unit)} ${UNITS[unit]}`;
}

/** used / total as a fraction, or null where either is unknown */
export function share(used, total) {
  return known(used) && total ? used / total : null;
}

/** Seconds -> '45 s', '12 min', '3 h 5 min', '2 d 4 h' */
export function span(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  const pair = (big, bigName, small, smallName) =>
    small ? `${big} ${bigName} ${small} ${smallName}` : `${big} ${bigName}`;
  if (whole < 172800) {
    return pair(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  }
  return pair(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h');
}

/** Epoch seconds -> '12 s ago', by the server's time */
export function ago(epoch, now) {
  return known(epoch) ? `${span(now - epoch)} ago` : UNKNOWN;
}

const two = (value) => String(value).padStart(2, '0');

/** Epoch seconds -> '14:06:54' in local time */
export function clock(epoch) {
  if (!known(epoch)) return UNKNOWN;
  const at = new Date(epoch * 1000);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Epoch seconds -> '14:06:54' in UTC */
export function clockUtc(epoch) {
  return known(epoch) ? new Date(epoch * 1000).toISOString().slice(11, 19) : UNKNOWN;
}

/** Epoch seconds -> '14:06', or '19 Nov 14:06' on another day */
export function moment(epoch, now) {
  if (!known(epoch)) return UNKNOWN;
  const at = new Date(epoch * 1000);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(now * 1000).toDateString()) return text;
  return `${at.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })} ${text}`;
}

/** count(1, 'guest') -> '1 guest', count(3, 'guest') -> '3 guests' */
export function count(number, word) {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
