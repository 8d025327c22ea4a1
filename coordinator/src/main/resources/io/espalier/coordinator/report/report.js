// The curves of the page's JSON. format.js and curves.js stand before this text.

const charts = JSON.parse(document.getElementById("curves").textContent);
const place = document.getElementById("charts");

function element(tag, parent, text) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  parent.append(made);
  return made;
}

function checkbox(parent, text, checked) {
  const tag = element("label", parent);
  const box = element("input", tag);
  tag.append(" " + text);
  box.type = "checkbox";
  box.checked = checked;
  return box;
}

function look(line) {
  return line.ended
    ? { label: line.label, stroke: "#b02a1a", width: line.best ? 3 : 1.25, dash: [4, 3], ended: true }
    : { label: line.label, stroke: line.colour, width: line.best ? 3 : 1.25 };
}

/** Draws a chart, and gives what fits it to the page's width. */
function chart(given) {
  const box = element("div", place);
  box.className = "chart";
  const log = checkbox(box, "logarithmic", given.logarithmic);
  const smooth = checkbox(box, "smooth", given.noisy);
  log.disabled = given.lines.some((line) => line.y.some((y) => !missing(y) && y <= 0));
  element("h3", box, given.title);
  const area = element("div", box);
  const tip = element("div", box);
  tip.className = "tip";
  const raw = given.lines.map((line) => line.y);
  const looks = given.lines.map(look);
  let plot;
  const build = () => {
    plot?.destroy();
    plot = drawn(uPlot, area, tip, [given.x, ...(smooth.checked ? raw.map(smoothed) : raw)], looks, log.checked);
  };
  build();
  log.addEventListener("change", build);
  smooth.addEventListener("change", build);
  return () => plot.setSize(size(area));
}

const fits = charts.map(chart);
const fit = () => fits.forEach((one) => one());
window.addEventListener("resize", fit);
window.matchMedia("print").addEventListener("change", fit);

// A link into the configurations opens the one it leads to.
function unfold() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") target.open = true;
}
window.addEventListener("hashchange", unfold);
unfold();
