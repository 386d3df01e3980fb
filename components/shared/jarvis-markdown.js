// What a model writes, as elements. markdown-it reads it; of its tokens only those listed here become elements, with
// text as text: no markup of a model, no picture, form or style of it ever reaches the page.

import markdownit from 'markdown-it';
import { chipFor, withChips } from 'jarvis-chips';
import { copyBy } from 'jarvis-copy';
import { el } from 'jarvis-dom';

const reader = markdownit({ html: false, linkify: false, breaks: false, typographer: false }).disable(['image', 'reference', 'html_block', 'html_inline'], true);

const BLOCKS = {
  paragraph: () => el('p'), blockquote: () => el('blockquote'), bullet_list: () => el('ul'), list_item: () => el('li'),
  ordered_list: (token) => el('ol', { start: token.attrGet('start') }),
  heading: (token) => el(`h${Math.min(6, Number(token.tag.slice(1)) + 2)}`),
  table: () => el('table'), thead: () => el('thead'), tbody: () => el('tbody'), tr: () => el('tr'),
  th: (token) => cell('th', token), td: (token) => cell('td', token),
};
const MARKS = { strong: 'strong', em: 'em', s: 's' };
const DEEPEST = 12; // marks within marks; deeper ones are dropped, since a browser dies of thousands of them

function cell(tag, token) {
  const align = /text-align:(right|center)/.exec(token.attrGet('style') ?? '')?.[1];
  return el(tag, { class: align ? `to-${align}` : null });
}

function link(href) {
  const safe = /^https?:\/\//i.test(href ?? '');
  return safe ? el('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }) : el('span');
}

/** Where a link goes, beside it, unless its own words say so: a model repeats what a name on some machine wants it to. */
function leadsTo({ href, textContent }) {
  const host = URL.canParse(href) ? new URL(href).host : '';
  return host && !textContent.includes(host) ? [el('span', { class: 'link-host', text: `\u00a0(${host})` })] : [];
}

function code(token) {
  const text = token.content.replace(/\n$/, '');
  const word = (token.info ?? '').trim().split(/\s+/)[0].slice(0, 24);
  const button = el('button', { type: 'button', class: 'btn quiet', text: 'Copy', onclick: () => copyBy(button, text) });
  return el('figure', { class: 'prose-code' }, el('figcaption', {}, el('span', { text: word }), button), el('pre', { tabindex: '0' }, el('code', { text })));
}

function inline(place, tokens) {
  const stack = [place];
  for (const token of tokens) {
    const top = stack.at(-1);
    const mark = MARKS[token.type.replace(/_(open|close)$/, '')];
    if (token.nesting === 1 && stack.length > DEEPEST) stack.push(top);
    else if (mark && token.nesting === 1) stack.push(top.appendChild(el(mark)));
    else if (token.type === 'link_open') stack.push(top.appendChild(link(token.attrGet('href'))));
    else if (token.type === 'link_close' && stack.length > 1) {
      const shown = stack.pop();
      stack.at(-1).append(...leadsTo(shown));
    } else if (token.nesting === -1 && stack.length > 1) settle(stack.pop());
    else if (token.type === 'text') top.append(...(inLink(top) ? [token.content] : withChips(token.content)));
    else if (token.type === 'code_inline') top.append(el('code', {}, (inLink(top) ? null : chipFor(token.content)) ?? token.content));
    else if (token.type === 'softbreak') top.append(' ');
    else if (token.type === 'hardbreak') top.append(el('br'));
    else top.append(token.content);
  }
}

/** One click cannot go to two places: what stands in a link is no chip. */
const inLink = (node) => Boolean(node.closest?.('a'));

/** Bold text that is exactly a name becomes a chip. */
function settle(node) {
  const found = node.tagName === 'STRONG' && node.childElementCount === 0 && !inLink(node) ? chipFor(node.textContent) : null;
  if (found) node.replaceChildren(found);
}

/** Elements of tokens: the blocks of the outermost level. */
function blocks(tokens) {
  const root = document.createDocumentFragment();
  const stack = [root];
  for (const token of tokens) {
    const top = stack.at(-1);
    const kind = token.type.replace(/_(open|close)$/, '');
    if (token.type === 'inline') inline(top, token.children ?? []);
    else if (token.type === 'fence' || token.type === 'code_block') top.append(code(token));
    else if (token.type === 'hr') top.append(el('hr'));
    else if (token.nesting === 1) stack.push(token.hidden ? top : top.appendChild((BLOCKS[kind] ?? (() => el('div')))(token)));
    else if (token.nesting === -1) stack.pop();
    else if (token.content) top.append(el('p', { text: token.content }));
  }
  for (const table of root.querySelectorAll('table')) {
    const scroll = el('div', { class: 'prose-scroll' });
    table.replaceWith(scroll);
    scroll.append(table);
  }
  return root;
}

/** Where the last block of the outermost level begins, in lines, and its first token; null where there is one block. */
function lastBlock(tokens) {
  let at = null;
  tokens.forEach((token, index) => {
    if (token.level === 0 && token.nesting !== -1 && token.map) at = { line: token.map[0], index };
  });
  return at && at.index > 0 ? at : null;
}

function lineStart(text, line) {
  let at = 0;
  for (let left = line; left > 0; left -= 1) at = text.indexOf('\n', at) + 1;
  return at;
}

/** A text that may grow: what is finished is drawn once, and only its last block again. */
export class Prose {
  constructor() {
    this.root = el('div', { class: 'prose' });
    this.tail = document.createElement('div');
    this.tail.className = 'prose-tail';
    this.root.append(this.tail);
    this.text = '';
    this.done = 0;
  }

  add(text) {
    this.text += text;
    this.draw();
  }

  set(text) {
    if (text === this.text) return;
    if (!text.startsWith(this.text)) {
      this.root.replaceChildren(this.tail);
      this.done = 0;
    }
    this.text = text;
    this.draw();
  }

  draw() {
    const rest = this.text.slice(this.done);
    const tokens = reader.parse(rest, {});
    const last = lastBlock(tokens);
    if (last) {
      this.tail.before(blocks(tokens.slice(0, last.index)));
      this.done += lineStart(rest, last.line);
    }
    this.tail.replaceChildren(blocks(last ? tokens.slice(last.index) : tokens));
  }
}
