// One metric over two keys of the search space: the best of each cell, coloured by how good it is.

import { fill, h } from "./dom.js";
import { colourAt, inkAt, scale } from "./colours.js";
import { isNumber, label, number, value } from "./format.js";

const MOST_VALUES = 16;
const BINS = 10;
const RAMP = 11;

/** The values of a key, in their order; many numbers are put into bins. */
function axis(key, trials) {
  const values = [...new Set(trials.map((trial) => trial.point[key]).filter((text) => text !== undefined))];
  if (!values.every(isNumber)) {
    const shown = values.slice(0, MOST_VALUES);
    return { key, titles: shown, of: (trial) => shown.indexOf(trial.point[key]) };
  }
  values.sort((a, b) => Number(a) - Number(b));
  if (values.length <= MOST_VALUES) {
    return { key, titles: values, of: (trial) => values.indexOf(trial.point[key]) };
  }
  const numbers = values.map(Number);
  const bounds = Array.from({ length: BINS }, (_, i) => numbers[Math.floor((i * numbers.length) / BINS)]);
  return {
    key,
    titles: bounds.map((from, i) => `${number(from, 2)} – ${number(bounds[i + 1] ?? numbers.at(-1), 2)}`),
    of: (trial) => (trial.point[key] === undefined ? -1 : bounds.findLastIndex((from) => from <= Number(trial.point[key]))),
  };
}

/** The keys with the most values, which say most. */
function longest(keys, trials) {
  const sizes = new Map(keys.map((key) => [key, new Set(trials.map((trial) => trial.point[key])).size]));
  return keys.filter((key) => key !== "seed").sort((a, b) => sizes.get(b) - sizes.get(a)).slice(0, 2);
}

export class HeatMap {
  constructor(link) {
    this.link = link;
    this.rows = h("select", { "aria-label": "Rows", onchange: () => this.draw() });
    this.columns = h("select", { "aria-label": "Columns", onchange: () => this.draw() });
    this.metric = h("select", { "aria-label": "Metric", onchange: () => this.draw() });
    this.body = h("div", { className: "wide" });
    this.element = h(
      "section",
      { className: "panel", hidden: true },
      h("h2", {}, "Heat map"),
      h("p", { className: "choices" }, h("label", {}, "rows ", this.rows), h("label", {}, "columns ", this.columns), h("label", {}, "metric ", this.metric)),
      this.body,
    );
  }

  set(board, trials) {
    this.board = board;
    this.trials = trials;
    this.element.hidden = board.keys.length < 2 || !trials.some((trial) => Object.keys(trial.metrics ?? {}).length);
    if (this.element.hidden) return;
    const keys = board.keys.join();
    if (this.known !== keys) {
      this.known = keys;
      const [first, second] = longest(board.keys, trials);
      const [row, column] = board.keys.filter((key) => key === first || key === second);
      const options = () => board.keys.map((key) => h("option", { value: key }, label(key)));
      fill(this.rows, options());
      fill(this.columns, options());
      this.rows.value = row ?? board.keys[0];
      this.columns.value = column ?? board.keys[1];
    }
    const metrics = board.metrics.join();
    if (this.knownMetrics !== metrics) {
      this.knownMetrics = metrics;
      const chosen = this.metric.value || board.metric;
      fill(this.metric, board.metrics.map((name) => h("option", { value: name }, label(name))));
      this.metric.value = chosen;
    }
    this.draw();
  }

  draw() {
    const { board, trials } = this;
    const metric = this.metric.value;
    const mode = board.lower.includes(metric) ? "MIN" : "MAX";
    const rows = axis(this.rows.value, trials);
    const columns = axis(this.columns.value, trials);
    const cells = new Map();
    for (const trial of trials) {
      const place = `${rows.of(trial)},${columns.of(trial)}`;
      if (!cells.has(place)) cells.set(place, []);
      cells.get(place).push(trial);
    }
    const better = mode === "MAX" ? (a, b) => a > b : (a, b) => a < b;
    const best = new Map();
    for (const [place, there] of cells) {
      const ended = there.filter((trial) => trial.outcome === "completed" && Number.isFinite(value(trial.metrics?.[metric])));
      // One that meets the constraints is shown before one that does not.
      const sound = ended.filter((trial) => !trial.broken);
      const shown = sound.length ? sound : ended;
      if (shown.length) best.set(place, shown.reduce((a, b) => (better(b.metrics[metric], a.metrics[metric]) ? b : a)));
    }
    const colours = scale([...best.values()].map((trial) => trial.metrics[metric]), mode);
    fill(
      this.body,
      h(
        "table",
        { className: "heat" },
        h("caption", {}, `${label(metric)}: the best of each cell`),
        h("thead", {}, h("tr", {}, h("td", { className: "corner" }, `${label(rows.key)} ↓  ${label(columns.key)} →`), columns.titles.map((title) => h("th", { scope: "col" }, title)))),
        h(
          "tbody",
          {},
          rows.titles.map((title, i) =>
            h("tr", {}, h("th", { scope: "row" }, title), columns.titles.map((_, j) => this.cell(cells.get(`${i},${j}`) ?? [], best.get(`${i},${j}`), metric, colours))),
          ),
        ),
      ),
      colours.empty ? null : legend(colours),
    );
  }

  cell(there, best, metric, colours) {
    if (there.length === 0) return h("td", {});
    const title = there.slice(0, 12).map((trial) => `trial ${trial.trial}: ${trial.outcome}`).join("\n") + (there.length > 12 ? `\nand ${there.length - 12} more` : "");
    if (!best) {
      const open = there.some((trial) => ["running", "waiting", "resting"].includes(trial.outcome));
      const shown = there.find((trial) => trial.outcome === "running") ?? there[0];
      return h("td", { className: open ? "open" : "ended", title }, h("a", { href: this.link(shown.trial) }, shown.outcome));
    }
    const place = colours.place(best.metrics[metric]);
    const cell = h(
      "td",
      { title, className: best.rank === 1 ? "winner" : "" },
      h("a", { href: this.link(best.trial) }, number(best.metrics[metric])),
      best.rank === 1 ? h("small", {}, "★ best") : best.broken ? h("small", {}, "constraint") : there.length > 1 ? h("small", {}, `of ${there.length}`) : null,
    );
    cell.style.background = colourAt(place);
    cell.style.color = inkAt(place);
    return cell;
  }
}

function legend(colours) {
  const ramp = h("span", { className: "ramp" }, Array.from({ length: RAMP }, (_, i) => {
    const step = h("i", {});
    step.style.background = colourAt(i / (RAMP - 1));
    return step;
  }));
  return h("p", { className: "legend" }, `best ${number(colours.best)} `, ramp, ` ${number(colours.worst)}`, colours.logarithmic ? ", steps of colour are ratios" : "", "; hatched was ended early, constraint breaks one");
}
