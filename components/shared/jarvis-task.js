// What Proxmox calls its tasks, in words a person uses, and how a task stands.

const WORDS = {
  qmstart: 'Start', qmstop: 'Stop', qmshutdown: 'Shut down', qmreboot: 'Restart', qmreset: 'Reset',
  qmsuspend: 'Suspend', qmresume: 'Resume', qmpause: 'Pause', qmigrate: 'Migrate', qmclone: 'Clone',
  qmcreate: 'Create', qmdestroy: 'Remove', qmrestore: 'Restore', qmsnapshot: 'Snapshot',
  qmdelsnapshot: 'Delete snapshot', qmrollback: 'Roll back', qmtemplate: 'Make template', qmconfig: 'Configure',
  qmmove: 'Move disk', resize: 'Resize disk',
  vzstart: 'Start', vzstop: 'Stop', vzshutdown: 'Shut down', vzreboot: 'Restart', vzsuspend: 'Suspend',
  vzresume: 'Resume', vzmigrate: 'Migrate', vzclone: 'Clone', vzcreate: 'Create', vzdestroy: 'Remove',
  vzrestore: 'Restore', vzsnapshot: 'Snapshot', vzdelsnapshot: 'Delete snapshot', vzrollback: 'Roll back',
  vzdump: 'Backup', vncproxy: 'Console', vncshell: 'Shell', spiceproxy: 'Console', spiceshell: 'Shell', termproxy: 'Shell',
  aptupdate: 'Refresh package lists', aptupgrade: 'Upgrade packages', imgdel: 'Delete image', imgcopy: 'Copy image',
  download: 'Download', startall: 'Start all guests', stopall: 'Stop all guests', migrateall: 'Migrate all guests',
  srvstart: 'Start service', srvstop: 'Stop service', srvrestart: 'Restart service', srvreload: 'Reload service',
  hastart: 'HA start', hastop: 'HA stop', hashutdown: 'HA shut down', hamigrate: 'HA migrate', harelocate: 'HA relocate',
  zfscreate: 'Create ZFS pool', lvmcreate: 'Create LVM group', prunebackups: 'Prune backups', pbsverify: 'Verify backup',
  acmenewcert: 'Order certificate', acmerenew: 'Renew certificate', replicate: 'Replicate', wipedisk: 'Wipe disk',
};

/** One sign, one word and one colour an outcome. */
export const OUTCOMES = {
  running: { sign: '▸', word: 'running', tone: 'arc' },
  ok: { sign: '✓', word: 'done', tone: 'ok' },
  warnings: { sign: '△', word: 'done, with warnings', tone: 'warn' },
  failed: { sign: '!', word: 'failed', tone: 'alert' },
  unknown: { sign: '?', word: 'unknown', tone: 'faint' },
};

/** 'vzdump' -> 'Backup'; a kind that is not known stays as Proxmox writes it. */
export function taskWord(kind) {
  return WORDS[kind] ?? kind;
}

/** What a task works on: 'media (104)' where the guest is known, else as Proxmox writes it, else its node. */
export function taskObject(task, guests) {
  if (!task.of) return task.node;
  const guest = guests.get(task.of);
  return guest?.name ? `${guest.name} (${task.of})` : task.of;
}

/** Seconds a task took, or has taken so far; null where its end is not known. */
export function taskSpan(task, now) {
  if (task.ended !== null && task.ended !== undefined) return Math.max(0, task.ended - task.started);
  return task.outcome === 'running' ? Math.max(0, now - task.started) : null;
}
