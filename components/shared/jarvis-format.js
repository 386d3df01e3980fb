// Figures as a person reads them: unknown is a dash, never 0, and a no-break space holds a unit to its figure.

export const UNKNOWN = '—';
const NBSP = '\u00a0';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
const MIB = 1024 * 1024;

/** True for a figure; null, undefined and NaN are unknown. */
export function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

const unit = (figure, name) => `${figure}${NBSP}${name}`;
const two = (part) => String(part).padStart(2, '0');

/** 0.384 -> '38 %' */
export function percent(fraction) {
  return known(fraction) ? unit(Math.round(fraction * 100), '%') : UNKNOWN;
}

/** 0.384 -> '38' */
export function percentFigure(fraction) {
  return known(fraction) ? String(Math.round(fraction * 100)) : UNKNOWN;
}

/** used / total as a fraction, or null where either is unknown */
export function share(used, total) {
  return known(used) && total ? used / total : null;
}

/** How far a bar is filled, as its background-size; unknown fills nothing. */
export function filled(fraction) {
  return `${known(fraction) ? (100 * Math.min(1, fraction)).toFixed(1) : 0}% 100%`;
}

// Three significant figures where there are that many: 1.57, 48.9, 412; 16.0 is written 16.
function significant(value) {
  const size = Math.abs(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return digits ? text.replace(/\.?0+$/, '') : text;
}

function powerOf(value) {
  let power = 0;
  while (Math.abs(value) / 1024 ** power >= 999.5 && power < UNITS.length - 1) power += 1;
  return power;
}

function scaled(value, power) {
  return power ? significant(value / 1024 ** power) : String(Math.round(value));
}

/** Bytes -> '48.9 GiB' */
export function bytes(value) {
  if (!known(value)) return UNKNOWN;
  const power = powerOf(value);
  return unit(scaled(value, power), UNITS[power]);
}

/** MiB of MiB -> '1.57 of 1.81 TiB', both in the unit of the whole */
export function sizeOf(usedMib, totalMib) {
  if (!known(totalMib)) return size(usedMib);
  const power = powerOf(totalMib * MIB);
  const used = known(usedMib) ? scaled(usedMib * MIB, power) : UNKNOWN;
  return `${used} of ${unit(scaled(totalMib * MIB, power), UNITS[power])}`;
}

/** MiB -> '48.9 GiB' */
export function size(mib) {
  return known(mib) ? bytes(mib * MIB) : UNKNOWN;
}

/** 9.8 -> '9.8', with fixed decimals */
export function decimal(value, digits = 1) {
  return known(value) ? value.toFixed(digits) : UNKNOWN;
}

/** 71.4 -> '71 °C' */
export function celsius(value) {
  return known(value) ? unit(Math.round(value), '°C') : UNKNOWN;
}

/** count(1, 'guest') -> '1 guest', count(3, 'guest') -> '3 guests' */
export function count(number, word) {
  return `${unit(number, word)}${number === 1 ? '' : 's'}`;
}

/** Seconds -> '45 s', '12 min', '3 h 5 min', '2 d 4 h' */
export function span(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return unit(whole, 's');
  if (whole < 7200) return unit(Math.round(whole / 60), 'min');
  if (whole < 172800) return pair(unit(Math.floor(whole / 3600), 'h'), Math.floor((whole % 3600) / 60), 'min');
  return pair(unit(Math.floor(whole / 86400), 'd'), Math.floor((whole % 86400) / 3600), 'h');
}

function pair(first, rest, name) {
  return rest ? `${first} ${unit(rest, name)}` : first;
}

/** Epoch seconds -> '12 s ago', by the server's time */
export function ago(epoch, now) {
  return known(epoch) ? `${span(now - epoch)} ago` : UNKNOWN;
}

/** '3 h' for what was read more than so many seconds ago; '' while it is fresh, or its age not known */
export function oldAge(at, now, after) {
  return known(at) && known(after) && now - at > after ? briefAge(at, now) : '';
}

/** How long ago, in the fewest letters that fit a column: 'now', '45 s', '12 min', '3 h', '2 d' */
export function briefAge(at, now) {
  if (!known(at)) return UNKNOWN;
  const passed = now - at;
  if (passed < 2) return 'now';
  if (passed < 7200) return span(passed);
  if (passed < 172800) return unit(Math.floor(passed / 3600), 'h');
  return unit(Math.floor(passed / 86400), 'd');
}

/** Seconds as a running clock: '0:45', '12:04', '1:02:33' */
export function elapsed(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.floor(seconds));
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

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

function dated(options) {
  const format = new Intl.DateTimeFormat('en-GB', options);
  return (at) => (known(at) ? format.format(new Date(at * 1000)) : UNKNOWN);
}

/** Epoch seconds in local time -> '20 Nov' */
export const shortDate = dated({ day: 'numeric', month: 'short' });
/** Epoch seconds in local time -> 'Friday 20 November' */
const longDate = dated({ weekday: 'long', day: 'numeric', month: 'long' });
/** Epoch seconds in local time -> '14:06' */
export const hourMinute = dated({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Epoch seconds in local time -> '20 Nov, 14:06:58' */
export function stamp(at) {
  return known(at) ? `${shortDate(at)}, ${clock(at)}` : UNKNOWN;
}

/** Epoch seconds -> '14:06', or '19 Nov 14:06' on another day */
export function moment(at, now) {
  if (!known(at)) return UNKNOWN;
  return dayOf(at) === dayOf(now) ? hourMinute(at) : `${shortDate(at)} ${hourMinute(at)}`;
}

/** A number that all moments of one local day share */
export function dayOf(at) {
  const date = new Date(at * 1000);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/** 'Today', 'Yesterday', or the day's name and date */
export function dayName(at, now) {
  if (dayOf(at) === dayOf(now)) return 'Today';
  const noon = new Date(now * 1000);
  noon.setHours(12, 0, 0, 0);
  if (dayOf(at) === dayOf(noon.getTime() / 1000 - 86400)) return 'Yesterday';
  return longDate(at);
}
