// Questions to the server that have an answer: each is numbered, and its promise ends with what came back.

import { jarvis } from 'jarvis';

const WAIT_MS = 20_000;
const ARRIVAL_MS = 10_000;
const open = new Map();
let number = 0;

jarvis.on('tell:act', (answer) => {
  const waiting = open.get(answer.ask);
  if (!waiting) return;
  open.delete(answer.ask);
  clearTimeout(waiting.timer);
  waiting.resolve(answer);
});

/** Ends once a page that is just being opened has heard of its server, or has waited long enough for it. */
export function arrival() {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ARRIVAL_MS);
    const off = jarvis.on('connection', done);
    function done() {
      off();
      clearTimeout(timer);
      resolve();
    }
  });
}

/** Ask for an action; the answer is {ok, because?, remedy?, outcome?, text?, approval?}. A tool may take its time:
 *  `waitMs` says how much, and without an answer by then that is told, not guessed. */
export function ask(name, args = {}, waitMs = WAIT_MS) {
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
