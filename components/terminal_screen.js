// One terminal's screen: xterm, its socket, its keys. The panel decides which screen is seen.

import { FitAddon, Terminal, WebLinksAddon } from 'nicegui-xterm';
import { el } from 'jarvis-dom';
import { askToPaste, cleaned, copy } from 'terminal_paste';
import { TerminalSocket } from 'terminal_socket';

const SCROLLBACK_LINES = 5_000;
const ARROWS = new Set(['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']);
const TOKENS = {
  background: '--pit', foreground: '--term-text', cursor: '--arc', cursorAccent: '--pit', selectionBackground: '--arc-deep', selectionForeground: '--text',
  black: '--track', red: '--alert', green: '--ok', yellow: '--warn', blue: '--term-blue', magenta: '--violet', cyan: '--arc', white: '--text',
  brightBlack: '--faint', brightRed: '--alert', brightGreen: '--ok', brightYellow: '--warn', brightBlue: '--term-blue', brightMagenta: '--violet', brightCyan: '--arc-soft', brightWhite: '--term-bright',
};

/** The page's own colours, as xterm wants them. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(Object.entries(TOKENS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]));
}

/** Open a link of a terminal, if it is one of the web; the page it leads to learns nothing of ours. */
export function follow(uri) {
  let url;
  try {
    url = new URL(uri);
  } catch {
    return;
  }
  if (url.protocol === 'http:' || url.protocol === 'https:') window.open(url.href, '_blank', 'noopener,noreferrer');
}

export class Screen {
  /** hears: {changed(), leave(direction), find(), font(step)}; `where` names it in sentences, `hints` is the id
   *  of the text that tells its keys. */
  constructor(host, { id, where, fontSize, aloud, hints }, hears) {
    this.id = id;
    this.where = where;
    this.hears = hears;
    this.writing = false;
    this.quiet = true;
    this.sticky = false;
    this.over = null;
    this.at = 0;
    this.epoch = 0;
    this.root = el('div', { class: 'term-screen', hidden: true });
    host.append(this.root);
    this.terminal = new Terminal({
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--mono').trim(),
      fontSize, lineHeight: 1.15, scrollback: SCROLLBACK_LINES, theme: palette(), minimumContrastRatio: 4.5,
      cursorBlink: false, cursorInactiveStyle: 'outline', macOptionIsMeta: true, fontWeightBold: 500, logLevel: 'off', screenReaderMode: aloud,
      linkHandler: {
        activate: (event, uri) => follow(uri),
        hover: (event, uri) => this.root.setAttribute('title', uri),
        leave: () => this.root.removeAttribute('title'),
      },
    });
    this.fitting = new FitAddon();
    this.terminal.loadAddon(this.fitting);
    this.terminal.loadAddon(new WebLinksAddon((event, uri) => follow(uri)));
    this.terminal.open(this.root);
    const { textarea } = this.terminal;
    textarea.setAttribute('aria-label', `Terminal on ${where}`);
    textarea.setAttribute('aria-describedby', hints);
    textarea.setAttribute('data-gramm', 'false');
    // Who types sets the size; what a screen answers by itself is no typing.
    for (const kind of ['focusin', 'keydown', 'beforeinput', 'paste', 'pointerdown']) this.root.addEventListener(kind, () => this.claim(), true);
    this.terminal.attachCustomKeyEventHandler((event) => this.key(event));
    this.terminal.onData((text) => this.type(text));
    this.terminal.onBinary((text) => this.quiet || this.socket.send(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    this.root.addEventListener('paste', (event) => this.pasted(event), true);
    this.socket = new TerminalSocket(id, {
      begin: (word) => this.begin(word),
      output: (bytes) => this.write(bytes),
      size: (word) => this.sized(word),
      over: (word) => {
        this.over = word;
        this.terminal.write('\x1b[?25l');
        hears.changed();
      },
      link: () => hears.changed(),
    });
  }

  get link() {
    return this.socket.state;
  }

  get isReady() {
    return this.socket.isUp && !this.over;
  }

  get isAlternate() {
    return this.terminal.buffer.active.type === 'alternate';
  }

  /** Output begins: on a fresh screen, or where it was left. Until the old part is drawn nothing is answered. */
  begin({ at, fresh, first, cut, replayed }) {
    this.epoch += 1;
    this.quiet = at < replayed;
    this.replayed = replayed;
    this.prefixed = first > 0;
    this.at = at;
    if (fresh) this.terminal.write(cut ? '\x1bc\x1b[2m… older output is no longer kept …\x1b[0m\r\n' : '\x1bc');
    // The socket before may not be known to be dead yet, and would go on setting the size.
    if (document.hasFocus() && this.root.contains(document.activeElement)) this.claim();
    this.hears.changed();
  }

  write(bytes) {
    const { epoch } = this;
    if (this.prefixed) {
      this.prefixed = false;
      this.terminal.write(bytes);
      return;
    }
    this.at += bytes.length;
    const { at } = this;
    this.terminal.write(bytes, () => {
      if (epoch !== this.epoch) return;
      if (at >= this.replayed) this.quiet = false;
      this.socket.tellDrawn(at);
    });
  }

  sized({ cols, rows, writing }) {
    this.writing = writing;
    if (!writing || !this.fit()) this.resize(cols, rows);
  }

  resize(cols, rows) {
    if (cols !== this.terminal.cols || rows !== this.terminal.rows) this.terminal.resize(cols, rows);
  }

  /** Fill the stage, if this page sets the size; says whether that was possible. */
  fit() {
    if (this.root.hidden || !this.root.clientWidth || !this.root.clientHeight) return false;
    const wanted = this.fitting.proposeDimensions();
    if (!wanted || !(wanted.cols > 1) || !(wanted.rows > 0)) return false;
    this.resize(wanted.cols, wanted.rows);
    if (!this.over) this.socket.size(wanted.cols, wanted.rows);
    return true;
  }

  /** This page types now, so its window sets the size. */
  claim() {
    if (!this.writing && !this.over && this.socket.isUp) this.fit();
  }

  /** What keys, the mouse, a paste, or the screen itself says. */
  type(text) {
    if (this.quiet || this.over) return;
    if (this.sticky && text.length === 1) {
      this.stick(false);
      const code = text.toUpperCase().charCodeAt(0);
      if (code >= 0x40 && code <= 0x5f) text = String.fromCharCode(code & 0x1f);
      else if (text === ' ') text = '\0';
    }
    this.socket.type(text);
  }

  /** The next key is pressed with Ctrl. */
  stick(on = !this.sticky) {
    this.sticky = on;
    this.hears.changed();
  }

  /** An arrow as the programme wants it now. */
  arrow(letter) {
    const lead = this.terminal.modes.applicationCursorKeysMode ? '\x1bO' : '\x1b[';
    this.type(this.sticky ? `\x1b[1;5${letter}` : `${lead}${letter}`);
    if (this.sticky) this.stick(false);
  }

  key(event) {
    const { key, ctrlKey, altKey, shiftKey, metaKey } = event;
    const plain = !altKey && !metaKey;
    let done = null;
    if (ctrlKey && shiftKey && plain && key.toUpperCase() === 'C') done = () => copy(this.terminal.getSelection());
    else if (ctrlKey && shiftKey && plain && key.toUpperCase() === 'F') done = () => this.hears.find();
    else if (ctrlKey && plain && (key === '+' || key === '=')) done = () => this.hears.font(1);
    else if (ctrlKey && plain && (key === '-' || key === '_') && !shiftKey) done = () => this.hears.font(-1);
    else if (ctrlKey && plain && key === '0') done = () => this.hears.font(0);
    else if (ctrlKey && altKey && ARROWS.has(key)) done = () => this.hears.leave(key === 'ArrowUp' || key === 'ArrowLeft' ? -1 : 1);
    else if (key === 'F6' && shiftKey) done = () => this.hears.leave(-1);
    else if (key === 'F6' && plain && !ctrlKey && !this.isAlternate) done = () => this.hears.leave(1);
    // The browser's own paste: its text arrives with the paste event.
    else if (ctrlKey && shiftKey && plain && key.toUpperCase() === 'V') return false;
    if (!done) return true;
    event.preventDefault();
    event.stopPropagation();
    if (event.type === 'keydown') done();
    return false;
  }

  pasted(event) {
    event.preventDefault();
    event.stopPropagation();
    this.paste(event.clipboardData?.getData('text/plain') ?? '');
  }

  /** Type text that was copied somewhere; lines only once they were looked at. */
  async paste(raw) {
    const found = cleaned(raw);
    if (!found.text || this.over) return;
    let held;
    do { // what holds lines may have ended while they were looked at
      held = this.terminal.modes.bracketedPasteMode;
      if (found.text.includes('\n') && !(await askToPaste(found, { where: this.where, bracketed: held }))) {
        this.focus();
        return;
      }
    } while (held && !this.terminal.modes.bracketedPasteMode);
    this.focus();
    this.terminal.paste(found.text);
  }

  show(visible) {
    if (this.root.hidden === !visible) return;
    this.root.hidden = !visible;
    if (visible && this.writing) this.fit();
  }

  setFont(fontSize) {
    this.terminal.options.fontSize = fontSize;
    if (this.writing) this.fit();
  }

  focus() {
    this.terminal.focus();
  }

  destroy() {
    this.socket.destroy();
    this.terminal.dispose();
    this.root.remove();
  }
}
