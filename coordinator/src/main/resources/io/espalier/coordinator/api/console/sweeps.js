// All sweeps, newest first.

import { get } from "./api.js";
import { fill, h } from "./dom.js";
import { ago, label, number } from "./format.js";

const PERIOD_MILLIS = 2000;

export class SweepsPage {
  title = "Sweeps";

  constructor(frame) {
    this.frame = frame;
    this.body = h("div", {});
    this.element = h("div", {}, h("h1", {}, "Sweeps"), this.body);
    this.refresh();
    this.timer = setInterval(() => this.refresh(), PERIOD_MILLIS);
  }

  async refresh() {
    let sweeps;
    try {
      sweeps = await get("sweeps");
    } catch (problem) {
      this.frame.state(problem.status < 500 ? "refused" : "lost", problem);
      return;
    }
    this.frame.state("live");
    const text = JSON.stringify(sweeps);
    if (text === this.known && Date.now() < this.due) return;
    this.known = text;
    this.due = Date.now() + 30000;
    if (sweeps.length === 0) {
      fill(this.body, h("p", {}, "There is no sweep yet. Submit one with: "), h("pre", {}, `espalier submit SPEC --coordinator ${location.origin}`));
      return;
    }
    fill(
      this.body,
      h(
        "table",
        { className: "list" },
        h("thead", {}, h("tr", {}, ["Sweep", "State", "Trials", "Best", "Submitted"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, sweeps.reverse().map((sweep) => this.row(sweep))),
      ),
    );
  }

  row(sweep) {
    return h(
      "tr",
      {},
      h("td", {}, h("a", { href: `#/sweeps/${encodeURIComponent(sweep.id)}` }, sweep.id)),
      h("td", { title: sweep.problem ?? "" }, h("span", { className: `state ${sweep.state.toLowerCase()}` }, sweep.state.toLowerCase())),
      h("td", {}, h("progress", { max: Math.max(1, sweep.trials), value: sweep.endedTrials, "aria-label": "trials that have ended" }), ` ${sweep.endedTrials} of ${sweep.trials}`),
      h("td", {}, sweep.best ? `${label(sweep.best.metric)} ${number(sweep.best.value)} (trial ${sweep.best.trial})` : "–"),
      h("td", { title: sweep.submitted }, ago(sweep.submitted)),
    );
  }

  close() {
    clearInterval(this.timer);
  }
}
