// Figures beyond jarvis-text: raw bytes, rates, running clocks, dates. Unknown is a dash, never 0.

import { UNKNOWN, clock, span } from 'jarvis-text';

const NBSP = '\u00a0';
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** True for a figure; null, undefined and NaN are unknown. */
export function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

// Three significant figures where there are that many: 1.57, 48.9, 412; 16.0 is written 16.
function significant(value) {
  const size = Math.abs(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return digits ? text.replace(/\.?0+$/, '') : text;
}

/** Bytes -> '48.9 GiB' */
export function bytes(value) {
  if (!known(value)) return UNKNOWN;
  let unit = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return `${unit ? significant(rest) : Math.round(rest)}${NBSP}${UNITS[unit]}`;
}

/** Bytes each second -> '210 MiB/s' */
export function rate(value) {
  return known(value) ? `${bytes(value)}/s` : UNKNOWN;
}

/** 3184 -> '3 184' */
export function grouped(value) {
  return known(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, NBSP) : UNKNOWN;
}

/** 9.8 -> '9.8', with fixed decimals */
export function decimal(value, digits = 1) {
  return known(value) ? value.toFixed(digits) : UNKNOWN;
}

/** 71.4 -> '71 °C' */
export function celsius(value) {
  return known(value) ? `${Math.round(value)}${NBSP}°C` : UNKNOWN;
}

/** Seconds as a running clock: '0:45', '12:04', '1:02:33' */
export function elapsed(seconds) {
  if (!known(seconds)) return UNKNOWN;
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part) => String(part).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** How long ago, in the fewest letters that fit a column: 'now', '45 s', '12 min', '3 h', '2 d' */
export function briefAge(at, now) {
  if (!known(at)) return UNKNOWN;
  const passed = now - at;
  if (passed < 2) return 'now';
  if (passed < 120) return span(passed);
  if (passed < 7200) return `${Math.round(passed / 60)}${NBSP}min`;
  if (passed < 172800) return `${Math.floor(passed / 3600)}${NBSP}h`;
  return `${Math.floor(passed / 86400)}${NBSP}d`;
}

function dated(options) {
  const format = new Intl.DateTimeFormat('en-GB', options);
  return (at) => (known(at) ? format.format(new Date(at * 1000)) : UNKNOWN);
}

/** Epoch seconds in local time -> '20 Nov' */
export const shortDate = dated({ day: 'numeric', month: 'short' });
/** Epoch seconds in local time -> 'Friday 20 November' */
export const longDate = dated({ weekday: 'long', day: 'numeric', month: 'long' });
/** Epoch seconds in local time -> '14:06' */
export const hourMinute = dated({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** Epoch seconds in local time -> '20 Nov, 14:06:58' */
export function stamp(at) {
  return known(at) ? `${shortDate(at)}, ${clock(at)}` : UNKNOWN;
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
