// Which branches leave which: what trials share is trained once.

import { fill, h } from "./dom.js";
import { count } from "./format.js";

const MOST = 400;

export class StageTree {
  constructor(link) {
    this.link = link;
    this.body = h("div", {});
    this.element = h("details", { className: "panel", hidden: true }, h("summary", {}, h("h2", {}, "Stage tree")), this.body);
  }

  set(trials) {
    const branches = new Map();
    for (const trial of trials) {
      if (!branches.has(trial.branch)) branches.set(trial.branch, { trials: [], forks: [], fork: trial.fork });
      branches.get(trial.branch).trials.push(trial);
    }
    const shared = [...branches.values()].some((branch) => branch.fork || branch.trials.length > 1);
    this.element.hidden = !shared;
    if (!shared) return;
    const roots = [];
    for (const branch of branches.values()) {
      const trunk = branch.fork && branches.get(branch.fork.from);
      (trunk ? trunk.forks : roots).push(branch);
    }
    this.left = MOST;
    fill(
      this.body,
      h("p", { className: "legend" }, "A branch is trained once for all its trials; a fork goes on from a checkpoint of the branch above it."),
      h("ul", { className: "tree" }, roots.map((branch) => this.item(branch))),
      this.left < 0 ? h("p", {}, `The first ${count(MOST)} of ${count(branches.size)} branches.`) : null,
    );
  }

  item(branch) {
    if (--this.left < 0) return null;
    const from = branch.fork ? `after update ${count(branch.fork.update)}: ` : "";
    const sorted = [...branch.trials].sort((a, b) => a.updates - b.updates);
    return h(
      "li",
      {},
      from,
      sorted.map((trial, i) => [
        i ? ", " : "",
        h("a", { href: this.link(trial.trial), className: `trial ${trial.outcome}` }, `trial ${trial.trial}`),
        ` to ${count(trial.updates)} (${trial.outcome})`,
      ]),
      branch.forks.length ? h("ul", {}, branch.forks.map((fork) => this.item(fork))) : null,
    );
  }
}
