// Search through a terminal's screen and what has scrolled away, over xterm's buffer.

const MOST_MATCHES = 1_000;
// Plain ASCII takes a cell each; anything else is looked at cell by cell.
const WIDE = /[^\x20-\x7e]/;

/** A run of rows that are one line, wrapped: its text, and where in the buffer each piece of the text stands. */
function lineAt(buffer, first) {
  const rows = [];
  let text = '';
  let row = first;
  do {
    const line = buffer.getLine(row);
    const next = buffer.getLine(row + 1);
    const piece = line.translateToString(!next?.isWrapped);
    rows.push({ row, from: text.length, line, plain: !WIDE.test(piece) });
    text += piece;
    row += 1;
  } while (buffer.getLine(row)?.isWrapped);
  return { text, rows, next: row };
}

/** The column of the n-th UTF-16 unit of a row. */
function columnOf(row, n) {
  if (row.plain) return n;
  let units = 0;
  for (let col = 0; col < row.line.length; col += 1) {
    const cell = row.line.getCell(col);
    if (cell.getWidth() === 0) continue;
    if (units >= n) return col;
    units += cell.getChars().length || 1;
  }
  return row.line.length;
}

function placeOf(line, at) {
  let found = line.rows[0];
  for (const row of line.rows) if (row.from <= at) found = row;
  return { row: found.row, col: columnOf(found, at - found.from) };
}

/** All matches, from the top: {row, col, cells} as xterm selects them; at most a thousand, the last ones. */
function findAll(terminal, query, { matchCase = false } = {}) {
  const buffer = terminal.buffer.active;
  const wanted = matchCase ? query : query.toLowerCase();
  const found = [];
  if (!wanted) return found;
  for (let row = 0; row < buffer.length;) {
    const line = lineAt(buffer, row);
    const text = matchCase ? line.text : line.text.toLowerCase();
    // Some letters change their length with their case; then the exact text is the better guess.
    const searched = text.length === line.text.length ? text : line.text;
    for (let at = searched.indexOf(wanted); at >= 0; at = searched.indexOf(wanted, at + wanted.length)) {
      const from = placeOf(line, at);
      const to = placeOf(line, at + wanted.length - 1);
      const last = buffer.getLine(to.row)?.getCell(to.col)?.getWidth() === 2 ? 2 : 1;
      found.push({ ...from, cells: (to.row - from.row) * terminal.cols + to.col - from.col + last });
      if (found.length > MOST_MATCHES) found.shift();
    }
    row = line.next;
  }
  return found;
}

/** The row in which a search goes on: that of the present selection, else the last one on the screen. */
function here(terminal) {
  const selected = terminal.getSelectionPosition();
  if (selected) return { row: selected.start.y, col: selected.start.x };
  const { viewportY } = terminal.buffer.active;
  return { row: viewportY + terminal.rows, col: 0 };
}

const before = (a, b) => a.row < b.row || (a.row === b.row && a.col < b.col);

/** Select the next match upwards (older) or downwards, and bring it into view.
 *  Hands back {index, count}: which of how many it is, from 1; index 0 where there is none. */
export function step(terminal, query, { older = true, stay = false, matchCase = false } = {}) {
  const matches = findAll(terminal, query, { matchCase });
  if (!matches.length) {
    terminal.clearSelection();
    return { index: 0, count: 0 };
  }
  const from = here(terminal);
  let index;
  if (older) {
    index = matches.findLastIndex((match) => before(match, from) || (stay && match.row === from.row && match.col === from.col));
    if (index < 0) index = matches.length - 1;
  } else {
    index = matches.findIndex((match) => before(from, match) || (stay && match.row === from.row && match.col === from.col));
    if (index < 0) index = 0;
  }
  const { row, col, cells } = matches[index];
  terminal.select(col, row, cells);
  const { viewportY } = terminal.buffer.active;
  if (row < viewportY || row >= viewportY + terminal.rows) terminal.scrollToLine(Math.max(0, row - Math.floor(terminal.rows / 2)));
  return { index: index + 1, count: matches.length };
}
