// Each trial as a line over the keys of the search space and the objective. Dragging along an axis
// keeps the trials within; a click on the axis lets go.

import { add, fill, h, themed, throttled } from "./dom.js";
import { lineAt, scale } from "./colours.js";
import { isNumber, label, number, value } from "./format.js";

const HEIGHT = 300;
const MARGIN = { top: 28, bottom: 24, side: 64 };
const MOST_LABELS = 8;

/** Places of a key's values from 0, the bottom, to 1. */
function axis(key, texts) {
  const values = [...new Set(texts)];
  if (values.length && values.every(isNumber)) {
    const numbers = values.map(Number).sort((a, b) => a - b);
    const [least, greatest] = [numbers[0], numbers.at(-1)];
    const log = least > 0 && greatest / least >= 20;
    const at = log ? Math.log : (x) => x;
    const width = at(greatest) - at(least) || 1;
    const step = Math.max(1, Math.ceil(numbers.length / MOST_LABELS));
    const place = (text) => (at(Number(text)) - at(least)) / width;
    return { key, place, labels: numbers.filter((_, i) => i % step === 0 || i === numbers.length - 1).map((x) => [number(x, 3), place(x)]) };
  }
  const place = (text) => (values.length > 1 ? values.indexOf(text) / (values.length - 1) : 0.5);
  return { key, place, labels: values.slice(0, MOST_LABELS).map((text) => [text.length > 14 ? `${text.slice(0, 13)}…` : text, place(text)]) };
}

/** A key that is the same everywhere tells no trials apart. */
function varied(keys, trials) {
  return keys.filter((key) => trials.some((trial) => trial.point[key] !== trials[0].point[key]));
}

export class ParallelCoordinates {
  /** @param kept called when other trials are kept, with a test for trials or null */
  constructor(kept) {
    this.kept = kept;
    this.brushes = new Map();
    this.canvas = h("canvas", { role: "img" });
    this.note = h("p", { className: "legend" });
    this.frame = h("div", { className: "parallel" }, this.canvas);
    this.element = h("section", { className: "panel", hidden: true }, h("h2", {}, "Parallel coordinates"), this.frame, this.note);
    this.sizes = new ResizeObserver(throttled(100, () => this.draw()));
    this.sizes.observe(this.frame);
    this.canvas.addEventListener("pointerdown", (event) => this.brush(event));
  }

  set(board, trials) {
    this.board = board;
    this.trials = trials;
    this.element.hidden = trials.length < 2 || varied(board.keys, trials).length < 2;
    this.draw();
  }

  axes() {
    const { board, trials } = this;
    const keys = varied(board.keys, trials).map((key) => axis(key, trials.map((trial) => trial.point[key]).filter((text) => text !== undefined)));
    const measured = trials.map((trial) => value(trial.metrics?.[board.metric])).filter(Number.isFinite);
    return measured.length ? [...keys, { ...axis(board.metric, measured.map(String)), measured: true }] : keys;
  }

  place(axis, trial) {
    const raw = axis.measured ? trial.metrics?.[axis.key] : trial.point[axis.key];
    return raw === undefined || (axis.measured && !Number.isFinite(value(raw))) ? undefined : axis.place(String(raw));
  }

  isKept(trial) {
    for (const [key, [low, high]] of this.brushes) {
      const axis = this.drawn.find((one) => one.key === key);
      const place = axis && this.place(axis, trial);
      if (place === undefined || place < low || place > high) return false;
    }
    return true;
  }

  draw() {
    if (this.element.hidden || !this.frame.clientWidth) return;
    const width = this.frame.clientWidth;
    const ratio = devicePixelRatio;
    this.canvas.width = width * ratio;
    this.canvas.height = HEIGHT * ratio;
    this.canvas.style.width = `${width}px`;
    this.canvas.style.height = `${HEIGHT}px`;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    this.drawn = this.axes();
    this.xs = this.drawn.map((_, i) => MARGIN.side + (i * (width - 2 * MARGIN.side)) / Math.max(1, this.drawn.length - 1));
    const colours = scale(this.trials.filter((trial) => trial.outcome === "completed").map((trial) => value(trial.metrics?.[this.board.metric]) ?? NaN), this.board.mode);
    const bad = themed("--bad");
    const quiet = themed("--quiet");
    // What is drawn last is on top: the best.
    const order = [...this.trials].sort((a, b) => (b.rank ?? Infinity) - (a.rank ?? Infinity));
    const many = order.length > 300;
    for (const trial of order) {
      const kept = this.isKept(trial);
      const measured = value(trial.metrics?.[this.board.metric]);
      context.strokeStyle = ["killed", "failed"].includes(trial.outcome) ? bad : measured === undefined ? quiet : lineAt(colours.place(measured));
      context.globalAlpha = kept ? (trial.rank === 1 ? 1 : many ? 0.35 : 0.75) : 0.04;
      context.lineWidth = trial.rank === 1 ? 3 : 1.2;
      context.beginPath();
      let pen = false;
      this.drawn.forEach((axis, i) => {
        const place = this.place(axis, trial);
        if (place === undefined) return;
        if (pen) context.lineTo(this.xs[i], this.y(place));
        else context.moveTo(this.xs[i], this.y(place));
        pen = true;
      });
      context.stroke();
    }
    context.globalAlpha = 1;
    this.drawAxes(context);
    const kept = this.brushes.size ? this.trials.filter((trial) => this.isKept(trial)).length : this.trials.length;
    this.canvas.setAttribute("aria-label", `${this.trials.length} trials over ${this.drawn.map((axis) => label(axis.key)).join(", ")}; the table below has the same numbers`);
    fill(this.note, this.brushes.size ? `${kept} of ${this.trials.length} trials are within; they are those in the table below. ` : "Drag along an axis to keep the trials within.");
    if (this.brushes.size) add(this.note, [h("button", { type: "button", onclick: () => this.clear() }, "Keep all")]);
  }

  drawAxes(context) {
    const ink = themed("--ink");
    const page = themed("--page");
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "center";
    this.drawn.forEach((axis, i) => {
      const x = this.xs[i];
      context.strokeStyle = themed("--quiet");
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(x, MARGIN.top);
      context.lineTo(x, HEIGHT - MARGIN.bottom);
      context.stroke();
      const brush = this.brushes.get(axis.key);
      if (brush) {
        context.fillStyle = themed("--accent");
        context.globalAlpha = 0.35;
        context.fillRect(x - 8, this.y(brush[1]), 16, this.y(brush[0]) - this.y(brush[1]));
        context.globalAlpha = 1;
      }
      context.lineWidth = 3;
      context.strokeStyle = page;
      context.fillStyle = ink;
      const write = (text, y) => {
        const half = context.measureText(text).width / 2;
        const at = Math.max(half + 2, Math.min(x, this.frame.clientWidth - half - 2));
        context.strokeText(text, at, y);
        context.fillText(text, at, y);
      };
      write(label(axis.key), 14);
      for (const [text, place] of axis.labels) write(text, this.y(place) + 4);
    });
  }

  y(place) {
    return HEIGHT - MARGIN.bottom - place * (HEIGHT - MARGIN.top - MARGIN.bottom);
  }

  brush(down) {
    const box = this.canvas.getBoundingClientRect();
    const x = down.clientX - box.left;
    const i = this.xs.findIndex((at) => Math.abs(at - x) < 20);
    if (i < 0) return;
    const key = this.drawn[i].key;
    const place = (event) => Math.max(0, Math.min(1, (HEIGHT - MARGIN.bottom - (event.clientY - box.top)) / (HEIGHT - MARGIN.top - MARGIN.bottom)));
    const from = place(down);
    this.canvas.setPointerCapture(down.pointerId);
    const redraw = throttled(50, () => this.draw());
    const move = (event) => {
      const to = place(event);
      this.brushes.set(key, [Math.min(from, to) - 0.01, Math.max(from, to) + 0.01]);
      redraw();
    };
    const up = (event) => {
      this.canvas.removeEventListener("pointermove", move);
      if (Math.abs(place(event) - from) < 0.02) this.brushes.delete(key);
      this.tellKept();
    };
    this.canvas.addEventListener("pointermove", move);
    this.canvas.addEventListener("pointerup", up, { once: true });
  }

  clear() {
    this.brushes.clear();
    this.tellKept();
  }

  tellKept() {
    this.draw();
    this.kept(this.brushes.size ? (trial) => this.isKept(trial) : null);
  }

  close() {
    this.sizes.disconnect();
  }
}
