"""A whole grid: Espalier in three ways, and the same grid with PEFT.

Learning rate {1e-3, 1e-4, 5e-5} x epochs {3, 5, 10, 15, 20} x batch {1, 4}: 30 trials on 50 rows, one evaluation of
10 rows per epoch, a Qwen2 of 4 layers with random weights. Every side is a process of its own, started anew and timed
from its start to its end, and the sides take turns. Shown are medians over the rounds: makespan, how many times
shorter it is than each of PEFT's, updates run, best evaluation loss, CPU seconds, and peak resident memory (of the
largest process)."""
import argparse, itertools, json, math, multiprocessing, os, pathlib, statistics, subprocess, sys, tempfile, time

import torch, transformers
from peft import LoraConfig, get_peft_model

import common

RATES, EPOCHS, BATCHES = ["1e-3", "1e-4", "5e-5"], [3, 5, 10, 15, 20], [1, 4]
CELLS = list(itertools.product(RATES, EPOCHS, BATCHES))
SIDES = ["peft", "peft-2", "alone", "packed", "shared"]


def model(directory):
    """Qwen2, hidden 256, 4 layers, 8 heads, 2 of keys and values; random weights."""
    torch.manual_seed(1)
    config = transformers.Qwen2Config(
        vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=4, num_attention_heads=8,
        num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
    transformers.Qwen2ForCausalLM(config).save_pretrained(directory)
    return directory


def peft_trial(place, scheduler, cell):
    """One trial in a plain loop: its updates and its last evaluation loss."""
    rate, epochs, batch = cell
    rows, held = common.read_rows(place / "train.jsonl"), common.read_rows(place / "eval.jsonl")
    torch.manual_seed(42)
    lora = LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=32, target_modules="all-linear")
    network = get_peft_model(common.base(place / "model"), lora)
    steps = math.ceil(len(rows) / batch)
    loop = common.PeftLoop(network, rows, batch, float(rate), steps * epochs, scheduler=scheduler)
    whole = next(common.batches(held, len(held)))
    for _ in range(epochs):
        for _ in range(steps):
            loop.update()
        network.eval()
        with torch.no_grad():
            loss = network(**whole).loss.item()
        network.train()
    return steps * epochs, loss


def peft_worker(place, scheduler, cells, results):
    torch.set_num_threads(1)
    for cell in iter(cells.get, None):
        results.put(peft_trial(place, scheduler, cell))


def peft_side(place, scheduler, workers):
    """The grid one after another, or by worker processes with one thread each; prints updates and best loss."""
    if workers == 1:
        found = [peft_trial(place, scheduler, cell) for cell in CELLS]
    else:
        context = multiprocessing.get_context("spawn")
        cells, results = context.Queue(), context.Queue()
        for cell in CELLS + [None] * workers:
            cells.put(cell)
        processes = [context.Process(target=peft_worker, args=(place, scheduler, cells, results)) for _ in range(workers)]
        for process in processes:
            process.start()
        found = [results.get() for _ in CELLS]
        for process in processes:
            process.join()
    print(json.dumps([sum(updates for updates, _ in found), min(loss for _, loss in found)]))


def spec(place, scheduler, share):
    file = place / f"share-{share}.yaml".lower()
    file.write_text(json.dumps({
        "name": "bench", "model": str(place / "model"), "dataset": {"train": "train.jsonl", "eval": "eval.jsonl", "shuffle": False},
        "training": {"lr_scheduler_type": scheduler}, "resources": {"share": share}, "guard": {"loss_spike": "off", "collapse": "off"},
        "search": {"method": "grid", "space": {
            "learning_rate": [float(rate) for rate in RATES], "num_train_epochs": EPOCHS, "per_device_train_batch_size": BATCHES}},
        "evaluation": {"metrics": ["loss"]}, "objective": {"metric": "eval_loss", "mode": "min"}}))
    return file


def command(side, place, scheduler, store):
    if side.startswith("peft"):
        return [sys.executable, __file__, "--side", place, scheduler, "2" if side == "peft-2" else "1"]
    slots = "1" if side == "alone" else "auto"
    return [common.ROOT / "espalier", "run", spec(place, scheduler, side == "shared"), "--store", store, "--slots", slots, "--plain"]


def told(store):
    """Updates run, best evaluation loss: of a sweep in a store."""
    trials = json.loads(common.espalier("show", "bench-1", "--store", store, "--json"))["trials"]
    branches = {}
    for trial in trials:
        branches[trial["branch"]] = max(trial["result"]["updates"], branches.get(trial["branch"], 0))
    return sum(branches.values()), min(trial["result"]["metrics"]["eval_loss"] for trial in trials)


def timed(side, place, scheduler, threads):
    """Seconds, CPU seconds, peak MiB, updates, best evaluation loss of one side."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)} if side == "peft" else os.environ
    with tempfile.TemporaryDirectory() as store, open(place / "out", "w+") as out:
        words = [str(word) for word in command(side, place, scheduler, store)]
        began = time.perf_counter()
        child = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=environment)
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        text = out.read()
        if status:
            sys.exit(f"{' '.join(words)}\n{text}")
        updates, best = json.loads(text.splitlines()[-1]) if side.startswith("peft") else told(store)
        return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, updates, best


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sides", default=",".join(SIDES), help="peft: one after another; peft-2: two processes of one thread;"
                         " alone: a trial at a time on each core; packed: trials together; shared: and what they have in common once")
    options.add_argument("--scheduler", default="constant")
    options.add_argument("--tokens", type=int, default=64, help="of each row")
    options.add_argument("--threads", type=int, default=2, help="of PEFT one after another")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--side", nargs=3, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.side:
        place, scheduler, workers = given.side
        return peft_side(pathlib.Path(place), scheduler, int(workers))
    sides = given.sides.split(",")
    if unknown := set(sides) - set(SIDES):
        sys.exit(f"no side {', '.join(unknown)}; there are {', '.join(SIDES)}")
    print(common.described())
    print(f"{given.scheduler}, rows of {given.tokens} tokens, {given.rounds} rounds")
    common.espalier("--version")
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        model(place / "model")
        rows = common.random_rows(60, given.tokens, 4096)
        common.write_rows(place / "train.jsonl", rows[:50])
        common.write_rows(place / "eval.jsonl", rows[50:])
        rounds = {side: [] for side in sides}
        for _, side in itertools.product(range(given.rounds), sides):
            rounds[side].append(timed(side, place, given.scheduler, given.threads))
            print(f"  {side:7} {rounds[side][-1][0]:7.1f} s  load {os.getloadavg()[0]:.1f}", flush=True)
    peers = [side for side in sides if side.startswith("peft")]
    print(f"{'side':7} {'seconds':>8}" + "".join(f" {'x ' + peer:>9}" for peer in peers) + f" {'updates':>8} {'best loss':>10} {'CPU s':>7} {'MiB':>6}")
    for side in sides:
        seconds, cpu, memory, updates, best = (statistics.median(column) for column in zip(*rounds[side]))
        ratios = [statistics.median(theirs[0] / own[0] for own, theirs in zip(rounds[side], rounds[peer])) for peer in peers]
        print(f"{side:7} {seconds:8.1f}" + "".join(f" {ratio:9.2f}" for ratio in ratios) + f" {updates:8.0f} {best:10.4f} {cpu:7.1f} {memory:6.0f}")
    return None


if __name__ == "__main__":
    main()
