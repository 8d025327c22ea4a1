// A table of any length: only the rows in view are in the page.

import { add, fill, h, setText, throttled } from "./dom.js";

const ROW = 30;
const SPARE = 8;

export class Table {
  /**
   * @param columns `{title, text(row), sort(row)?, cell(row)?, numeric?, width}` each; sort gives a number or a text
   * @param empty said where there is no row
   */
  constructor(label, columns, empty) {
    this.label = label;
    this.empty = empty;
    this.rows = [];
    this.sorted = null;
    this.body = h("tbody", {});
    this.head = h("thead", {});
    this.cols = h("colgroup", {});
    this.table = h("table", { className: "rows", "aria-label": label }, this.cols, this.head, this.body);
    this.note = h("p", { className: "legend" });
    this.scroll = h("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": label }, this.table);
    this.scroll.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    this.element = h("div", {}, this.scroll, this.note);
    this.sizes = new ResizeObserver(throttled(100, () => this.draw()));
    this.sizes.observe(this.scroll);
    this.setColumns(columns);
  }

  setColumns(columns) {
    this.columns = columns;
    fill(this.cols, columns.map((column) => {
      const col = h("col", {});
      if (column.width) col.style.width = column.width;
      return col;
    }));
    fill(this.head, h("tr", {}, columns.map((column, i) =>
      h(
        "th",
        { scope: "col", className: column.numeric ? "n" : "", "aria-sort": this.sorted?.i === i ? (this.sorted.up ? "ascending" : "descending") : "none" },
        h("button", { type: "button", onclick: () => this.sortBy(i) }, column.title),
      ),
    )));
    this.order();
  }

  sortBy(i) {
    this.sorted = this.sorted?.i === i ? { i, up: !this.sorted.up } : { i, up: true };
    this.setColumns(this.columns);
  }

  set(rows) {
    this.rows = rows;
    this.order();
  }

  order() {
    this.shown = [...this.rows];
    if (this.sorted) {
      const column = this.columns[this.sorted.i];
      const key = column.sort ?? column.text;
      const sign = this.sorted.up ? 1 : -1;
      const keys = new Map(this.shown.map((row) => [row, key(row)]));
      // What has no value comes last either way.
      this.shown.sort((a, b) => {
        const [x, y] = [keys.get(a), keys.get(b)];
        const [noX, noY] = [x === undefined || x === "" || Number.isNaN(x), y === undefined || y === "" || Number.isNaN(y)];
        if (noX || noY) return noX - noY;
        return sign * (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y)));
      });
    }
    this.draw();
  }

  draw() {
    const height = this.scroll.clientHeight || 400;
    const from = Math.max(0, Math.min(Math.floor(this.scroll.scrollTop / ROW) - SPARE, this.shown.length));
    const to = Math.min(this.shown.length, from + Math.ceil(height / ROW) + 2 * SPARE);
    const focused = this.body.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    this.table.setAttribute("aria-rowcount", this.shown.length + 1);
    fill(
      this.body,
      space(from),
      this.shown.slice(from, to).map((row, i) =>
        h(
          "tr",
          { className: row.outcome ?? "", "aria-rowindex": from + i + 2 },
          this.columns.map((column) => {
            const text = column.text(row);
            return h("td", { className: column.numeric ? "n" : "", title: column.cell ? "" : text }, column.cell ? column.cell(row) : text);
          }),
        ),
      ),
      space(this.shown.length - to),
    );
    if (focused) this.body.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    setText(this.note, this.shown.length ? "" : this.empty);
  }

  close() {
    this.sizes.disconnect();
  }
}

function space(rows) {
  if (rows === 0) return null;
  const row = h("tr", { className: "space", "aria-hidden": "true" });
  row.style.height = `${rows * ROW}px`;
  add(row, [h("td", {})]);
  return row;
}
