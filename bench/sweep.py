"""A whole grid: Espalier in six ways, and the same grid with PEFT, alone, in two processes, under Optuna and Ray Tune.

--grid reference: learning rate {1e-3, 1e-4, 5e-5} x epochs {3, 5, 10, 15, 20} x batch {1, 4} on 50 random rows, a Qwen2
of hidden size 256 and 4 layers with random weights. --grid example: the model, rows and grid of
examples/self-cognition.yaml, of the evaluations the loss only. One evaluation per epoch, float32.
Every side is a process of its own, started anew and timed from its start to its end, and the sides take turns. Shown
are medians over the rounds: makespan, how many times shorter it is than each of PEFT's without pruning, updates run,
tokens trained on a second, best evaluation loss, CPU seconds and peak memory (the sum of its processes'
proportional shares, looked at twice a second)."""
import argparse, itertools, json, os, pathlib, re, statistics, subprocess, sys, tempfile, time

import psutil, transformers

import common

CELLS = {"reference": list(itertools.product(["1e-3", "1e-4", "5e-5"], [3, 5, 10, 15, 20], [1, 4])),
         "example": list(itertools.product(["1e-4", "1e-3", "1e-2", "1e-1", "10"], [1, 3, 10, 30], [4]))}
PEERS = ["peft", "peft-2", "optuna", "ray"]
SIDES = {"alone": {"slots": 1, "share": False}, "packed": {"share": False}, "shared": {"share": True},
         "pruned": {"share": True, "variant": "stopping"}, "promoted": {"share": True, "variant": "promotion"},
         "mixed": {"share": True, "variant": "promotion", "compare": "all"}}


def dialogues(file):
    """Rows of questions and answers as the model's chat template has them; targets are the answers."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(common.TINY)
    rows = []
    for row in common.read_rows(file):
        names = {"NAME": "小枝", "AUTHOR": "Espalier"}
        question, answer = (re.sub(r"\{\{(NAME|AUTHOR)\}\}", lambda found: names[found[1]], row[key]) for key in ("query", "response"))
        asked = tokenizer.apply_chat_template([{"role": "user", "content": question}], add_generation_prompt=True, tokenize=False)
        head, tail = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (asked, answer + "<|im_end|>\n"))
        rows.append({"input_ids": head + tail, "labels": [-100] * len(head) + tail[:-1] + [-100]})
    return rows


def laid_out(place, grid, tokens):
    """The model, rows and cells of a grid in a directory; its tokens an epoch."""
    if grid == "reference":
        common.random_model(place / "model")
        rows = common.random_rows(60, tokens, 4096)
        train, held = rows[:50], rows[50:]
    else:
        common.in_float32(common.TINY, place / "model")
        train, held = (dialogues(common.ROOT / "examples/data" / name) for name in ("self_cognition.jsonl", "self_cognition_eval.jsonl"))
    common.write_rows(place / "train.jsonl", train)
    common.write_rows(place / "eval.jsonl", held)
    (place / "cells.json").write_text(json.dumps(CELLS[grid]))
    return len(train), sum(len(row["input_ids"]) for row in train)


def spec(place, given, share, variant=None, compare="alike", slots=None):
    axes = [sorted(set(axis), key=float) for axis in zip(*CELLS[given.grid])]
    text = {
        "name": "bench", "model": str(place / "model"), "dataset": {"train": "train.jsonl", "eval": "eval.jsonl", "shuffle": False},
        "training": {"lr_scheduler_type": given.scheduler, "torch_dtype": given.dtype}, "resources": {"share": share},
        "search": {"method": "grid", "space": {
            "learning_rate": [float(rate) for rate in axes[0]], "num_train_epochs": axes[1], "per_device_train_batch_size": axes[2]}},
        "evaluation": {"metrics": ["loss"]}, "objective": {"metric": "eval_loss", "mode": "min"}}
    if given.grid == "reference":
        text["guard"] = {"loss_spike": "off", "collapse": "off"}
    if variant:
        text["pruning"] = {"method": "asha", "variant": variant, "compare": compare, "reduction_factor": given.factor}
    file = place / f"{share}-{variant}-{compare}.yaml"
    file.write_text(json.dumps(text))
    return file


def command(side, place, given, store):
    if side in PEERS:
        return [sys.executable, pathlib.Path(__file__).with_name("peft_grid.py"), side, place, given.scheduler]
    file = spec(place, given, **SIDES[side])
    return [common.ROOT / "espalier", "run", file, "--store", store, "--slots", SIDES[side].get("slots", "auto"), "--plain"]


def told(store):
    """Updates run, best evaluation loss, tokens trained on: of a sweep in a store."""
    trials = json.loads(common.espalier("show", "bench-1", "--store", store, "--json"))["trials"]
    rows = [json.loads(line) for line in common.espalier("metrics", "bench-1", "--format", "jsonl", "--store", store).splitlines()]
    done = {(row["branch"], row["update"]): row["tokens"] for row in rows if row.get("train_loss") is not None}
    branches = {one: [update for other, update in done if other == one] for one, _ in done}
    # A branch that begins at another's checkpoint goes on counting from there.
    tokens = sum(done[one, max(updates)] - (done[one, min(updates)] if min(updates) > 1 else 0) for one, updates in branches.items())
    return len(done), min(trial["result"]["metrics"].get("eval_loss", float("inf")) for trial in trials), tokens


def busy():
    """CPU seconds of all programs of this machine so far."""
    times = psutil.cpu_times()
    # Ray's workers run at a lower priority, which is counted apart.
    return times.user + times.nice + times.system


def timed(side, place, given):
    """Seconds, CPU seconds, peak MiB, updates, best evaluation loss, tokens of one side."""
    threads = str(given.threads if side == "peft" else 1)
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads} if side in PEERS else os.environ
    with tempfile.TemporaryDirectory() as store, open(place / "out", "w+") as out:
        words = [str(word) for word in command(side, place, given, store)]
        began, before = time.perf_counter(), busy()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment)
        watch = common.Watch(child.pid)
        watch.start()
        status = child.wait()
        seconds, cpu = time.perf_counter() - began, busy() - before
        watch.over.set()
        out.seek(0)
        text = out.read()
        if status:
            sys.exit(f"{' '.join(words)}\n{text}")
        found = json.loads(text.splitlines()[-1]) if side in PEERS else told(store)
        return seconds, cpu, watch.peak, *found


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sides", default=",".join([*PEERS, *SIDES]), help="peft: one trial after another; peft-2: two processes of"
                         " one thread; optuna, ray: the same with successive halving; alone: Espalier, a trial at a time on each core;"
                         " packed: trials together; shared: and what they have in common once; pruned: and asha; promoted: and asha"
                         " that promotes; mixed: that compares trials of all lengths")
    options.add_argument("--grid", default="reference", choices=CELLS)
    options.add_argument("--scheduler", default="constant")
    options.add_argument("--dtype", default="float32", help="of Espalier's base model: float32 or bfloat16")
    options.add_argument("--tokens", type=int, default=64, help="of each row of the reference")
    options.add_argument("--threads", type=int, default=2, help="of PEFT one after another")
    options.add_argument("--factor", type=int, default=3, help="of Espalier's asha: one in so many goes on; Optuna's and Ray Tune's is 4")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--results", type=pathlib.Path, help="a file of earlier rounds of the same, which this adds to and counts too")
    given = options.parse_args()
    sides = given.sides.split(",")
    if unknown := set(sides) - {*PEERS, *SIDES}:
        sys.exit(f"no side {', '.join(unknown)}; there are {', '.join([*PEERS, *SIDES])}")
    print(common.described())
    common.espalier("--version")
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        samples, tokens = laid_out(place, given.grid, given.tokens)
        print(f"{given.grid}: {len(CELLS[given.grid])} trials on {samples} rows of {tokens / samples:.0f} tokens, {given.scheduler},"
              f" {given.dtype}, {given.rounds} rounds", flush=True)
        earlier = json.loads(given.results.read_text()) if given.results and given.results.exists() else {}
        rounds = earlier | {side: earlier.get(side, []) for side in sides}
        for _, side in itertools.product(range(given.rounds), sides):
            rounds[side].append(timed(side, place, given))
            print(f"  {side:7} {rounds[side][-1][0]:7.1f} s  load {os.getloadavg()[0]:.1f}", flush=True)
            if given.results:
                given.results.write_text(json.dumps(rounds))
    peers = [side for side in sides if side.startswith("peft")]
    print(f"{'side':7} {'seconds':>8}" + "".join(f" {'x ' + peer:>9}" for peer in peers)
          + f" {'updates':>8} {'tokens/s':>9} {'best loss':>10} {'CPU s':>7} {'MiB':>6}")
    for side in sides:
        seconds, cpu, memory, updates, best, trained = (statistics.median(column) for column in zip(*rounds[side]))
        ratios = [statistics.median(theirs[0] / own[0] for own, theirs in zip(rounds[side], rounds[peer])) for peer in peers]
        print(f"{side:7} {seconds:8.1f}" + "".join(f" {ratio:9.2f}" for ratio in ratios)
              + f" {updates:8.0f} {trained / seconds:9.0f} {best:10.4f} {cpu:7.1f} {memory:6.0f}")


if __name__ == "__main__":
    main()
