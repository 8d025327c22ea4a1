// Questions to whoever looks at the page.

import { h } from "./dom.js";
import { label } from "./format.js";

/** Resolves with what `read` gives when the form is sent, or with undefined when it is dismissed. */
function ask(title, body, action, read) {
  return new Promise((answered) => {
    const problem = h("p", { className: "problem", role: "alert" });
    const dialog = h(
      "dialog",
      { "aria-label": title },
      h(
        "form",
        {
          method: "dialog",
          onsubmit(event) {
            event.preventDefault();
            try {
              const answer = read();
              dialog.close();
              answered(answer);
            } catch (wrong) {
              problem.textContent = wrong.message;
            }
          },
        },
        h("h2", {}, title),
        body,
        problem,
        h(
          "div",
          { className: "buttons" },
          h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
          h("button", { type: "submit", className: "main" }, action),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      answered(undefined);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

export function confirmed(title, text, action) {
  return ask(title, h("p", {}, text), action, () => true);
}

export function askToken(why) {
  const input = h("input", { type: "password", required: true, autocomplete: "off", size: 44 });
  return ask(
    "This coordinator wants a token",
    [h("p", {}, why), h("label", {}, "Token ", input)],
    "Go on",
    () => input.value.trim(),
  );
}

/** Other values for a copy of a trial; resolves with what the API takes. */
export function askClone(trial, keys) {
  const rows = h("div", { className: "rows" });
  const known = h("datalist", { id: "known-keys" }, keys.map((key) => h("option", { value: key })));
  const goesOn = h("input", { type: "checkbox" });
  const addRow = (key = "", text = "") => {
    rows.append(
      h(
        "div",
        {},
        h("input", { value: key, list: "known-keys", placeholder: "learning_rate", "aria-label": "Key", size: 28 }),
        " = ",
        h("input", { value: text, placeholder: "5e-5", "aria-label": "Value", size: 14 }),
      ),
    );
  };
  const [key, text] = Object.entries(trial.point)[0] ?? [];
  addRow(key, text);
  return ask(
    `Clone trial ${trial.trial}`,
    [
      h("p", {}, "The clone has all values of this trial but these:"),
      known,
      rows,
      h("button", { type: "button", onclick: () => addRow() }, "Another key"),
      h("p", {}, h("label", {}, goesOn, " go on from its checkpoint instead of from the start")),
    ],
    "Clone",
    () => {
      const values = {};
      for (const row of rows.children) {
        const [key, text] = [...row.querySelectorAll("input")].map((input) => input.value.trim());
        if (key === "" && text === "") continue;
        if (key === "" || text === "") throw new Error("Each key needs a value, and each value a key.");
        if (trial.point[key] === text) throw new Error(`${label(key)} is ${text} already: give it another value.`);
        values[key] = [text];
      }
      if (Object.keys(values).length === 0) throw new Error("Change one value at least.");
      return goesOn.checked ? { values, fromCheckpoint: true } : { values };
    },
  );
}

/** Says what happened for some seconds. */
export function tell(text, isProblem = false) {
  const note = h("p", { className: isProblem ? "toast problem" : "toast", role: isProblem ? "alert" : "status" }, text);
  document.body.append(note);
  setTimeout(() => note.remove(), isProblem ? 12000 : 4000);
}
