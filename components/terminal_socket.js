// The socket of one terminal: comes back by itself, goes on where it left off, and neither side ever has to keep
// more than a little. What is sent is told in pages/terminals.py.

const INPUT_ON_THE_WAY = 64 * 1024;
const PIECE = 16 * 1024;
const TELL_DRAWN = 32 * 1024;
const ALIVE_MS = 10_000;
const SILENT_MS = 25_000;
const AGAIN_MS = [300, 700, 1_500, 3_000, 5_000, 8_000];
const CLOSE_SESSION_ENDED = 4401;
const CLOSE_GONE = 4404;

const encoder = new TextEncoder();

export class TerminalSocket {
  /** hears: {begin(word), output(bytes), size(word), over(word), link(state, because)}
   *  link states: connecting, up, lost (it tries again at `retryAt`), gone. */
  constructor(id, hears) {
    this.id = id;
    this.hears = hears;
    this.received = null;
    this.attempts = 0;
    this.state = 'connecting';
    this.retryAt = 0;
    this.waiting = [];
    this.onTheWay = 0;
    this.onOnline = () => this.connect();
    this.onVisible = () => document.visibilityState === 'visible' && this.check();
    window.addEventListener('online', this.onOnline);
    document.addEventListener('visibilitychange', this.onVisible);
    this.alive = setInterval(() => this.check(), ALIVE_MS);
    this.connect();
  }

  get isUp() {
    return this.state === 'up';
  }

  connect() {
    if (this.destroyed || this.state === 'gone' || this.socket) return;
    clearTimeout(this.retry);
    const scheme = window.location.protocol === 'https:' ? 'wss' : 'ws';
    const since = this.received === null ? '' : `?since=${this.received}`;
    const path = `${window.path_prefix ?? ''}/terminals/${encodeURIComponent(this.id)}${since}`;
    const socket = new WebSocket(`${scheme}://${window.location.host}${path}`);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = ({ data }) => {
      if (socket === this.socket) this.hear(data);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.socket) this.lose(code);
    };
  }

  hear(data) {
    this.heardAt = performance.now();
    if (typeof data !== 'string') {
      const bytes = new Uint8Array(data);
      if (this.prefixed) this.prefixed = false;
      else this.received += bytes.length;
      this.hears.output(bytes);
      return;
    }
    const word = JSON.parse(data);
    if (word.t === 'begin') {
      this.received = word.at;
      this.drawn = word.at;
      this.prefixed = word.first > 0;
      this.attempts = 0;
      this.setState('up');
      this.hears.begin(word);
    } else if (word.t === 'size') this.hears.size(word);
    else if (word.t === 'over') this.hears.over(word);
    else if (word.t === 'taken') {
      this.onTheWay -= word.count;
      this.pump();
    }
  }

  lose(code) {
    this.socket = null;
    this.waiting = [];
    this.onTheWay = 0;
    if (this.destroyed) return;
    if (code === CLOSE_GONE || code === CLOSE_SESSION_ENDED) {
      this.setState('gone');
      return;
    }
    const pause = AGAIN_MS[Math.min(this.attempts, AGAIN_MS.length - 1)];
    this.attempts += 1;
    this.retryAt = Date.now() + pause;
    this.retry = setTimeout(() => this.connect(), pause);
    this.setState('lost');
  }

  /** A network that died says nothing: after a while of silence the socket is taken for lost. */
  check() {
    if (!this.socket) {
      if (this.state === 'lost' && Date.now() > this.retryAt) this.connect();
      return;
    }
    if (performance.now() - this.heardAt > SILENT_MS) {
      const { socket } = this;
      this.lose(0);
      socket.close();
      return;
    }
    this.say({ t: 'alive' });
  }

  setState(state) {
    if (this.state === state) return;
    this.state = state;
    this.hears.link(state);
  }

  say(word) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(word));
  }

  /** Type text. While the socket is away nothing is kept: what is typed blind should not run later. */
  type(text) {
    this.send(encoder.encode(text));
  }

  send(bytes) {
    if (!this.isUp) return;
    for (let at = 0; at < bytes.length; at += PIECE) this.waiting.push(bytes.subarray(at, at + PIECE));
    this.pump();
  }

  pump() {
    while (this.waiting.length && this.onTheWay < INPUT_ON_THE_WAY && this.socket?.readyState === WebSocket.OPEN) {
      const piece = this.waiting.shift();
      this.onTheWay += piece.length;
      this.socket.send(piece);
    }
  }

  size(cols, rows) {
    this.say({ t: 'size', cols, rows });
  }

  /** Everything up to this byte is on the screen. */
  tellDrawn(at) {
    if (at - this.drawn < TELL_DRAWN) return;
    this.drawn = at;
    this.say({ t: 'drawn', at });
  }

  destroy() {
    this.destroyed = true;
    clearInterval(this.alive);
    clearTimeout(this.retry);
    window.removeEventListener('online', this.onOnline);
    document.removeEventListener('visibilitychange', this.onVisible);
    this.socket?.close();
    this.socket = null;
  }
}
