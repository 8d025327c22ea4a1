"""What a worker is worth that comes when all trials are already at another.

A coordinator and a worker of one lane, in whose pack all trials are trained; a second such worker starts when they have
begun. With moves it takes trials over, without them (--worth-moving=1000h) it finds nothing to do. Seconds from the
submission to the end of the sweep, sides by turns. In the end each update of each trial must be there once."""
import argparse, json, pathlib, statistics, sys, tempfile, time

import common
import durable_path

SIDES = {"stay": "1000h", "move": "60s"}


def one_more(cluster, slots):
    """A worker of one lane."""
    cluster.start([str(common.ROOT / "espalier"), "worker", f"--coordinator-hosts=127.0.0.1:{cluster.cluster}", "--lanes=1", f"--slots={slots}",
                   f"--spool=spool-{len(cluster.processes)}"])


def rows(cluster):
    return [json.loads(line) for line in cluster.get("/api/v1/sweeps/late-1/metrics?format=jsonl").splitlines()]


def one_round(side, given):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        common.random_model(place / "model")
        common.write_rows(place / "train.jsonl", common.random_rows(50, 64, 4096))
        common.write_rows(place / "eval.jsonl", common.random_rows(10, 64, 4096, seed=2))
        rates = [1e-4 * (1 + at) for at in range(given.trials)]
        spec = {"name": "late", "model": str(place / "model"), "dataset": {"train": "train.jsonl", "eval": "eval.jsonl"},
                "training": {"torch_dtype": "float32", "lr_scheduler_type": "constant", "per_device_train_batch_size": 1, "num_train_epochs": given.epochs},
                "search": {"space": {"learning_rate": rates}}, "guard": {"loss_spike": "off", "collapse": "off"},
                "evaluation": {"metrics": ["loss"]}}
        (place / "spec.yaml").write_text(json.dumps(spec))
        cluster = durable_path.Espalier(place, 0, 0, 0, f"--worth-moving={SIDES[side]}")
        try:
            one_more(cluster, given.trials)
            cluster.await_(lambda: len(json.loads(cluster.get("/api/v1/workers"))) == 1)
            began = time.monotonic()
            common.espalier("submit", place / "spec.yaml", "--no-upload", "--url", cluster.url)
            cluster.await_(lambda: len({row["trial"] for row in rows(cluster)}) == given.trials, every=0.2)
            one_more(cluster, given.trials)
            cluster.await_(lambda: cluster.view("late-1")["state"].lower() == "completed", every=0.2)
            taken = time.monotonic() - began
            found = rows(cluster)
        finally:
            cluster.close()
    updates = sorted((row["trial"], row["update"]) for row in found if isinstance(row.get("train_loss"), float))
    if updates != [(trial, update) for trial in range(given.trials) for update in range(1, 50 * given.epochs + 1)]:
        sys.exit("updates are missing, or there twice")
    attempts = {(row["trial"], row["attempt"]) for row in found}
    return taken, len(attempts) - given.trials


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--trials", type=int, default=8)
    options.add_argument("--epochs", type=int, default=16, help="of 50 updates each")
    given = options.parse_args()
    print(common.described())
    seconds = {side: [] for side in SIDES}
    print(f"{'side':>5} {'seconds':>8} {'moved':>6}")
    for _ in range(given.rounds):
        for side in SIDES:
            taken, moved = one_round(side, given)
            seconds[side].append(taken)
            print(f"{side:>5} {taken:8.1f} {moved:6}", flush=True)
    stay, move = (statistics.median(seconds[side]) for side in SIDES)
    print(f"medians: {stay:.1f} and {move:.1f} s, {stay / move:.2f} times faster")


if __name__ == "__main__":
    main()
