// Curves of trials over epochs, as the console and the report draw them.

import { number } from "./format.js";

export const HEIGHT = 280;
const NARROWEST = 200;
// A running mean whose beginning is not drawn towards 0.
const WEIGHT = 0.9;

export function missing(y) {
  return y === null || y === undefined;
}

export function smoothed(values) {
  let mean = 0;
  let weight = 0;
  return values.map((y) => {
    if (missing(y)) return y;
    mean = WEIGHT * mean + (1 - WEIGHT) * y;
    weight = WEIGHT * weight + (1 - WEIGHT);
    return mean / weight;
  });
}

export function size(area) {
  return { width: Math.max(NARROWEST, area.clientWidth), height: HEIGHT };
}

/**
 * Draws them.
 *
 * @param area the element to draw in
 * @param tip the one that says what is pointed at
 * @param data epochs, then the values of each line
 * @param looks of each line: `{label, stroke, width, dash, ended}`
 * @param axis uPlot's options of both axes
 */
export function drawn(uPlot, area, tip, data, looks, logarithmic, axis = {}) {
  let focused = null;
  const told = (plot) => {
    const at = focused ? plot.data[0][plot.cursor.idx] : undefined;
    const y = focused ? plot.data[focused][plot.cursor.idx] : undefined;
    const text = focused ? `${looks[focused - 1].label}${missing(y) ? "" : `, epoch ${number(at)}: ${number(y)}`}` : "";
    if (tip.textContent !== text) tip.textContent = text;
  };
  return new uPlot(
    {
      ...size(area),
      legend: { show: false },
      focus: { alpha: 0.15 },
      cursor: { focus: { prox: 30 }, points: { size: 6 } },
      scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
      axes: [
        { label: "epoch", labelSize: 20, size: 32, ...axis },
        { size: 58, values: (plot, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))), ...axis },
      ],
      series: [{}, ...looks.map((look, i) => ({ ...look, spanGaps: true, points: { show: isPoint(data[i + 1]), size: 5 } }))],
      hooks: {
        draw: [(plot) => crosses(plot, looks)],
        setSeries: [(plot, i) => { focused = i; told(plot); }],
        setCursor: [(plot) => { if (focused) told(plot); }],
      },
    },
    data,
    area,
  );
}

function isPoint(values) {
  const first = values.findIndex((y) => !missing(y));
  return first >= 0 && values.findIndex((y, i) => i > first && !missing(y)) < 0;
}

// An × where a trial was ended early: after three updates its line is too short to be seen.
function crosses(plot, looks) {
  const context = plot.ctx;
  const half = 4 * devicePixelRatio;
  looks.forEach((look, i) => {
    if (!look.ended) return;
    const values = plot.data[i + 1];
    let last = values.length - 1;
    while (last >= 0 && missing(values[last])) last--;
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
