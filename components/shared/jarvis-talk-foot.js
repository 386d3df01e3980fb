// What stands below an answer: who gave it and why, what it used, how long it took and when it came.

import { jarvis } from 'jarvis';
import { el } from 'jarvis-dom';
import { moment, stamp } from 'jarvis-format';

export const WHO = { claude: 'Claude', local: 'Local model', direct: 'No model' };
/** Who can be asked in place of whom. */
export const OTHER = { claude: 'local', local: 'claude', direct: 'claude' };

/** 0.0041 -> '$0.0041'; what is below a hundredth of a cent is told as that. */
export function usd(value) {
  const figure = Number(value);
  if (!Number.isFinite(figure)) return '';
  if (figure === 0) return '$0';
  if (figure < 0.0001) return '< $0.0001';
  return `$${figure.toFixed(figure < 0.1 ? 4 : 2)}`;
}

/** Milliseconds -> '84 ms', '3.2 s', '2 min 5 s'; unknown is nothing. */
export function took(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms < 999.5) return `${Math.round(ms)}\u00a0ms`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)}\u00a0s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}\u00a0min ${seconds % 60}\u00a0s`;
}

/** What a turn has used so far; its last answer tells the sum. */
export function newSum() {
  return { in: 0, out: 0, read: 0, write: 0, est: false, cost: null };
}

export function addTo(sum, { usage, cost }) {
  if (usage) {
    for (const key of ['in', 'out', 'read', 'write']) sum[key] += usage[key];
    sum.est ||= usage.est;
  }
  if (cost !== null && cost !== undefined) sum.cost = (sum.cost ?? 0) + Number(cost);
}

const thousands = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');

/** Tokens as the footer tells them. */
function tokens(usage) {
  const whole = usage.in + usage.read + usage.write;
  if (!whole && !usage.out) return '';
  const parts = [`${thousands(whole)} in`];
  if (usage.read) parts.push(`${thousands(usage.read)} cached`);
  parts.push(`${thousands(usage.out)} out`);
  return `${usage.est ? '≈ ' : ''}${parts.join(' · ')}`;
}

const figure = (name, text, title) => (text ? el('span', { class: `num talk-${name}`, text, title }) : null);

/** The facts of an answer, in the order in which a reader wants them. */
export function footOf(message, sum) {
  return [
    el('b', { class: `talk-who ${message.provider ?? ''}`, text: WHO[message.provider] ?? 'Jarvis' }),
    figure('model', message.model ?? ''), figure('ms', took(message.ms)), figure('at', moment(message.at, jarvis.now()), stamp(message.at)),
    el('span', { class: 'talk-because', text: message.because ?? '' }),
    figure('tokens', tokens(sum)), figure('cost', sum.cost === null ? '' : usd(sum.cost)),
  ].filter(Boolean);
}
