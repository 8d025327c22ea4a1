// One sweep: its curves, its grid, its trials, and what people may do to it.

import { follow, get, post } from "./api.js";
import { ChartGrid } from "./charts.js";
import { lineAt, scale } from "./colours.js";
import { askClone, confirmed, tell } from "./dialogs.js";
import { fill, h, setText, themed, throttled } from "./dom.js";
import { count, isNumber, label, number, point, value } from "./format.js";
import { HeatMap } from "./heatmap.js";
import { ParallelCoordinates } from "./parallel.js";
import { Table } from "./table.js";
import { StageTree } from "./tree.js";

const OPEN = ["running", "resting", "waiting"];
const EARLY = ["killed", "failed", "pruned", "stopped"];
const CURVES_MILLIS = 5000;
const KILLS_SHOWN = 200;
const MOST_LINES = 100;
const AGAIN_MILLIS = 5000;

export class SweepPage {
  constructor(frame, name) {
    this.frame = frame;
    this.title = name;
    this.path = `sweeps/${encodeURIComponent(name)}`;
    this.trials = new Map();
    this.onBranch = new Map();
    this.live = new Map();
    this.kept = null;
    this.link = (trial) => `#/${this.path}/trials/${trial}`;

    this.head = h("div", {});
    this.buttons = h("div", { className: "buttons" });
    this.best = h("p", { className: "best", "aria-live": "polite" });
    this.colourBy = h("select", { onchange: () => this.charts.restyle() });
    this.charts = new ChartGrid((trial) => this.look(trial));
    this.chartsNote = h("p", { className: "legend" });
    this.heatMap = new HeatMap(this.link);
    this.parallel = new ParallelCoordinates((kept) => {
      this.kept = kept;
      this.drawTable();
    });
    this.kills = h("ol", { className: "kills", "aria-live": "polite" });
    this.killsPanel = h("section", { className: "panel", hidden: true }, h("h2", {}, "Ended early"), this.kills);
    this.tree = new StageTree(this.link);
    this.filter = h("input", {
      type: "search",
      size: 34,
      placeholder: "running learning_rate<1e-3",
      title: "Words of an outcome or a reason, and key=value, key<number, key>number",
      oninput: throttled(150, () => this.drawTable()),
    });
    this.table = new Table("Trials", [], "No trial is as the filter says.");
    this.tableNote = h("span", {});
    this.element = h(
      "div",
      {},
      this.head,
      this.buttons,
      this.best,
      h(
        "section",
        { className: "panel" },
        h("h2", {}, "Curves"),
        h("p", { className: "choices" }, h("label", {}, "colour by ", this.colourBy)),
        this.charts.element,
        this.chartsNote,
      ),
      h("div", { className: "pair" }, this.heatMap.element, this.killsPanel),
      this.parallel.element,
      this.tree.element,
      h("section", { className: "panel" }, h("h2", {}, "Trials"), h("p", { className: "choices" }, h("label", {}, "filter ", this.filter), " ", this.tableNote), this.table.element),
    );
    this.drawTable = throttled(300, () => this.showTable());
    this.drawPictures = throttled(1000, () => this.showPictures());
    this.readCurves = throttled(CURVES_MILLIS, () => this.curves());
    this.begin();
  }

  begin() {
    this.end?.();
    this.readCurves();
    this.end = follow(
      `${this.path}/board`,
      {
        board: (board) => this.setBoard(board),
        trials: (trials) => this.setTrials(trials),
        live: (updates) => this.setLive(updates),
        end: () => {
          this.live.clear();
          this.readCurves();
          this.again = setTimeout(() => this.watchForMore(), AGAIN_MILLIS);
        },
      },
      (state, problem) => {
        this.frame.state(state, problem);
        if (state === "refused") fill(this.head, h("p", { className: "problem" }, problem.message));
      },
    );
  }

  /** A sweep that has ended may be extended, here or by others. */
  async watchForMore() {
    const sweeps = await get("sweeps").catch(() => []);
    const now = sweeps.find((sweep) => sweep.id === this.title);
    if (now && (now.state !== this.board.state || now.trials !== this.trials.size)) this.begin();
    else this.again = setTimeout(() => this.watchForMore(), AGAIN_MILLIS);
  }

  setBoard(board) {
    const before = this.board;
    this.board = board;
    this.showHead();
    if (before?.keys.join() !== board.keys.join() || before?.metrics.join() !== board.metrics.join()) {
      this.table.setColumns(this.columns());
      const chosen = this.colourBy.value;
      fill(this.colourBy, [...board.keys, board.metric].map((key) => h("option", { value: key }, label(key))));
      const rate = board.keys.find((key) => key === "learning_rate") ?? board.keys[0];
      this.colourBy.value = chosen || (board.ended ? board.metric : rate ?? board.metric);
    }
  }

  setTrials(trials) {
    for (const trial of trials) {
      trial.point ??= {};
      trial.metrics = Object.fromEntries(Object.entries(trial.metrics ?? {}).map(([name, raw]) => [name, value(raw)]));
      const before = this.trials.get(trial.trial);
      if (EARLY.includes(trial.outcome) && before?.outcome !== trial.outcome) this.addKill(trial, before !== undefined);
      this.trials.set(trial.trial, trial);
    }
    this.all = [...this.trials.values()];
    this.onBranch.clear();
    for (const trial of this.all) {
      if (OPEN.includes(trial.outcome)) this.onBranch.set(trial.branch, [...(this.onBranch.get(trial.branch) ?? []), trial]);
    }
    this.drawTable();
    this.drawPictures();
    this.readCurves();
  }

  setLive(updates) {
    const loss = this.charts.get("train loss");
    for (const update of updates) {
      this.live.set(update.branch, update);
      for (const trial of this.onBranch.get(update.branch) ?? []) {
        if (loss && (loss.lines.has(trial.trial) || loss.lines.size < MOST_LINES)) loss.append(trial.trial, update.epoch, value(update.trainLoss));
      }
    }
    this.drawTable();
  }

  async curves() {
    try {
      const { charts, remarks } = await get(`${this.path}/curves`);
      this.charts.set(charts);
      setText(this.chartsNote, charts.length ? ["Point at a line to see its trial; drag to zoom, double-click to see all. Dashed with × was ended early.", ...remarks].join(" ") : "Nothing has been measured yet.");
      if (!charts.length && !this.board?.ended) this.readCurves();
    } catch {
      // The stream tells that the connection is lost.
    }
  }

  look(trial) {
    const known = this.trials.get(trial);
    if (!known) return { label: `trial ${trial}`, stroke: themed("--quiet"), width: 1.25 };
    const ended = EARLY.includes(known.outcome);
    return {
      label: `trial ${trial} (${known.outcome}) ${point(known)}`,
      stroke: ended && known.outcome !== "stopped" && known.outcome !== "pruned" ? themed("--bad") : this.colour(known),
      width: known.rank === 1 ? 3 : 1.4,
      dash: ended ? [4, 3] : undefined,
      ended,
    };
  }

  colour(trial) {
    const key = this.colourBy.value;
    if (this.scaled?.key !== key || this.scaled.all !== this.all) this.scaled = this.places(key);
    const place = this.scaled.place(trial);
    return place === undefined ? themed("--quiet") : lineAt(place);
  }

  /** Where trials stand on the scale of colours; made once for all lines. */
  places(key) {
    const { all, board } = this;
    if (key === board.metric) {
      const completed = all.filter((trial) => trial.outcome === "completed");
      const values = scale(completed.map((trial) => trial.metrics[key] ?? NaN), board.mode);
      return { key, all, place: (trial) => (trial.metrics[key] === undefined ? undefined : values.place(trial.metrics[key])) };
    }
    const texts = [...new Set(all.map((trial) => trial.point[key]))];
    if (texts.every(isNumber)) {
      const values = scale(texts.map(Number), "MAX");
      return { key, all, place: (trial) => values.place(Number(trial.point[key])) };
    }
    return { key, all, place: (trial) => texts.indexOf(trial.point[key]) / Math.max(1, texts.length - 1) };
  }

  showHead() {
    const { board } = this;
    fill(
      this.head,
      h("p", { className: "trail" }, h("a", { href: "#/" }, "Sweeps"), " ›"),
      h("h1", {}, board.id, " ", h("span", { className: `state ${board.state.toLowerCase()}` }, board.state.toLowerCase())),
      board.problem ? h("p", { className: "problem" }, board.problem) : null,
      h("p", { className: "pills" }, Object.entries(board.outcomes).map(([outcome, many]) => h("span", { className: `pill ${outcome}` }, `${count(many)} ${outcome}`))),
      h("p", { className: "quiet" }, board.times),
      board.facts.map((fact) => h("p", { className: "quiet" }, fact)),
      board.warnings.map((warning) => h("p", { className: "notice" }, warning)),
      h("p", { className: "quiet" }, `Best first by ${label(board.metric)} (${board.mode.toLowerCase()})`, board.constraints.map((constraint) => `, ${constraint}`)),
    );
    const act = (text, path, question) =>
      h("button", { type: "button", onclick: () => this.act(text, path, question) }, text);
    fill(
      this.buttons,
      !this.frame.may("operator")
        ? null
        : board.ended
          ? act("Retry what failed", "retry", null)
          : [
              board.state === "PAUSED" ? act("Resume", "resume", null) : act("Pause", "pause", "What trains leaves a checkpoint and gives its slots back; Resume lets it go on from there."),
              act("Stop", "stop", "Every trial ends at its next update; what is measured is kept."),
            ],
    );
  }

  async act(text, path, question) {
    if (question && !(await confirmed(`${text} ${this.title}?`, question, text))) return;
    try {
      await post(`${this.path}/${path}`);
      tell(`${text}: done.`);
      if (this.board.ended) this.begin();
    } catch (problem) {
      tell(problem.message, true);
    }
  }

  async actOn(trial, path, done, body) {
    try {
      await post(`${this.path}/trials/${trial.trial}/${path}`, body);
      tell(done);
      if (this.board.ended) this.begin();
    } catch (problem) {
      tell(problem.message, true);
    }
  }

  addKill(trial, seen) {
    this.killsPanel.hidden = false;
    const at = seen ? new Date().toLocaleTimeString() : "";
    this.kills.prepend(
      h("li", {}, at ? h("time", {}, at) : null, at ? " " : "", h("a", { href: this.link(trial.trial) }, `trial ${trial.trial}`), ` ${trial.outcome} at update ${count(trial.done ?? 0)}: `, trial.reason ?? "", h("span", { className: "quiet" }, ` (${point(trial)})`)),
    );
    while (this.kills.children.length > KILLS_SHOWN) this.kills.lastChild.remove();
  }

  showPictures() {
    const { board, all } = this;
    if (!board || !all || !this.element.isConnected) return;
    this.heatMap.set(board, all);
    this.parallel.set(board, all);
    this.tree.set(all);
    this.charts.restyle();
    const best = all.find((trial) => trial.rank === 1 && trial.outcome === "completed");
    fill(this.best, best ? ["Best so far: ", h("a", { href: this.link(best.trial) }, `trial ${best.trial}`), ` with ${label(board.metric)} `, h("b", {}, number(best.metrics[board.metric])), ` (${point(best)})`] : null);
  }

  showTable() {
    if (!this.all) return;
    const wanted = asked(this.filter.value);
    const rows = this.all.filter((trial) => wanted(trial) && (!this.kept || this.kept(trial)));
    this.table.set(rows);
    setText(this.tableNote, rows.length === this.all.length ? `${count(rows.length)} trials` : `${count(rows.length)} of ${count(this.all.length)} trials`);
  }

  columns() {
    const { board } = this;
    const done = (trial) => trial.done ?? this.live.get(trial.branch)?.update ?? 0;
    const columns = [
      { title: "rank", width: "3.5rem", numeric: true, text: (trial) => String(trial.rank ?? "–"), sort: (trial) => trial.rank },
      { title: "trial", width: "3.5rem", numeric: true, text: (trial) => String(trial.trial), sort: (trial) => trial.trial, cell: (trial) => h("a", { href: this.link(trial.trial) }, trial.trial) },
      ...board.keys.map((key) => ({
        title: label(key),
        width: "7rem",
        numeric: true,
        text: (trial) => trial.point[key] ?? "–",
        sort: (trial) => (isNumber(trial.point[key]) ? Number(trial.point[key]) : trial.point[key]),
      })),
      { title: "outcome", width: "6rem", text: (trial) => trial.outcome },
      {
        title: "updates",
        width: "10rem",
        text: (trial) => `${done(trial)} / ${trial.updates}`,
        sort: (trial) => done(trial) / trial.updates,
        cell: (trial) => [h("progress", { max: Math.max(1, trial.updates), value: Math.min(done(trial), trial.updates) }), ` ${count(done(trial))} / ${count(trial.updates)}`],
      },
      ...board.metrics.map((metric) => ({
        title: label(metric),
        width: "6rem",
        numeric: true,
        text: (trial) => number(trial.metrics[metric] ?? (metric === "train_loss" && trial.outcome === "running" ? this.live.get(trial.branch)?.trainLoss : undefined)),
        sort: (trial) => trial.metrics[metric],
      })),
      { title: "reason", width: "18rem", text: (trial) => trial.reason ?? "" },
    ];
    if (this.frame.may("operator")) {
      columns.splice(2, 0, {
        title: "",
        width: "7rem",
        text: () => "",
        cell: (trial) => h("span", { className: "small" }, this.trialButtons(trial)),
      });
    }
    return columns;
  }

  trialButtons(trial) {
    const button = (text, click) => h("button", { type: "button", "aria-label": `${text} trial ${trial.trial}`, onclick: click }, text);
    return [
      OPEN.includes(trial.outcome)
        ? button("stop", async () => {
            if (await confirmed(`Stop trial ${trial.trial}?`, "It ends at its next update; what it has is kept.", "Stop")) this.actOn(trial, "stop", `Trial ${trial.trial} ends at its next update.`);
          })
        : ["failed", "stopped"].includes(trial.outcome)
          ? button("retry", () => this.actOn(trial, "retry", `Trial ${trial.trial} is tried again.`))
          : null,
      button("clone", async () => {
        const body = await askClone(trial, this.board.keys);
        if (body) this.actOn(trial, "clone", `A clone of trial ${trial.trial} waits for a slot.`, body);
      }),
    ];
  }

  restyle() {
    this.scaled = null;
    this.drawPictures();
  }

  close() {
    this.end();
    clearTimeout(this.again);
    this.charts.close();
    this.parallel.close();
    this.table.close();
  }
}

/** What a filter's words ask of a trial. */
function asked(text) {
  const tests = text.split(/\s+/).filter((word) => word).map((word) => {
    const comparison = word.match(/^([\w.]+)(<=|>=|=|<|>)(.+)$/);
    if (!comparison) return (trial) => `${trial.outcome} ${trial.reason ?? ""} ${trial.trial}`.toLowerCase().includes(word.toLowerCase());
    const [, key, sign, right] = comparison;
    return (trial) => {
      const left = key === "trial" || key === "rank" ? trial[key] : (trial.point[key] ?? trial.metrics[key]);
      if (left === undefined) return false;
      if (sign === "=") return String(left) === right || Number(left) === Number(right);
      const [a, b] = [Number(left), Number(right)];
      return { "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b }[sign];
    };
  });
  return (trial) => tests.every((test) => test(trial));
}
