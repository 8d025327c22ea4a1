// One trial: its curves, its whole configuration, what it was measured by, its log and its adapter.

import { get, getBlob, getText, post } from "./api.js";
import { ChartGrid } from "./charts.js";
import { askClone, confirmed, tell } from "./dialogs.js";
import { fill, h, themed } from "./dom.js";
import { bytes, count, label, number } from "./format.js";

const PERIOD_MILLIS = 3000;
const OPEN = ["running", "resting", "waiting"];

export class TrialPage {
  constructor(frame, sweep, trial) {
    this.frame = frame;
    this.sweep = sweep;
    this.title = `${sweep} trial ${trial}`;
    this.path = `sweeps/${encodeURIComponent(sweep)}/trials/${trial}`;
    this.head = h("div", {});
    this.charts = new ChartGrid(() => ({ label: `trial ${trial}`, stroke: themed("--accent"), width: 1.8 }));
    this.rest = h("div", {});
    this.log = h("pre", { className: "log", tabIndex: 0 });
    this.logBox = h("details", { className: "panel", ontoggle: () => this.readLog() }, h("summary", {}, h("h2", {}, "Log")), this.log);
    this.answers = h("div", {});
    this.files = h("div", {});
    this.element = h("div", {}, this.head, h("section", { className: "panel" }, h("h2", {}, "Curves"), this.charts.element), this.answers, this.rest, this.files, this.logBox);
    this.refresh();
  }

  async refresh() {
    try {
      const details = await get(`${this.path}/details`);
      this.frame.state(OPEN.includes(details.trial.outcome) ? "live" : "ended");
      const text = JSON.stringify(details);
      if (text !== this.known) {
        this.known = text;
        this.show(details);
      }
      if (OPEN.includes(details.trial.outcome)) this.later();
    } catch (problem) {
      this.frame.state(problem.status < 500 ? "refused" : "lost", problem);
      // Also a trial that is not there yet: its sweep may still be read.
      if (problem.status < 500) fill(this.head, h("p", { className: "problem" }, problem.message));
      this.later();
    }
  }

  later() {
    if (!this.closed) this.timer = setTimeout(() => this.refresh(), PERIOD_MILLIS);
  }

  show(details) {
    const { trial } = details;
    trial.point ??= {};
    fill(
      this.head,
      h("p", { className: "trail" }, h("a", { href: "#/" }, "Sweeps"), " › ", h("a", { href: `#/sweeps/${encodeURIComponent(this.sweep)}` }, this.sweep), " ›"),
      h("h1", {}, `Trial ${trial.trial} `, h("span", { className: `state ${trial.outcome}` }, trial.outcome), trial.rank ? h("span", { className: "pill" }, trial.rank === 1 ? "★ best" : `rank ${trial.rank}`) : null),
      h("p", {}, Object.entries(trial.point).map(([key, text]) => [h("code", {}, `${key} = ${text}`), " "])),
      trial.reason ? h("p", { className: "problem" }, trial.reason) : null,
      details.curve ? h("p", {}, details.curve, details.advice ? `. ${details.advice}` : "") : null,
      trial.worker ? h("p", { className: "quiet" }, `trained by ${trial.worker}`) : null,
      this.frame.may("operator") ? h("div", { className: "buttons" }, this.buttons(details)) : null,
      h("dl", { className: "numbers" }, Object.entries(trial.metrics ?? {}).map(([name, value]) => h("div", {}, h("dt", {}, label(name)), h("dd", {}, number(value))))),
    );
    this.charts.set(details.charts);
    fill(
      this.rest,
      details.byEpoch.length ? byEpoch(details.byEpoch) : null,
      list("Configuration", details.configuration),
      Object.keys(details.trainedBy).length ? list("What trained it", details.trainedBy) : null,
    );
    if (!OPEN.includes(trial.outcome)) {
      this.readAnswers();
      this.readFiles();
    }
  }

  buttons(details) {
    const { trial } = details;
    const act = async (path, done, body) => {
      try {
        await post(`${this.path}/${path}`, body);
        tell(done);
        this.refresh();
      } catch (problem) {
        tell(problem.message, true);
      }
    };
    const button = (text, click) => h("button", { type: "button", onclick: click }, text);
    return [
      OPEN.includes(trial.outcome)
        ? button("Stop", async () => {
            if (await confirmed(`Stop trial ${trial.trial}?`, "It ends at its next update; what it has is kept.", "Stop")) act("stop", "It ends at its next update.");
          })
        : null,
      ["failed", "stopped"].includes(trial.outcome) ? button("Retry", () => act("retry", "It is tried again.")) : null,
      button("Clone …", async () => {
        const body = await askClone(trial, Object.keys(details.configuration));
        if (body) act("clone", "The clone waits for a slot.", body);
      }),
    ];
  }

  async readAnswers() {
    const answers = await get(`${this.path}/answers`).catch(() => []);
    fill(this.answers, answers.length ? answerTable(answers) : null);
  }

  async readFiles() {
    try {
      const files = await get(`${this.path}/adapter`);
      fill(
        this.files,
        h("section", { className: "panel" }, h("h2", {}, "Adapter"), h("ul", {}, files.map((file) => h("li", {}, h("button", { type: "button", className: "link", onclick: () => this.download(file.name) }, file.name), ` ${bytes(file.bytes)}`)))),
      );
    } catch {
      // It has none: what ended early leaves no adapter.
      fill(this.files);
    }
  }

  async download(name) {
    try {
      const url = URL.createObjectURL(await getBlob(`${this.path}/adapter/${encodeURIComponent(name)}`));
      h("a", { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
    } catch (problem) {
      tell(problem.message, true);
    }
  }

  async readLog() {
    if (!this.logBox.open) return;
    try {
      this.log.textContent = (await getText(`${this.path}/log`)) || "It has logged nothing.";
    } catch (problem) {
      this.log.textContent = problem.message;
    }
  }

  restyle() {
    this.charts.restyle();
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.charts.close();
  }
}

function answerTable(answers) {
  return h(
    "section",
    { className: "panel" },
    h("h2", {}, "Answers"),
    h("p", { className: "legend" }, "The likeliest answers to the first questions of each set."),
    h(
      "div",
      { className: "wide" },
      h(
        "table",
        { className: "list answers" },
        h("thead", {}, h("tr", {}, ["set", "question", "base model", "this trial", "expected"].map((title) => h("th", { scope: "col" }, title)))),
        h("tbody", {}, answers.map((answer) => h("tr", {}, [answer.set, answer.prompt, answer.before ?? "–", answer.after, answer.reference].map((text) => h("td", {}, text))))),
      ),
    ),
  );
}

function list(title, values) {
  return h("section", { className: "panel" }, h("h2", {}, title), h("dl", { className: "values" }, Object.entries(values).map(([key, text]) => h("div", {}, h("dt", {}, key), h("dd", {}, text)))));
}

function byEpoch(rows) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return h(
    "section",
    { className: "panel" },
    h("h2", {}, "By epoch"),
    h(
      "div",
      { className: "wide" },
      h(
        "table",
        { className: "list numeric" },
        h("thead", {}, h("tr", {}, keys.map((key) => h("th", { scope: "col" }, label(key))))),
        h("tbody", {}, rows.map((row) => h("tr", {}, keys.map((key) => h("td", {}, key === "update" ? count(row[key]) : number(row[key])))))),
      ),
    ),
  );
}
