// Curves of many trials over epochs, which grow while they are trained.

import uPlot from "./uPlot.esm.js";
import { add, h, setText, themed, throttled } from "./dom.js";
import { label, number, value } from "./format.js";

const HEIGHT = 280;
const REDRAW_MILLIS = 500;
// A running mean whose beginning is not drawn towards 0.
const WEIGHT = 0.9;

function smoothed(values) {
  let mean = 0;
  let weight = 0;
  return values.map((y) => {
    if (y === null || y === undefined) return y;
    mean = WEIGHT * mean + (1 - WEIGHT) * y;
    weight = WEIGHT * weight + (1 - WEIGHT);
    return mean / weight;
  });
}

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
    const looks = this.trials.map((trial) => this.look(trial));
    const ink = themed("--quiet");
    const grid = { stroke: themed("--grid"), width: 1 };
    let focused = null;
    const told = (plot) => {
      const at = focused ? plot.data[0][plot.cursor.idx] : undefined;
      const y = focused ? plot.data[focused][plot.cursor.idx] : undefined;
      setText(this.tip, focused ? `${looks[focused - 1].label}${y === undefined || y === null ? "" : `, epoch ${number(at)}: ${number(y)}`}` : "");
    };
    this.plot = new uPlot(
      {
        width: Math.max(200, this.area.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        focus: { alpha: 0.15 },
        cursor: { focus: { prox: 30 }, points: { size: 6 } },
        scales: { x: { time: false }, y: { distr: this.log.checked && positive ? 3 : 1 } },
        axes: [
          { label: "epoch", labelSize: 20, size: 32, stroke: ink, grid, ticks: grid },
          { size: 58, stroke: ink, grid, ticks: grid, values: (plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
        ],
        series: [
          {},
          ...looks.map((look, i) => ({
            stroke: look.stroke,
            width: look.width,
            dash: look.dash,
            spanGaps: true,
            points: { show: this.lines.get(this.trials[i])[0].length === 1, size: 5 },
          })),
        ],
        hooks: {
          draw: [(plot) => crosses(plot, looks)],
          setSeries: [(plot, i) => { focused = i; told(plot); }],
          setCursor: [(plot) => { if (focused) told(plot); }],
        },
      },
      this.data(),
      this.area,
    );
  }

  fit() {
    this.plot?.setSize({ width: Math.max(200, this.area.clientWidth), height: HEIGHT });
  }
}

// An × where a trial was ended early: after three updates its line is too short to be seen.
function crosses(plot, looks) {
  const context = plot.ctx;
  const half = 4 * devicePixelRatio;
  looks.forEach((look, i) => {
    if (!look.ended) return;
    const values = plot.data[i + 1];
    let last = values.length - 1;
    while (last >= 0 && (values[last] === null || values[last] === undefined)) last--;
    if (last < 0) return;
    const x = plot.valToPos(plot.data[0][last], "x", true);
    const y = plot.valToPos(values[last], "y", true);
    const { left, top, width, height } = plot.bbox;
    if (x < left || x > left + width || y < top || y > top + height) return;
    context.save();
    context.strokeStyle = look.stroke;
    context.lineWidth = 1.5 * devicePixelRatio;
    context.beginPath();
    context.moveTo(x - half, y - half);
    context.lineTo(x + half, y + half);
    context.moveTo(x - half, y + half);
    context.lineTo(x + half, y - half);
    context.stroke();
    context.restore();
  });
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
