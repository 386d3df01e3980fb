// Carries the hub's words into the store, the actions back, and says how the connection stands.

import { h } from 'vue';
import { jarvis } from 'jarvis';
import { el } from 'jarvis-dom';

const ALARMS = { severity: 'alarm' };
const SPOKEN = new Set(['NodeCameUp', 'QuorumRegained', 'ProxmoxRegained']);

export default {
  props: { reducedEffects: Boolean },
  emits: ['action'],
  render() {
    return h('div', { 'aria-hidden': null });
  },
  mounted() {
    this.alarms = el('div', { class: 'unseen', role: 'alert', 'aria-live': 'assertive' });
    this.$el.append(this.alarms);
    // Quasar's page calls itself main and would hold the banner; ours is around the panels alone.
    this.$el.closest('main')?.setAttribute('role', 'none');
    jarvis.setEffects(this.reducedEffects);
    jarvis.connectActions((asked) => this.$emit('action', asked));
    this.offs = [jarvis.on('feed', (change) => this.speak(change))];
    this.visibility = () => {
      if (document.visibilityState === 'hidden') this.$emit('action', { name: 'visible', args: { visible: false } });
      else this.$emit('action', { name: 'visible', args: { visible: true } });
    };
    document.addEventListener('visibilitychange', this.visibility);
    if (document.visibilityState === 'hidden') this.visibility();
    setTimeout(() => this.watchSocket(), 0);
  },
  beforeUnmount() {
    document.removeEventListener('visibilitychange', this.visibility);
    this.offs.forEach((off) => off());
  },
  methods: {
    watchSocket() {
      const socket = window.socket;
      if (!socket) {
        setTimeout(() => this.watchSocket(), 50);
        return;
      }
      socket.on('disconnect', () => {
        if (jarvis.connection !== 'restarting') jarvis.setConnection('lost');
      });
      socket.on('connect', () => {
        // NiceGUI reloads the page when an attempt times out; with no server that ends in a dead tab.
        const handlers = socket.listeners('connect_error');
        if (handlers.length && !handlers[0].jarvis) {
          socket.off('connect_error');
          const own = (error) => {
            if (error.message === 'Implicit handshake failed') window.location.reload();
            else this.checkSession();
          };
          own.jarvis = true;
          socket.on('connect_error', own);
        }
      });
      if (socket.connected) socket.listeners('connect').at(-1)();
      window.addEventListener('online', () => {
        if (!socket.connected) socket.connect();
      });
    },
    async checkSession() {
      try {
        const answer = await fetch('/session', { cache: 'no-store' });
        if (answer.status === 401) window.location.assign('/login');
      } catch {
        // The server is away; the socket goes on trying.
      }
    },
    speak(change) {
      if (change.reset) return;
      const words = [...change.keys]
        .map((key) => jarvis.panel('feed').rows.get(key))
        .filter((row) => row && (row.severity === ALARMS.severity || SPOKEN.has(row.kind)))
        .map((row) => row.text);
      if (words.length) this.alarms.textContent = words.join('. ');
    },
  },
};
