// Where the topology puts things; pure. A place is {x, y} in CSS pixels.

const GOLDEN = Math.PI * (3 - Math.sqrt(5));

const LINKED_AT_MOST = 6;
const ROOM_PX = 72;

/** Columns and rows for so many cells in a box, as square as can be. */
function gridOf(count, width, height) {
  let best = { columns: count, rows: 1, side: 0 };
  let crossed = best;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const side = Math.min(width / columns, height / rows);
    if (side > best.side + 0.01) best = { columns, rows, side };
    if (rows > 1 && columns > 1 && side > crossed.side + 0.01) crossed = { columns, rows, side };
  }
  // On one line the links would lie on one another.
  return count <= LINKED_AT_MOST && crossed.side >= Math.min(ROOM_PX, best.side * 0.75) ? crossed : best;
}

/** A place for each node: a point, a line, a triangle, then a grid whose rows are centred. */
export function placeNodes(count, width, height, margin = 8) {
  if (count === 0) return { places: [], side: 0 };
  const [wide, high] = [width - margin * 2, height - margin * 2];
  if (count === 3) {
    const side = Math.min(wide / 2, high / 2);
    const [top, low] = [margin + high * 0.27, margin + high * 0.74];
    return { side, places: [[0.24, top], [0.76, top], [0.5, low]].map(([x, y]) => ({ x: margin + wide * x, y })) };
  }
  const { columns, rows } = gridOf(count, wide, high);
  const places = [];
  for (let i = 0; i < count; i++) {
    const row = Math.floor(i / columns);
    const inRow = Math.min(columns, count - row * columns);
    const x = margin + (wide * ((i % columns) + 0.5 + (columns - inRow) / 2)) / columns;
    places.push({ x, y: margin + (high * (row + 0.5)) / rows });
  }
  return { places, side: Math.min(wide / columns, high / rows) };
}

/** How big a node and its dots are drawn, for cells of this side and the fullest node. */
export function sizesFor(side, most) {
  const few = most <= 16;
  const node = Math.max(7, Math.min(23, side * (few ? 0.24 : 0.15)));
  const orbit = side / 2 - 5;
  const roomy = few && node >= 15 && (Math.PI * 2 * Math.min(orbit, node * 2.7)) / Math.max(1, most) >= 13;
  if (roomy) return { node, dot: Math.min(5.5, Math.max(4, node * 0.25)), orbit: Math.min(orbit, node * 2.7), ring: true };
  // A sunflower of dots around the node: its radius grows with the root of their number.
  const hole = (node + 3) ** 2;
  const step = Math.sqrt(Math.max(4, (orbit ** 2 - hole) / Math.max(1, most)));
  return { node, dot: Math.max(1.2, Math.min(5, step * 0.4)), orbit, ring: false, hole, step: Math.min(step, 13) };
}

/** Where the nth of count guests of a node stands. */
export function placeGuest(node, index, count, sizes, turn = 0) {
  if (sizes.ring) {
    const angle = (index / count) * Math.PI * 2 + turn;
    return { x: node.x + sizes.orbit * Math.cos(angle), y: node.y + sizes.orbit * Math.sin(angle) };
  }
  const radius = Math.sqrt(sizes.hole + (index + 0.5) * sizes.step ** 2);
  const angle = index * GOLDEN + turn;
  return { x: node.x + radius * Math.cos(angle), y: node.y + radius * Math.sin(angle) };
}

/** Which nodes are joined: each with each while that can be read; above it the lines would only hide the guests. */
export function linksOf(count) {
  const links = [];
  if (count > LINKED_AT_MOST) return links;
  for (let i = 0; i < count; i++) for (let j = i + 1; j < count; j++) links.push([i, j]);
  return links;
}
