"""What each pruner would have made of the example's sweep: examples/self-cognition.yaml trained to its end from so many
seeds, without generated text, then `espalier replay` with each rule over the recorded curves. Of each: how often the
winner would have been given up, and by how much worse the best of those that stay is; updates and device time not
spent, medians over the seeds. Fails when the first rule gives up a winner."""
import argparse, json, pathlib, statistics, sys, tempfile

import yaml

import common

RULES = ["{}", "{reduction_factor: 2}", "{variant: promotion}", "{variant: ray}", "{method: successive_halving}", "{method: hyperband}", "{method: median}",
         "{method: median, latest: true}", "{method: median, variant: running_average}", "{method: percentile, percentile: 25}",
         "{method: patient, patience: 2}", "{method: alto}"]


def recorded(seed, store):
    """The name of a sweep of this seed; trained where the store has none."""
    examples = common.ROOT / "examples"
    spec = yaml.safe_load((examples / "self-cognition.yaml").read_text())
    spec |= {"name": f"seed{seed}", "model": str(examples / spec["model"])}
    spec["dataset"] |= {key: str(examples / spec["dataset"][key]) for key in ("train", "eval", "retention")}
    spec["training"]["seed"] = seed
    spec["evaluation"] = {"every": "epoch", "metrics": ["loss", "accuracy"]}
    return common.swept(spec, store)


def best(name, store, left_out):
    """The objective of the best ranked trial that is not left out."""
    trials = json.loads(common.espalier("show", name, "--store", store, "--json"))["trials"]
    ranked = [trial for trial in trials if trial.get("rank") and trial["config"]["id"] not in left_out]
    return min(ranked, key=lambda trial: trial["rank"])["result"]["metrics"]["eval_loss"] if ranked else float("inf")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--store", type=pathlib.Path, help="where the sweeps are kept; one that is there is not trained again")
    options.add_argument("--rules", nargs="+", default=RULES, help="as pruning in a spec")
    given = options.parse_args()
    print(common.described())
    common.espalier("--version")
    with tempfile.TemporaryDirectory() as place:
        store = given.store or pathlib.Path(place)
        sweeps = []
        for seed in range(given.seeds):
            sweeps.append(recorded(seed, store))
            print(f"  seed {seed} is recorded", flush=True)
        print(f"{'rule':48} {'winner lost':>12} {'loss is up by':>14} {'updates saved':>14} {'time saved':>11}")
        lost_by_first = 0
        for rule in given.rules:
            replays = [json.loads(common.espalier("replay", sweep, "--store", store, "--pruning", rule, "--json")) for sweep in sweeps]
            worse = []
            for sweep, replay in zip(sweeps, replays):
                ended = {trial for stop in replay["stops"] for trial in stop["trials"]}
                worse.append(best(sweep, store, ended) / best(sweep, store, set()) - 1)
            lost = sum(replay["losesWinner"] for replay in replays)
            lost_by_first = lost if rule == given.rules[0] else lost_by_first
            updates, seconds = (statistics.median(replay[part] / replay[whole] for replay in replays)
                                for part, whole in (("saved", "updates"), ("savedSeconds", "seconds")))
            print(f"{rule:48} {f'{lost} of {len(sweeps)}':>12} {max(worse):14.1%} {updates:14.1%} {seconds:11.1%}", flush=True)
    if lost_by_first:
        sys.exit(f"{given.rules[0]} would have given up the winner {lost_by_first} times")


if __name__ == "__main__":
    main()
