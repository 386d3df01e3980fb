// Figures as the page writes them: a no-break space before the unit, binary units for memory and
// disks, 24-hour local time, and a dash for what is not known (null, undefined, NaN), never 0.

export const DASH = "—";
export const NBSP = "\u00a0";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
const GROUPS = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

export function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

// Three significant figures where there are that many: 1.57, 48.9, 412.
function significant(value, trim) {
  const size = Math.abs(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return trim && digits ? text.replace(/\.?0+$/, "") : text;
}

function exponentOf(bytes) {
  let exponent = 0;
  for (let rest = Math.abs(bytes); rest >= 999.5 && exponent < UNITS.length - 1; rest /= 1024) exponent++;
  return exponent;
}

function scaled(bytes, exponent, trim) {
  return exponent === 0 ? String(Math.round(bytes)) : significant(bytes / 1024 ** exponent, trim);
}

// 3184 -> "3 184"
export function number(value) {
  return known(value) ? GROUPS.format(value).replaceAll(",", NBSP) : DASH;
}

// 9.8 -> "9.80": a bare figure with fixed decimals, such as a load.
export function decimal(value, digits = 2) {
  return known(value) ? value.toFixed(digits) : DASH;
}

// count(1, "guest") -> "1 guest", count(20, "guest") -> "20 guests"
export function count(value, noun, plural = noun + "s") {
  return known(value) ? number(value) + NBSP + (value === 1 ? noun : plural) : DASH + NBSP + plural;
}

// 52505640140 -> "48.9 GiB"
export function bytes(value) {
  if (!known(value)) return DASH;
  const exponent = exponentOf(value);
  return scaled(value, exponent, true) + NBSP + UNITS[exponent];
}

// bytesOf(used, total) -> "48.9 of 62.7 GiB", both in the unit of the total.
export function bytesOf(used, total) {
  if (!known(total)) return known(used) ? bytes(used) : DASH;
  const exponent = exponentOf(total);
  const unit = NBSP + UNITS[exponent];
  const first = known(used) ? scaled(used, exponent, false) : DASH;
  return `${first} of ${scaled(total, exponent, true)}${unit}`;
}

// Bytes each second -> "210 MiB/s"
export function rate(value) {
  return known(value) ? bytes(value) + "/s" : DASH;
}

// 0.63 -> "63 %"; digits asks for decimals.
export function percent(fraction, digits = 0) {
  return known(fraction) ? (fraction * 100).toFixed(digits) + NBSP + "%" : DASH;
}

// The share of two figures, unknown when either is or the whole is zero.
export function share(part, whole) {
  return known(part) && known(whole) && whole > 0 ? part / whole : null;
}

export function celsius(value) {
  return known(value) ? Math.round(value) + NBSP + "°C" : DASH;
}

// Seconds as a person says them: "45 s", "12 min", "3 h 5 min", "41 d 6 h".
export function duration(seconds) {
  if (!known(seconds)) return DASH;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return whole + NBSP + "s";
  if (whole < 7200) return Math.round(whole / 60) + NBSP + "min";
  const [big, small, size] = whole < 172800 ? ["h", "min", 3600] : ["d", "h", 86400];
  const rest = Math.floor((whole % size) / (size === 3600 ? 60 : 3600));
  const first = Math.floor(whole / size) + NBSP + big;
  return rest >= 1 ? first + NBSP + rest + NBSP + small : first;
}

// Seconds as a running clock: "0:45", "12:04", "1:02:33".
export function elapsed(seconds) {
  if (!known(seconds)) return DASH;
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (part) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${pad(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

// How long ago: "now" below two seconds, "12 s ago", "3 h 5 min ago". Both in epoch seconds.
export function age(at, now) {
  if (!known(at) || !known(now)) return DASH;
  const passed = now - at;
  return passed < 2 ? "now" : duration(passed) + " ago";
}

// How long until: "now", "in 12 s". Both in epoch seconds.
export function until(at, now) {
  if (!known(at) || !known(now)) return DASH;
  return at - now < 1 ? "now" : "in " + duration(at - now);
}

function formatter(options, zone) {
  const made = new Map();
  return (at) => {
    if (!known(at)) return DASH;
    const key = zone ?? "local";
    if (!made.has(key)) made.set(key, new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone }));
    return made.get(key).format(new Date(at * 1000));
  };
}

const HMS = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
const HM = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

// Epoch seconds in local time: "14:06:58", "14:06", "20 Nov", "Friday 20 November".
export const timeOfDay = formatter(HMS);
export const hourMinute = formatter(HM);
export const shortDate = formatter({ day: "numeric", month: "short" });
export const longDate = formatter({ weekday: "long", day: "numeric", month: "long" });
export const utcTime = formatter(HMS, "UTC");

// "20 Nov, 14:06:58" in local time.
export function stamp(at) {
  return known(at) ? `${shortDate(at)}, ${timeOfDay(at)}` : DASH;
}

// A number that is the same for all moments of one local day.
export function dayOf(at) {
  const date = new Date(at * 1000);
  return date.getFullYear() * 10000 + (date.getMonth() + 1) * 100 + date.getDate();
}

// "Today", "Yesterday", or the day's name and date.
export function dayName(at, now) {
  const day = dayOf(at);
  if (day === dayOf(now)) return "Today";
  if (day === dayOf(now - 86400)) return "Yesterday";
  return longDate(at);
}
