"""How well a curve is read: trainings of the example's model whose learning rate, epochs, batch and rows are chosen so
that each becomes what its label says, from several seeds, with all guards off. Then, over the recorded curves, what
`espalier report` says of each beside its label, and what the default guards would have ended (`espalier replay`).
The rules were chosen on the first seeds; the figures and limits are of the others: 95 % of the curves read as labelled,
99 % of the divergent trainings ended within 3 updates of the first value that is not finite or within a tenth of their
updates, at most 1 % of the others ended."""
import argparse, collections, json, math, pathlib, sys, tempfile

import common

DIVERGENT = ("diverged", "diverging")

# Label, rows, learning rates, epochs, batches.
CASES = [
    ("diverged", "all", [10], [3, 10], [1, 4]),
    ("diverging", "all", [5e-2], [10], [1, 4]),
    ("diverging", "all", [0.1, 0.3, 1], [4, 10], [1, 4]),
    ("oscillating", "all", [1e-2, 1.2e-2], [3, 6, 10], [1]),
    ("learning rate too low", "all", [1e-7, 3e-7], [4, 10], [1, 4]),
    ("underfit", "all", [3e-5], [3, 10], [1]),
    ("underfit", "all", [1e-4], [3], [1]),
    ("underfit", "all", [1e-4], [6, 10], [4]),
    ("converged", "all", [1e-3, 2e-3, 3e-3], [10, 20], [4]),
    ("converged", "all", [1e-3, 2e-3], [10], [1]),
    ("overfit", "few", [2e-3, 5e-3], [60], [4]),
    ("overfit", "few", [2e-3], [30], [1]),
    ("memorised", "loop", [5e-3, 8e-3], [40], [4]),
]


def points():
    """By rows: label and point of every training."""
    found = collections.defaultdict(list)
    for label, rows, rates, epochs, batches in CASES:
        found[rows] += [(label, {"learning_rate": rate, "num_train_epochs": epoch, "per_device_train_batch_size": batch})
                        for rate in rates for epoch in epochs for batch in batches]
    return found


def looping():
    """Rows whose answers say one thing over and over."""
    words = ["yes and ", "again ", "more of it ", "on and on "]
    return [{"query": f"What comes after {number}?", "response": (words[number % 4] * 30).strip()} for number in range(16)]


def recorded(seed, rows, trials, store):
    """The name of the sweep of these trainings; trained where the store has none."""
    data = common.ROOT / "examples/data"
    train = f"{data}/self_cognition.jsonl" + ("#12" if rows == "few" else "")
    if rows == "loop":
        train = str(common.write_rows(store / "loop.jsonl", looping()))
    return common.swept({
        "name": f"{rows}-{seed}", "model": str(common.TINY),
        "dataset": {"train": train, "eval": f"{data}/self_cognition_eval.jsonl", "data_seed": seed,
                    "replace": {"NAME": "小枝", "AUTHOR": "Espalier"}},
        "training": {"torch_dtype": "float32", "seed": seed},
        "search": {"method": "points", "points": [point for _, point in trials]},
        "evaluation": {"metrics": ["loss", "repetition"], "max_new_tokens": 48},
        "objective": {"metric": "eval_loss", "mode": "min"},
        "guard": dict.fromkeys(["loss_spike", "collapse", "vanishing_gradient", "divergence", "loss_ceiling"], "off")}, store)


def first_not_finite(sweep, store):
    """By trial."""
    first = {}
    for line in common.espalier("metrics", sweep, "--format", "jsonl", "--store", store).splitlines():
        row = json.loads(line)
        if row.get("train_loss") is not None and not (math.isfinite(float(row["train_loss"])) and math.isfinite(float(row["grad_norm"]))):
            first.setdefault(row["trial"], row["update"])
    return first


def read(seed, store, guard):
    """Of every training of a seed: label, what is said of it, whether guards end it rightly, its point and the words."""
    for rows, trials in points().items():
        sweep = recorded(seed, rows, trials, store)
        report = json.loads(common.espalier("report", sweep, "--store", store, "--json"))
        said = {curve["trial"]: curve for curve in report["curves"]}
        updates = {trial["config"]["id"]: trial["updates"] for trial in report["sweep"]["trials"]}
        replay = json.loads(common.espalier("replay", sweep, "--store", store, "--guard", guard, "--json"))
        ended = {trial: stop["verdict"] for stop in replay["stops"] for trial in stop["trials"]}
        broken = first_not_finite(sweep, store)
        for trial, (label, point) in enumerate(trials):
            at = ended.get(trial, {}).get("update")
            latest = broken[trial] + 3 if trial in broken else updates[trial] / 10
            yield label, said[trial]["finding"], at is not None and at <= latest, ended.get(trial), point, said[trial]["numbers"]


def same(label, finding):
    """Both words for what comes apart are right: one is for what has come to NaN."""
    return finding == label or {finding, label} == set(DIVERGENT)


def told(title, results, verbose):
    """Prints both tables; the shares of curves read as labelled, of divergent ones ended in time, of others ended."""
    labels = list(dict.fromkeys(case[0] for case in CASES))
    counts = collections.Counter((label, finding) for label, finding, *_ in results)
    findings = labels + sorted({finding for _, finding in counts} - set(labels))
    print(f"\n{title}: {len(results)} curves; rows are labels, columns what is said")
    print(f"{'':22}" + "".join(f"{finding[:12]:>14}" for finding in findings))
    for label in labels:
        print(f"{label:22}" + "".join(f"{counts[label, finding] or '':>14}" for finding in findings))
    right = sum(same(label, finding) for label, finding, *_ in results) / len(results)
    divergent = [result for result in results if result[0] in DIVERGENT]
    good = [result for result in results if result[0] not in (*DIVERGENT, "oscillating")]
    rules = collections.Counter(result[3]["rule"] for result in divergent if result[3])
    in_time = sum(result[2] for result in divergent) / len(divergent)
    wrongly = sum(result[3] is not None for result in good) / len(good)
    print(f"read as labelled: {right:.1%}; divergent ones ended in time: {in_time:.1%} of {len(divergent)} by {dict(rules)};"
          f" others ended: {wrongly:.1%} of {len(good)}")
    for label, finding, timely, verdict, point, numbers in results if verbose else []:
        late = label in DIVERGENT and not timely
        wrong = label not in (*DIVERGENT, "oscillating") and verdict
        if not same(label, finding) or late or wrong:
            print(f"  {label}: {finding} ({numbers}) {list(point.values())} {verdict['sentence'] if verdict else 'not ended'}")
    return right, in_time, wrongly


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=4, help="half of them held out")
    options.add_argument("--store", type=pathlib.Path, help="where the sweeps are kept; one that is there is not trained again")
    options.add_argument("--guard", default="{}", help="as guard in a spec")
    options.add_argument("--verbose", action="store_true", help="tells every curve that is read otherwise")
    given = options.parse_args()
    print(common.described())
    common.espalier("--version")
    with tempfile.TemporaryDirectory() as place:
        store = given.store or pathlib.Path(place)
        store.mkdir(parents=True, exist_ok=True)
        results = []
        for seed in range(given.seeds):
            results.append(list(read(seed, store, given.guard)))
            print(f"  seed {seed}: {len(results[-1])} curves", flush=True)
        known = given.seeds // 2
        if known:
            told("seeds the rules were chosen on", sum(results[:known], []), given.verbose)
        right, in_time, wrongly = told("held out", sum(results[known:], []), given.verbose)
    if right < 0.95 or in_time < 0.99 or wrongly > 0.01:
        sys.exit("a limit is broken")


if __name__ == "__main__":
    main()
