"use strict";
const rows = [...document.querySelectorAll("#rows tr")];
const svg = document.getElementById("lanes");
const search = document.getElementById("search");
const marked = document.getElementById("marked");

// A filter in the address, as in `page.html#search=CIPSEND`, can be passed on.
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const fits = words.every(word => text.includes(word)) && (!marked.checked || row.dataset.marks !== "0");
    row.hidden = !fits;
    found += fits;
  }
  document.getElementById("found").textContent = `${found} of ${rows.length}`;
}

function draw(name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  svg.append(node);
  return node;
}

// Where a row stands in time: by its time stamp, or by its number if the log has none.
function places() {
  const stamps = rows.map(row => Number(row.dataset.at));
  const timed = rows.length > 1 && rows.every(row => row.dataset.at !== undefined);
  const values = timed ? stamps : rows.map((_, index) => index);
  const from = values.reduce((a, b) => Math.min(a, b), Infinity);
  const to = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const at = values.map(value => LEFT + (WIDTH - LEFT - 10) * (value - from) / (to - from || 1));
  return { at, timed, from, to };
}

const LEFT = 110, WIDTH = 1200, HEIGHT = 26;

function lanes() {
  const names = [...new Set(rows.map(row => row.dataset.lane).filter(Boolean))].sort();
  const all = ["host", "module", ...names];
  const y = new Map(all.map((name, index) => [name, 10 + index * HEIGHT]));
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${all.length * HEIGHT + 30}`);
  const { at, timed, from, to } = places();
  for (const [name, top] of y) {
    draw("text", { x: 0, y: top + 13, class: "name" }, name);
    draw("line", { x1: LEFT, x2: WIDTH, y1: top + 9, y2: top + 9 });
  }
  const bottom = all.length * HEIGHT + 24;
  draw("text", { x: LEFT, y: bottom }, timed ? `${from.toFixed(3)} s` : "first");
  draw("text", { x: WIDTH, y: bottom, "text-anchor": "end" }, timed ? `${to.toFixed(3)} s` : "last");
  spans(y, at);
  rows.forEach((row, index) => ticks(y, at[index], row, index));
}

function spans(y, at) {
  const open = new Map();
  const close = (lane, until) => {
    const since = open.get(lane);
    if (since !== undefined) {
      draw("rect", { x: since, width: Math.max(until - since, 1), y: y.get(lane) + 4, height: 10, class: "up", "data-lane": lane });
    }
    open.delete(lane);
  };
  rows.forEach((row, index) => {
    const { change, lane, ends } = row.dataset;
    if (ends !== undefined) {
      const x = at[Number(ends)];
      draw("rect", { x, width: Math.max(at[index] - x, 1), y: y.get("host") + 4, height: 10, class: "busy" });
    }
    if (change === "up" && lane && !open.has(lane)) open.set(lane, at[index]);
    // A restart ends everything.
    if (change === "down") (lane ? [lane] : [...open.keys()]).forEach(name => close(name, at[index]));
  });
  [...open.keys()].forEach(name => close(name, WIDTH - 10));
}

function ticks(y, x, row, index) {
  const { side, lane, marks } = row.dataset;
  for (const name of [side, lane].filter(name => y.has(name))) {
    const kind = marks !== "0" ? "wrong" : side === "host" ? "host" : "module";
    const tick = draw("rect", { x: x - 1, width: 3, y: y.get(name), height: 18, class: kind, "data-row": index });
    tick.addEventListener("click", () => choose(index));
  }
}

function choose(index) {
  rows.forEach((row, own) => row.classList.toggle("chosen", own === index));
  rows[index].hidden = false;
  rows[index].scrollIntoView({ block: "center" });
}

const asked = new URLSearchParams(location.hash.slice(1));
search.value = asked.get("search") || "";
marked.checked = asked.has("marked");
search.addEventListener("input", filter);
marked.addEventListener("change", filter);
lanes();
filter();
