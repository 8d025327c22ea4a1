(function () {
  "use strict";
  const charts = JSON.parse(document.getElementById("curves").textContent);
  const place = document.getElementById("charts");
  const HEIGHT = 300;

  function element(tag, parent, text) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  }

  function number(value) {
    return value == null ? "–" : String(Number(value.toPrecision(4)));
  }

  // A running mean whose beginning is not drawn towards 0.
  const WEIGHT = 0.9;
  function smoothed(values) {
    let mean = 0;
    let weight = 0;
    return values.map(function (value) {
      if (value == null) return value;
      mean = WEIGHT * mean + (1 - WEIGHT) * value;
      weight = WEIGHT * weight + (1 - WEIGHT);
      return mean / weight;
    });
  }

  function checkbox(parent, text, checked) {
    const label = element("label", parent);
    const box = element("input", label);
    label.append(" " + text);
    box.type = "checkbox";
    box.checked = checked;
    return box;
  }

  // An × where a trial was ended early: after three updates its line is too short to be seen.
  function crosses(chart) {
    return function (plot) {
      const context = plot.ctx;
      const half = 4 * devicePixelRatio;
      chart.lines.forEach(function (line, i) {
        const values = plot.data[i + 1];
        let last = values.length - 1;
        while (last >= 0 && values[last] == null) last--;
        if (!line.ended || last < 0) return;
        const x = plot.valToPos(plot.data[0][last], "x", true);
        const y = plot.valToPos(values[last], "y", true);
        const area = plot.bbox;
        if (x < area.left || x > area.left + area.width || y < area.top || y > area.top + area.height) return;
        context.save();
        context.strokeStyle = "#b02a1a";
        context.lineWidth = 1.5 * devicePixelRatio;
        context.beginPath();
        context.moveTo(x - half, y - half);
        context.lineTo(x + half, y + half);
        context.moveTo(x - half, y + half);
        context.lineTo(x + half, y - half);
        context.stroke();
        context.restore();
      });
    };
  }

  function series(line) {
    const points = line.y.filter(function (y) { return y != null; }).length;
    return {
      label: line.label,
      stroke: line.ended ? "#b02a1a" : line.colour,
      width: line.best ? 3 : 1.25,
      dash: line.ended ? [4, 3] : undefined,
      spanGaps: true,
      points: { show: points === 1, size: 5 },
    };
  }

  function draw(chart) {
    const box = element("div", place);
    box.className = "chart";
    const log = checkbox(box, "logarithmic", chart.logarithmic);
    const smooth = checkbox(box, "smooth", chart.noisy);
    log.disabled = chart.lines.some(function (line) { return line.y.some(function (y) { return y != null && y <= 0; }); });
    element("h3", box, chart.title);
    const area = element("div", box);
    const tip = element("div", box);
    tip.className = "tip";
    const raw = chart.lines.map(function (line) { return line.y; });
    let plot;

    function told(u, i) {
      const focused = i ? chart.lines[i - 1] : null;
      tip.textContent = focused ? focused.label + ", epoch " + number(u.data[0][u.cursor.idx]) + ": " + number(u.data[i][u.cursor.idx]) : "";
    }

    function build() {
      if (plot) plot.destroy();
      let focused = null;
      const data = [chart.x].concat(smooth.checked ? raw.map(smoothed) : raw);
      plot = new uPlot({
        width: area.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        focus: { alpha: 0.15 },
        cursor: { focus: { prox: 30 }, points: { size: 6 } },
        scales: { x: { time: false }, y: { distr: log.checked ? 3 : 1 } },
        axes: [{ label: "epoch", labelSize: 22, size: 34 }, { size: 56 }],
        series: [{ label: "epoch" }].concat(chart.lines.map(series)),
        hooks: {
          draw: [crosses(chart)],
          setSeries: [function (u, i) { focused = i; told(u, i); }],
          setCursor: [function (u) { if (focused) told(u, focused); }],
        },
      }, data, area);
    }

    build();
    log.addEventListener("change", build);
    smooth.addEventListener("change", build);
    return function () { plot.setSize({ width: area.clientWidth, height: HEIGHT }); };
  }

  const resized = charts.map(draw);
  function fit() { resized.forEach(function (one) { one(); }); }
  window.addEventListener("resize", fit);
  window.matchMedia("print").addEventListener("change", fit);

  // A link into the configurations opens the one it leads to.
  function open() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  }
  window.addEventListener("hashchange", open);
  open();
})();
