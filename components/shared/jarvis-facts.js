// What the drawer tells of each kind of thing: the label, the figure with its unit, and its tone. Rows come from
// the store (memory and disks in MiB); details come with the drawer's own answer (bytes).

import { UNKNOWN, ago, bytes, celsius, count, decimal, known, oldAge, percent, share, sizeOf, span, stamp } from 'jarvis-format';
import { OUTCOMES, taskObject, taskSpan, taskWord } from 'jarvis-task';

const NODE_STATES = {
  online: ['online', 'ok'], unknown: ['reports nothing', 'warn'],
  unreachable: ['does not answer', 'warn'], down: ['down', 'alert'],
};
const GUEST_STATES = {
  running: ['running', 'ok'], paused: ['paused', 'warn'], stopped: ['off', 'dim'], unknown: ['not known', 'warn'],
};
const LEVELS = { warning: 'warn', critical: 'alert' };
const KINDS = { qemu: 'virtual machine', lxc: 'container' };

const since = (row, now) => (known(row.since) ? ` for ${span(now - row.since)}` : '');
const listed = (list) => (list?.length ? list.join(', ') : null);
const yes = (value) => (value === null || value === undefined ? UNKNOWN : value ? 'yes' : 'no');

function state(states, row, now) {
  const [word, tone] = states[row.state] ?? [row.state ?? UNKNOWN, 'dim'];
  // How long it has been up is the uptime's to tell: `since` may be only as old as Jarvis's own watch.
  return { text: tone === 'ok' ? word : word + since(row, now), tone };
}

function of(cpu, cpus) {
  return known(cpus) ? `${percent(cpu)} of ${count(cpus, 'CPU')}` : percent(cpu);
}

function updates(row) {
  if (!known(row.updates)) return UNKNOWN;
  if (!row.updates) return 'none';
  return row.security ? { text: `${row.updates}, ${row.security} of them security`, tone: 'warn' } : String(row.updates);
}

function certificate(row, now) {
  if (!known(row.cert)) return UNKNOWN;
  const left = Math.floor((row.cert - now) / 86400);
  if (left < 0) return { text: `expired ${stamp(row.cert)}`, tone: 'alert' };
  return { text: `valid ${span(left * 86400)}`, tone: left < 21 ? 'warn' : null };
}

/** How old a node's temperature is, such as '3 h'; '' while it is fresh. after: the nodes' old_after, in seconds. */
export function temperatureAge(row, now, after) {
  return known(row.temp_at) ? oldAge(row.temp_at, now, after?.temp) : oldAge(row.detail_at, now, after?.detail);
}

function temperature(row, now, after) {
  if (!known(row.temp)) return { text: UNKNOWN, why: 'no drive tells its temperature' };
  const fact = { text: `${celsius(row.temp)} ${row.tempof ?? ''}`.trim(), tone: row.hot ? 'warn' : null };
  return agedFact(fact, temperatureAge(row, now, after), saysMore(row, row.temp_says));
}

/** The fact with its age, greyed unless it is an alarm or a warning; as it is while it has no age to tell. */
function agedFact(fact, age, says) {
  if (!age || fact === null || fact === UNKNOWN) return fact;
  const { text, tone, why } = typeof fact === 'object' ? fact : { text: fact };
  return { text, tone: tone ?? 'faint', why: [why, `as of ${age} ago`, says].filter(Boolean).join(', ') };
}

/** Why a part could not be read, unless it is why nothing can be, which the connection's own fact tells. */
function saysMore(row, says) {
  return says === row.sshsays ? null : says;
}

/** What SSH reads of a node in parts: where a part was never read though it could be, that is told. */
function overSsh(row, now, after, part, fact) {
  if (!row.ssh || row.ssh === 'off') return null;
  const [at, says] = [row[`${part}_at`], row[`${part}_says`]];
  if (!known(at)) return says ? { text: UNKNOWN, why: says } : UNKNOWN;
  return agedFact(fact(row), oldAge(at, now, after?.[part]), saysMore(row, says));
}

/** row.backup: epoch seconds, false where none was seen, null where it is not known; row.job: whether a job covers it. */
function backup({ backup: taken, job }, now) {
  const why = job === false ? 'no job covers it' : null;
  const tone = why ? 'warn' : null;
  if (known(taken)) return { text: ago(taken, now), tone, why };
  if (taken === false) return { text: 'none seen', tone: 'warn', why };
  return why ? { text: why, tone } : UNKNOWN;
}

const LINKS = {
  unused: ['not in use', 'dim'], connected: ['connected', 'ok'], away: ['away', 'warn'], 'key unknown': ['its host key waits for your word', 'warn'],
  'key changed': ['shows another host key: refused', 'alert'], refused: ['does not take our key', 'alert'], off: ['not set up', 'dim'],
};

function ssh(row) {
  if (!row.ssh) return null;
  const [text, tone] = LINKS[row.ssh] ?? [row.ssh, 'dim'];
  return { text, tone: tone === 'dim' ? null : tone, why: row.fingerprint ?? (row.ssh === 'connected' || row.ssh === 'off' ? null : row.sshsays) };
}

function pools({ pools: all }) {
  if (!all?.length) return null;
  const ill = all.filter(([, , why]) => why);
  const text = (ill.length ? ill : all).map(([name, health, why]) => `${name} ${health === 'ONLINE' && why ? why : health.toLowerCase()}`).join(', ');
  return { text, tone: ill.length ? 'alert' : null };
}

function drives({ drives: all }) {
  if (!all?.length) return null;
  const ill = all.filter(([, , why]) => why);
  if (ill.length) return { text: ill.map(([device, , why]) => `${device}: ${why}`).join(', '), tone: 'alert' };
  const passed = all.filter(([, passes]) => passes).length;
  return passed === all.length ? `${count(passed, 'drive')} ${passed === 1 ? 'passes' : 'pass'}` : `${passed} of ${count(all.length, 'drive')} known to pass`;
}

function units(row) {
  return listed(row.units) ? { text: `${listed(row.units)} failed`, tone: 'warn' } : 'none failed';
}

/** A fact is [label, value]; a value is text, {text, tone, why}, or null to leave the fact out. */
export function nodeFacts(row, now, after = {}) {
  const up = row.state === 'online';
  const age = oldAge(row.detail_at, now, after.detail);
  return [
    ['state', state(NODE_STATES, row, now)],
    ['uptime', up && known(row.boot) ? span(now - row.boot) : UNKNOWN],
    ['last seen', up || !known(row.seen) ? null : ago(row.seen, now)],
    ['CPU', of(row.cpu, row.cpus)],
    ['memory', { text: sizeOf(row.mem, row.memtotal), why: known(row.mem) ? 'cache not counted' : null }],
    ['load', agedFact(up && Array.isArray(row.load) ? row.load.map((part) => decimal(part)).join(' · ') : UNKNOWN, age)],
    ['root disk', sizeOf(row.root, row.roottotal)],
    ['swap', agedFact(up && known(row.swaptotal) ? (row.swaptotal ? sizeOf(row.swap, row.swaptotal) : 'none') : UNKNOWN, age)],
    ['temperature', up ? temperature(row, now, after) : UNKNOWN],
    ['updates', agedFact(updates(row), age)],
    ['certificate', agedFact(certificate(row, now), age)],
    ['services', listed(row.services) ? agedFact({ text: listed(row.services), tone: 'warn' }, age) : null],
    ['guests', known(row.guests) ? String(row.guests) : null],
    ['SSH', ssh(row)],
    ['pools', overSsh(row, now, after, 'pools', pools)],
    ['SMART', overSsh(row, now, after, 'drives', drives)],
    ['units', overSsh(row, now, after, 'units', units)],
    ['not read', row.because ? { text: row.because, tone: 'warn' } : null],
  ];
}

export function guestFacts(row, now, details = {}) {
  const up = row.state === 'running' || row.state === 'paused';
  const disk = known(row.disk) ? sizeOf(row.disk, row.disktotal) : { text: sizeOf(null, row.disktotal).replace(`${UNKNOWN} of `, ''), why: 'size only' };
  return [
    ['state', row.template ? 'template' : state(GUEST_STATES, row, now)],
    ['uptime', up && known(row.boot) ? span(now - row.boot) : row.template ? null : UNKNOWN],
    ['node', row.node],
    ['kind', KINDS[row.kind] ?? row.kind],
    ['CPU', up ? of(row.cpu, row.cpus) : known(row.cpus) ? count(row.cpus, 'CPU') : UNKNOWN],
    ['memory', up ? sizeOf(row.mem, row.memtotal) : sizeOf(null, row.memtotal).replace(`${UNKNOWN} of `, '')],
    ['disk', disk],
    ['HA', row.ha ?? 'not managed'],
    ['lock', row.lock ? { text: row.lock, tone: 'warn' } : 'none'],
    ['protected', row.prot ? { text: 'yes', tone: 'arc', why: 'Jarvis refuses every action on it' } : 'no'],
    ['pool', row.pool],
    ['tags', listed(row.tags)],
    ['last backup', row.template ? null : backup(row, now)],
    ['system', details.os_type],
    ['autostart', 'starts_at_boot' in details ? yes(details.starts_at_boot ?? false) : null],
    ['guest agent', row.kind === 'qemu' && 'agent_enabled' in details ? (details.agent_enabled ? 'configured' : 'not configured') : null],
    ...(details.nets ?? []).map(([slot, text]) => [slot, text]),
    ...(details.disks ?? []).map(([slot, text]) => [slot, text]),
    ['notes', details.description],
  ];
}

export function storageFacts(row) {
  return [
    ['used', { text: sizeOf(row.used, row.total), tone: LEVELS[row.level] }],
    ['full', { text: percent(row.share ?? share(row.used, row.total)), tone: LEVELS[row.level] }],
    ['state', row.active === null || row.active === undefined ? UNKNOWN : row.active ? { text: 'available', tone: 'ok' } : { text: 'not available', tone: 'alert' }],
    ['kind', row.kind ?? UNKNOWN],
    ['holds', listed(row.content) ?? UNKNOWN],
    [row.shared ? 'shared by' : 'node', listed(row.nodes) ?? UNKNOWN],
    ['missing on', listed(row.missing) ? { text: listed(row.missing), tone: 'warn' } : null],
  ];
}

export function taskFacts(row, now, guests) {
  const { word, tone } = OUTCOMES[row.outcome] ?? OUTCOMES.unknown;
  return [
    ['state', { text: row.exit && row.outcome !== 'ok' ? `${word}: ${row.exit}` : word, tone }],
    ['task', taskWord(row.kind) === row.kind ? row.kind : `${taskWord(row.kind)} (${row.kind})`],
    ['of', taskObject(row, guests)],
    ['node', row.node],
    ['asked by', row.user],
    ['began', stamp(row.started)],
    ['ended', known(row.ended) ? stamp(row.ended) : null],
    ['took', span(taskSpan(row, now))],
  ];
}

export function eventFacts(row, now, word) {
  return [
    ['severity', word],
    ['when', { text: stamp(row.at), why: ago(row.at, now) }],
    ['UTC', new Date(row.at * 1000).toISOString().replace('T', ' ').slice(0, 19)],
    ['acknowledged', row.acked ? { text: `by ${row.acked_by}`, why: ago(row.acked, now) } : null],
    ['node', row.node],
    ['event', row.kind],
    ['subject', row.subject],
    ['number', String(row.id)],
  ];
}

// The charts of each kind: which metrics, in what tone, and what stands for their ceiling.
const asShare = { format: (value) => percent(value) };
const asBytes = { format: bytes, binary: true };
const asRate = { format: (value) => (known(value) ? `${bytes(value)}/s` : UNKNOWN), binary: true };
const cpu = (lines) => ({ title: 'CPU', ...asShare, lines });
const memory = { title: 'Memory', ...asBytes, ceiling: 'mem_total_bytes', lines: [['used', 'mem_used_bytes', '--arc']] };
const network = { title: 'Network', ...asRate, lines: [['in', 'net_in_bytes_per_s', '--arc'], ['out', 'net_out_bytes_per_s', '--violet']] };
const used = (title) => ({ title, ...asBytes, ceiling: 'disk_total_bytes', lines: [['used', 'disk_used_bytes', '--arc']] });

export const CHARTS = {
  node: [cpu([['CPU', 'cpu_fraction', '--arc'], ['IO wait', 'io_wait_fraction', '--violet']]), memory, network, used('Root disk')],
  guest: [
    cpu([['CPU', 'cpu_fraction', '--arc']]), memory, network,
    { title: 'Disk', ...asRate, lines: [['read', 'disk_read_bytes_per_s', '--arc'], ['write', 'disk_write_bytes_per_s', '--violet']] },
  ],
  storage: [used('Used')],
};
