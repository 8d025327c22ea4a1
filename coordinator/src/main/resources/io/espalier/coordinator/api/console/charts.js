// Curves of many trials over epochs, which grow while they are trained.

import uPlot from "./uPlot.esm.js";
import { drawn, size, smoothed } from "./curves.js";
import { add, h, themed, throttled } from "./dom.js";
import { label, value } from "./format.js";

const REDRAW_MILLIS = 500;

/** The points of one line of a chart of the API. */
function points(x, line) {
  const xs = [];
  const ys = [];
  line.y.forEach((raw, i) => {
    const y = value(raw);
    if (y !== undefined) {
      xs.push(x[i]);
      ys.push(y);
    }
  });
  return [xs, ys];
}

/** One chart with a heading, a switch for its axis, one for running means, and a line that says what is pointed at. */
class Curves {
  /**
   * @param look what a trial's line looks like: `{label, stroke, width, dash}`
   */
  constructor(chart, look) {
    this.look = look;
    this.lines = new Map();
    this.log = h("input", { type: "checkbox", checked: chart.logarithmic, onchange: () => this.build() });
    this.smooth = h("input", { type: "checkbox", checked: chart.noisy, onchange: () => this.build() });
    this.area = h("div", { className: "area" });
    this.tip = h("p", { className: "tip" });
    this.element = h(
      "figure",
      { className: "chart", "aria-label": `${label(chart.title)} by epoch` },
      h(
        "figcaption",
        {},
        h("h3", {}, label(chart.title)),
        h("label", {}, this.log, " logarithmic"),
        h("label", {}, this.smooth, " smooth"),
      ),
      this.area,
      this.tip,
    );
    this.refresh = throttled(REDRAW_MILLIS, () => this.update());
    this.set(chart);
  }

  set(chart) {
    const newest = this.lines;
    this.lines = new Map(chart.lines.map((line) => [line.trial, points(chart.x, line)]));
    // What has come live since the answer was made.
    for (const [trial, [xs, ys]] of newest) {
      const known = this.lines.get(trial);
      const last = known ? known[0].at(-1) : -Infinity;
      const from = xs.findIndex((x) => x > last);
      if (from >= 0 && known) {
        known[0].push(...xs.slice(from));
        known[1].push(...ys.slice(from));
      } else if (!known) {
        this.lines.set(trial, [xs, ys]);
      }
    }
  }

  append(trial, x, y) {
    if (!Number.isFinite(y)) return;
    let line = this.lines.get(trial);
    if (!line) this.lines.set(trial, (line = [[], []]));
    if (line[0].length === 0 || line[0].at(-1) < x) {
      line[0].push(x);
      line[1].push(y);
      this.refresh();
    }
  }

  data() {
    const tables = this.trials.map((trial) => this.lines.get(trial));
    const joined = tables.length ? uPlot.join(tables) : [[]];
    return this.smooth.checked ? [joined[0], ...joined.slice(1).map(smoothed)] : joined;
  }

  update() {
    if (!this.element.isConnected) return;
    const same = this.plot && this.trials.length === this.lines.size;
    if (same) this.plot.setData(this.data());
    else this.build();
  }

  build() {
    this.plot?.destroy();
    this.trials = [...this.lines.keys()];
    const positive = [...this.lines.values()].every(([, ys]) => ys.every((y) => y > 0));
    this.log.disabled = !positive;
    const ink = themed("--quiet");
    const grid = { stroke: themed("--grid"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid };
    this.plot = drawn(uPlot, this.area, this.tip, this.data(), this.trials.map(this.look), this.log.checked && positive, axis);
  }

  fit() {
    this.plot?.setSize(size(this.area));
  }
}

/** The charts of one page, in a grid. */
export class ChartGrid {
  constructor(look) {
    this.look = look;
    this.byTitle = new Map();
    this.element = h("div", { className: "charts" });
    this.sizes = new ResizeObserver(throttled(100, () => this.byTitle.forEach((curves) => curves.fit())));
    this.sizes.observe(this.element);
  }

  /** Draws what the API says, over what is there. */
  set(charts) {
    for (const chart of charts) {
      const there = this.byTitle.get(chart.title);
      if (there) {
        there.set(chart);
      } else {
        const made = new Curves(chart, this.look);
        this.byTitle.set(chart.title, made);
        add(this.element, [made.element]);
      }
    }
    this.restyle();
  }

  get(title) {
    return this.byTitle.get(title);
  }

  /** Draws all anew: looks or the theme have changed. */
  restyle() {
    this.byTitle.forEach((curves) => curves.build());
  }

  close() {
    this.sizes.disconnect();
    this.byTitle.forEach((curves) => curves.plot?.destroy());
  }
}
