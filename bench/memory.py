"""--part time: trains 2,000 updates with an evaluation every 50 with ./espalier run, and prints what its process held
on the way: resident memory, and heap in use right after a full collection.
Fails when the last quarter holds more than the one before it.
--part pack: peak memory of 16 trials trained together beside that of one. Fails when it is not below 1.5 times that of one
and 16 times what a trial has of its own: adapter, moments and gradients (20 bytes a number) and its row's activations, which
are what a second row of the one trial adds.
--part many: peak memory of 320 short trials beside that of 40. Fails when it is more than a quarter more.
--part plan: what ./espalier plan says that a sweep takes, beside the peak of the sweep, trials together on all lanes; so
many updates that the lanes' peaks meet. Each round measures anew how many slots a lane has. Fails when the median ratio of
a shape is not within a tenth.

The process is looked at from outside, with jcmd of its JDK, after every so many evaluations in its trial's log."""
import argparse, json, os, pathlib, re, statistics, subprocess, sys, tempfile, time

import common

# Numbers of an adapter of rank 8 on all linear modules of common.random_model.
ADAPTER = 8 * 4 * (2 * (256 + 256) + 2 * (256 + 64) + 3 * (256 + 704))

# Models by name: vocabulary, updates of a trial, and (tokens, batch, trials) of the sweeps whose memory is foretold.
SHAPES = {"small": (common.random_model, 4096, 50,
                    ((64, 1, 2), (64, 4, 16), (256, 1, 32), (256, 4, 16), (1024, 1, 16), (128, 2, 12), (512, 2, 6), (96, 3, 10), (768, 1, 4))),
          "75m": (common.qwen2_75m, 32000, 24, ((64, 1, 2), (64, 4, 4), (256, 4, 4), (1024, 1, 2), (128, 2, 4), (192, 2, 3)))}


def held(process):
    """(resident MiB, heap MiB after a full collection) of a Java process."""
    subprocess.run(["jcmd", str(process), "GC.run"], check=True, stdout=subprocess.DEVNULL)
    heap = subprocess.run(["jcmd", str(process), "GC.heap_info"], check=True, capture_output=True, text=True).stdout
    resident = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{process}/status").read_text()).group(1)
    return int(resident) / 1024, int(re.search(r"used (\d+)K", heap).group(1)) / 1024


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=pathlib.Path, default=common.TINY)
    options.add_argument("--epochs", type=int, default=40, help="of 50 updates each")
    options.add_argument("--every", type=int, default=2, help="evaluations between two looks")
    options.add_argument("--growth", type=float, default=0.03, help="share by which the last quarter may hold more")
    options.add_argument("--rounds", type=int, default=3, help="of --part plan")
    options.add_argument("--part", choices=["time", "pack", "many", "plan"])
    given = options.parse_args()
    print(common.described())
    parts = [given.part] if given.part else ["time", "pack", "many", "plan"]
    if "time" in parts:
        over_time(given)
    if "pack" in parts:
        of_packs()
    if "many" in parts:
        of_many()
    if "plan" in parts:
        of_plans(given.rounds)


def spec(place, name, tokens, batch, trials, updates=60):
    """A file of so many trials on rows of one length, so many updates each."""
    rates = [1e-4 * (1 + at) for at in range(trials)]
    written = {"name": name, "model": str(place / "model"), "dataset": {"train": f"{tokens}.jsonl"},
               "training": {"torch_dtype": "float32", "lr_scheduler_type": "constant", "per_device_train_batch_size": batch, "max_steps": updates},
               "search": {"space": {"learning_rate": rates}}, "guard": {"loss_spike": "off", "collapse": "off"}}
    file = place / f"{name}.yaml"
    file.write_text(json.dumps(written))
    return file


def peak(place, file, *options, environment=None):
    """Peak MiB of a sweep."""
    with tempfile.TemporaryDirectory(dir=place) as store:
        command = [common.ROOT / "espalier", "run", file, "--store", store, *options, "--plain"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment)
        watch = common.Watch(child.pid)
        watch.start()
        said = child.communicate()[1]
        watch.over.set()
        if child.returncode:
            sys.exit(said)
        return watch.peak


def of_packs():
    common.compiled()
    print(f"{'tokens':>6} {'one MiB':>8} {'16 MiB':>8} {'ratio':>6} {'own MiB':>8} {'limit MiB':>10}")
    over = False
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        common.random_model(place / "model")
        for tokens in (64, 256):
            common.write_rows(place / f"{tokens}.jsonl", common.random_rows(32, tokens, 4096))
            one, two, sixteen = (peak(place, spec(place, f"rows-{tokens}-{batch}-{trials}", tokens, batch, trials), "--lanes", "1", "--slots", str(trials))
                                 for batch, trials in ((1, 1), (2, 1), (1, 16)))
            own = 20 * ADAPTER / 2**20 + max(0, two - one)
            limit = 1.5 * one + 16 * own
            over |= sixteen > limit
            print(f"{tokens:6} {one:8.0f} {sixteen:8.0f} {sixteen / one:6.2f} {own:8.1f} {limit:10.0f}", flush=True)
    if over:
        sys.exit("more than that")


def of_many():
    common.compiled()
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        common.random_model(place / "model")
        common.write_rows(place / "64.jsonl", common.random_rows(32, 64, 4096))
        few, many = (peak(place, spec(place, f"many-{trials}", 64, 1, trials, updates=5)) for trials in (40, 320))
    print(f"40 trials of 5 updates {few:.0f} MiB, 320 of them {many:.0f} MiB")
    if many > 1.25 * few:
        sys.exit("more than a quarter more")


def of_plans(rounds):
    common.compiled()
    print(f"{'model':>5} {'tokens':>6} {'batch':>5} {'trials':>6}  plan MiB, peak MiB, ratio of each round; median ratio")
    off = False
    for name, (made, vocabulary, updates, shapes) in SHAPES.items():
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            made(place / "model")
            for tokens, batch, trials in shapes:
                common.write_rows(place / f"{tokens}.jsonl", common.random_rows(32, tokens, vocabulary))
                file = spec(place, f"plan-{tokens}-{batch}-{trials}", tokens, batch, trials, updates)
                print(f"{name:>5} {tokens:6} {batch:5} {trials:6} ", end="", flush=True)
                ratios = []
                for _ in range(rounds):
                    with tempfile.TemporaryDirectory(dir=place) as speeds:
                        environment = {**os.environ, "DJL_CACHE_DIR": common.djl_cache(), "ESPALIER_CACHE": speeds}
                        told = subprocess.run([common.ROOT / "espalier", "plan", file], check=True, capture_output=True, text=True, env=environment).stdout
                        foretold = float(re.search(r"Memory: about ([\d,]+) MiB", told).group(1).replace(",", ""))
                        found = peak(place, file, environment=environment)
                    ratios.append(foretold / found)
                    print(f" {foretold:.0f} {found:.0f} {ratios[-1]:.2f};", end="", flush=True)
                print(f" {statistics.median(ratios):.2f}", flush=True)
                off |= not 0.9 <= statistics.median(ratios) <= 1.1
    if off:
        sys.exit("not within a tenth")


def over_time(given):
    vocabulary = common.transformers.AutoConfig.from_pretrained(given.model).vocab_size
    with tempfile.TemporaryDirectory() as place:
        training = {"learning_rate": 1e-3, "num_train_epochs": given.epochs, "per_device_train_batch_size": 4}
        trial = common.Trial(pathlib.Path(place), given.model, uneven(200, vocabulary), training, uneven(40, vocabulary))
        common.compiled()
        process = subprocess.Popen([common.ROOT / "espalier", "run", trial.spec, "--store", trial.store, "--lanes", "1", "--plain"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        looks = watch(process, trial, given)
        if process.wait():
            sys.exit("the run failed")
    growth = [median(looks[-len(looks) // 4:], at) / median(looks[len(looks) // 2:-len(looks) // 4], at) - 1 for at in (1, 2)]
    print(f"from the third quarter to the last, medians: resident {growth[0]:+.1%}, heap {growth[1]:+.1%}")
    if max(growth) > given.growth:
        sys.exit(f"more than {given.growth:.0%}")


def median(looks, at):
    return statistics.median(look[at] for look in looks)


def uneven(count, vocabulary):
    """Rows of 24 to 72 tokens: buffers of many sizes."""
    return [common.random_rows(1, 24 + (29 * at) % 49, vocabulary, seed=at)[0] for at in range(count)]


def watch(process, trial, given):
    """What was held, whenever so many more evaluations are done."""
    print(f"{'updates':>8} {'resident MiB':>13} {'heap MiB':>9}")
    looks, due = [], given.every
    while process.poll() is None and due <= given.epochs:
        logs = list(trial.store.glob("sweeps/*/branches/*/*/*.log"))
        done = logs[0].read_text().count("eval_loss") if logs else 0
        if done >= due:
            resident, heap = held(process.pid)
            looks.append((50 * done, resident, heap))
            print(f"{50 * done:8} {resident:13.0f} {heap:9.1f}", flush=True)
            due = done + given.every
        time.sleep(0.05)
    return looks


if __name__ == "__main__":
    main()
