// Questions to the server that have an answer: each is numbered, and its promise ends with what came back.

import { jarvis } from 'jarvis';

const WAIT_MS = 20_000;
const SEEN_MS = 10_000;
const UNSEEN_MS = 3_000;
/** What is told where an act waits for the server; it may be taken back for so long. */
export const NOT_SENT = 'Not sent yet, Jarvis is being looked for…';
const open = new Map();
let number = 0;

jarvis.on('tell:act', (answer) => {
  const waiting = open.get(answer.ask);
  if (!waiting) return;
  open.delete(answer.ask);
  clearTimeout(waiting.timer);
  waiting.resolve(answer);
});

/** Ends once the server is there, or has not come in time, or `signal` says that nobody wants it any more. */
export function arrival(signal = null, mostMs = SEEN_MS) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, mostMs);
    const off = jarvis.on('connection', ({ state }) => state === 'up' && done());
    signal?.addEventListener('abort', done);
    function done() {
      off();
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

/** Ask for an action; the answer is {ok, because?, remedy?, outcome?, text?, approval?}. A tool may take its time:
 *  `waitMs` says how much, and without an answer by then that is told, not guessed.
 *  While the server is not there it waits a little before it is sent: `waits(true)` and `waits(false)` let the asker show
 *  it, and whoever does may have it wait longer; once `signal` is aborted nothing is sent any more. */
export async function ask(name, args = {}, waitMs = WAIT_MS, { waits = null, signal = null } = {}) {
  if (jarvis.connection !== 'up') {
    waits?.(true);
    await arrival(signal, waits ? SEEN_MS : UNSEEN_MS);
    if (signal?.aborted) return { ok: false, outcome: 'unsent', because: 'It was let go of before it was sent' };
    waits?.(false);
    if (jarvis.connection !== 'up') {
      return { ok: false, outcome: 'unsent', because: 'Nothing was sent: the server is not there', remedy: 'Ask again once the page has found it' };
    }
  }
  number += 1;
  const mine = number;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      open.delete(mine);
      resolve({ ok: false, outcome: 'unknown', because: 'No answer has come yet; the activity will tell how it ends' });
    }, waitMs);
    open.set(mine, { resolve, timer });
    jarvis.action(name, { ...args, ask: mine });
  });
}

/** What an answer says, in one line: why not, and what can be done. */
export function saysOf(answer) {
  const parts = [answer.because, answer.remedy].filter(Boolean).map((part) => part[0].toUpperCase() + part.slice(1).replace(/\.$/, ''));
  return parts.length ? `${parts.join('. ')}.` : '';
}
