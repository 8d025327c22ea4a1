// Who trains.

import { get, post } from "./api.js";
import { confirmed, tell } from "./dialogs.js";
import { fill, h } from "./dom.js";
import { ago } from "./format.js";

const PERIOD_MILLIS = 2000;
const SHOWN = 4;

export class WorkersPage {
  title = "Workers";

  constructor(frame) {
    this.frame = frame;
    this.body = h("div", {});
    this.element = h("div", {}, h("h1", {}, "Workers"), this.body);
    this.refresh();
    this.timer = setInterval(() => this.refresh(), PERIOD_MILLIS);
  }

  async refresh() {
    let workers;
    try {
      workers = await get("workers");
    } catch (problem) {
      this.frame.state(problem.status < 500 ? "refused" : "lost", problem);
      return;
    }
    this.frame.state("live");
    const text = JSON.stringify(workers, (key, value) => (key === "heard" ? undefined : value));
    if (text === this.known && Date.now() < this.due) return;
    this.known = text;
    this.due = Date.now() + 10000;
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    const free = workers.reduce((sum, worker) => sum + worker.free, 0);
    fill(
      this.body,
      h("p", { className: "quiet" }, workers.length ? `${workers.length} ${workers.length === 1 ? "worker" : "workers"}, ${slots - free} of ${slots} slots in use` : "There is no worker; start one with: espalier worker"),
      workers.length
        ? h(
            "table",
            { className: "list" },
            h("thead", {}, h("tr", {}, ["Worker", "Host", "Device", "Slots in use", "Trains", "Heard", "State"].map((title) => h("th", { scope: "col" }, title)))),
            h("tbody", {}, workers.map((worker) => this.row(worker))),
          )
        : null,
    );
  }

  row(worker) {
    const used = worker.slots - worker.free;
    const holding = worker.holding.map((lease) => {
      const [sweep] = lease.split("/");
      return [h("a", { href: `#/sweeps/${encodeURIComponent(sweep)}` }, lease), " "];
    });
    return h(
      "tr",
      {},
      h("td", {}, worker.id),
      h("td", {}, worker.host ?? "–"),
      h("td", {}, worker.device ?? "–"),
      h("td", {}, h("meter", { min: 0, max: Math.max(1, worker.slots), value: used, "aria-label": "slots in use" }), ` ${used} / ${worker.slots}`),
      h("td", {}, holding.slice(0, SHOWN), holding.length > SHOWN ? `and ${holding.length - SHOWN} more` : null),
      h("td", { title: worker.heard ?? "" }, worker.heard ? ago(worker.heard) : "–"),
      h("td", {}, this.state(worker)),
    );
  }

  state(worker) {
    if (worker.quarantine) {
      return [
        h("span", { className: "state failed" }, "quarantine"),
        ` ${worker.quarantine.reason}; until ${new Date(worker.quarantine.until).toLocaleTimeString()} `,
        this.frame.may("admin") ? h("button", { type: "button", onclick: () => this.release(worker) }, "Release") : null,
      ];
    }
    return h("span", { className: `state ${worker.connected ? "running" : "failed"}` }, worker.connected ? "connected" : "gone");
  }

  async release(worker) {
    if (!(await confirmed(`Release ${worker.id}?`, "It is given trials again at once.", "Release"))) return;
    try {
      await post(`workers/${encodeURIComponent(worker.id)}/release`);
      this.known = null;
      this.refresh();
    } catch (problem) {
      tell(problem.message, true);
    }
  }

  close() {
    clearInterval(this.timer);
  }
}
