"""Trains 2,000 updates with an evaluation every 50 with ./espalier run, and prints what its process held on
the way: resident memory, and heap in use right after a full collection.
Fails when the last quarter holds more than the one before it.

The process is looked at from outside, with jcmd of its JDK, after every so many evaluations in its trial's log."""
import argparse, pathlib, re, statistics, subprocess, sys, tempfile, time

import common


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
    given = options.parse_args()
    print(common.described())
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
