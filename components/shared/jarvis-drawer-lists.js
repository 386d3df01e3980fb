// The lists of the drawer: a guest's snapshots, the log of a task, the tasks and the events of a subject. Each fills
// a place {body, note}, and patches what stands there already.

import { jarvis } from 'jarvis';
import { el, setAttr, setText } from 'jarvis-dom';
import { UNKNOWN, ago, briefAge, count, elapsed, known, span, stamp } from 'jarvis-format';
import { OUTCOMES, taskObject, taskSpan, taskWord } from 'jarvis-task';

export const EVENT_WORDS = { alarm: ['! Alarm', 'alert'], warning: ['△ Attention', 'warn'], good: ['✓ Well', 'ok'], info: ['▸ Note', 'arc'] };
const LISTED = 12;
const EVENTS_LISTED = 8;
const AT_END_PX = 30;

/** Put a note and whole new content into a place. */
export function say(place, note, ...content) {
  setText(place.note, note);
  place.body.replaceChildren(...content);
}

const aged = (at, now) => (known(at) ? `${briefAge(at, now)}${now - at < 2 ? '' : ' ago'}` : UNKNOWN);

/** Bars where something is still being read. */
export function skeleton(lines) {
  return el('div', { class: 'skeleton' }, ...Array.from({ length: lines }, () => el('i')));
}

export function fillSnapshots(place, { rows }) {
  if (!rows.length) {
    say(place, '', el('p', { class: 'panel-says', text: 'It has no snapshots.' }));
    return;
  }
  const now = jarvis.now();
  const oldest = rows.map((row) => row.at).filter(known).at(-1);
  const note = `${rows.length}${known(oldest) ? ` · oldest ${ago(oldest, now)}` : ''}`;
  say(place, note, el('ul', { class: 'drawer-list' }, ...rows.map((row) => el('li', {},
    el('b', { text: row.name }), el('span', { class: 'dim', text: [row.memory ? 'with memory' : null, row.description].filter(Boolean).join(' · ') }),
    el('time', { class: 'num', title: stamp(row.at), text: aged(row.at, now) })))));
}

export function fillLog(place, { lines, cut }) {
  const atEnd = place.log && place.log.scrollHeight - place.log.scrollTop - place.log.clientHeight < AT_END_PX;
  if (!place.log?.isConnected) {
    place.log = el('pre', { class: 'drawer-log', tabindex: '0', 'aria-label': 'Log of the task' });
    place.body.replaceChildren(place.log);
  }
  setText(place.log, lines.join('\n') || 'The log is empty.');
  setText(place.note, cut ? `the last ${count(lines.length, 'line')}` : count(lines.length, 'line'));
  if (atEnd !== false) place.log.scrollTop = place.log.scrollHeight;
}

/** The tasks of a node or guest: those the panel has, and those that were read for the drawer. */
export function fillTasks(place, answer, { kind, id }) {
  const mine = (task) => (kind === 'node' ? task.node === id : task.of === id);
  const all = new Map((answer?.rows ?? []).map((task) => [task.upid, task]));
  for (const task of jarvis.panel('tasks').rows.values()) if (mine(task)) all.set(task.upid, task);
  const rows = [...all.values()].sort((a, b) => b.started - a.started).slice(0, LISTED);
  setText(place.note, answer?.state === 'failed' ? 'only those Jarvis saw' : '');
  const now = jarvis.now();
  patchLines(place, rows, 'No task of it is known.', (task) => {
    const { sign, word, tone } = OUTCOMES[task.outcome] ?? OUTCOMES.unknown;
    const passed = taskSpan(task, now);
    const of = kind === 'node' && task.of ? ` ${taskObject(task, jarvis.panel('guests').rows)}` : '';
    return {
      key: task.upid, lead: { kind: 'task', id: task.upid }, sign, tone, text: `${taskWord(task.kind)}${of}`,
      more: `${word} · ${task.outcome === 'running' ? elapsed(passed) : span(passed)}`, at: task.started,
    };
  });
}

/** The events of a subject that the page holds; a shared storage's are told by each of its nodes. */
export function fillEvents(place, { kind, id }, row) {
  const shared = kind === 'storage' && row?.shared;
  const mine = (event) => event.subject === `${kind}/${id}` || (kind === 'node' && event.node === id)
    || (shared && event.subject.startsWith('storage/') && event.subject.endsWith(`/${id}`));
  const rows = [...jarvis.panel('feed').rows.values()].filter(mine).sort((a, b) => b.id - a.id).slice(0, EVENTS_LISTED);
  patchLines(place, rows, 'Nothing has happened to it lately.', (event) => {
    const [word, tone] = EVENT_WORDS[event.severity] ?? EVENT_WORDS.info;
    return { key: event.id, lead: { kind: 'event', id: String(event.id) }, sign: word[0], tone, text: event.text, more: '', at: event.at };
  });
}

function patchLines(place, rows, empty, describe) {
  if (!rows.length) {
    if (place.body.firstElementChild?.tagName !== 'P') place.body.replaceChildren(el('p', { class: 'panel-says', text: empty }));
    return;
  }
  const now = jarvis.now();
  const lines = rows.map(describe);
  const key = lines.map((line) => line.key).join();
  if (place.body.dataset.key !== key || place.body.firstElementChild?.tagName !== 'UL') {
    place.body.dataset.key = key;
    place.body.replaceChildren(el('ul', { class: 'drawer-lines' }, ...lines.map((line) => el('li', {},
      el('button', { type: 'button', onclick: () => jarvis.action('open', line.lead) },
        el('span', { 'aria-hidden': 'true' }), el('span', { class: 'drawer-line-text' }), el('span', { class: 'dim' }), el('time', { class: 'num' }))))));
  }
  lines.forEach((line, index) => {
    const [sign, text, more, at] = place.body.firstElementChild.children[index].firstElementChild.children;
    setText(sign, line.sign);
    setAttr(sign, 'class', line.tone);
    setText(text, line.text);
    setText(more, line.more);
    setText(at, aged(line.at, now));
    setAttr(at, 'title', stamp(line.at));
  });
}
