// The frame of the page: which part is shown, who looks at it, and in which colours.

import { Refused, get, setToken } from "./api.js";
import { askToken } from "./dialogs.js";
import { fill } from "./dom.js";
import { SweepPage } from "./sweep.js";
import { SweepsPage } from "./sweeps.js";
import { TrialPage } from "./trial.js";
import { WorkersPage } from "./workers.js";

const THEMES = ["", "light", "dark"];
const THEME = "espalier.theme";

const main = document.getElementById("main");
const connection = document.getElementById("connection");
const themeButton = document.getElementById("theme");
let shown = null;

/** What pages need of the frame. */
const frame = {
  role: "viewer",
  may(role) {
    const roles = ["viewer", "operator", "admin"];
    return roles.indexOf(this.role) >= roles.indexOf(role);
  },
  /** Says whether what is seen is up to date. */
  state(state, problem) {
    connection.className = state;
    const words = { asking: "asking the coordinator …", live: "live", lost: "connection lost, trying again …", ended: "", refused: problem?.message };
    connection.textContent = words[state] ?? "";
  },
};

function page() {
  const [kind, name, , number] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  if (kind === "sweeps" && name) {
    return number === undefined ? new SweepPage(frame, name) : new TrialPage(frame, name, Number(number));
  }
  return kind === "workers" ? new WorkersPage(frame) : new SweepsPage(frame);
}

function show() {
  if (location.hash && !location.hash.startsWith("#/")) return;
  shown?.close();
  frame.state("asking");
  shown = page();
  document.title = `${shown.title} · Espalier`;
  fill(main, shown.element);
  main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === (location.hash.startsWith("#/workers") ? "#/workers" : "#/");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  themeButton.textContent = { "": "◐ auto", light: "☀ light", dark: "☾ dark" }[theme];
  localStorage.setItem(THEME, theme);
  shown?.restyle?.();
}

themeButton.addEventListener("click", () => {
  setTheme(THEMES[(THEMES.indexOf(localStorage.getItem(THEME) ?? "") + 1) % THEMES.length]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown?.restyle?.());

async function admitted() {
  for (let why = "Paste one of the coordinator's tokens; it is kept until this tab is closed."; ;) {
    try {
      return await get("session");
    } catch (problem) {
      if (problem instanceof Refused && problem.status === 401) {
        const token = await askToken(why);
        if (token !== undefined) setToken(token);
        why = "This token is not known here.";
      } else {
        frame.state("lost");
        await new Promise((resume) => setTimeout(resume, 2000));
      }
    }
  }
}

setTheme(localStorage.getItem(THEME) ?? "");
frame.state("asking");
const session = await admitted();
frame.role = session.role;
document.getElementById("who").textContent = session.name ? `${session.name} (${session.role})` : "";
window.addEventListener("hashchange", show);
show();
