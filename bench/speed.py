"""One trial alone, Espalier against PEFT: milliseconds per update.

For each case both sides run as processes of their own with the same model, rows and threads and take
turns, a block of updates each (A B A B ...): while one computes, the other waits. Shown are the medians
over the blocks, of wall time and of CPU time (of all threads, next to other load the steadier of the
two), and the median over the pairs of blocks of Espalier's time over PEFT's: below 1 Espalier is faster."""
import argparse, itertools, os, pathlib, statistics, subprocess, sys, tempfile, time

import torch
from peft import LoraConfig, get_peft_model

import common

TRAINING = {"learning_rate": 1e-4, "max_steps": 1000000}


class Side:
    """A process that answers a number of updates with the seconds they took."""

    def __init__(self, command, threads):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.answer()

    def answer(self):
        for line in self.process.stdout:
            # What libraries log stands between the answers.
            if line.startswith("seconds "):
                return tuple(float(word) for word in line.split()[1:])
        sys.exit("a side ended before its time")

    def block(self, updates):
        """(wall, CPU) milliseconds per update."""
        print(updates, file=self.process.stdin, flush=True)
        return tuple(1e3 * seconds / updates for seconds in self.answer())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peft_side(model, rows, threads, batch, dropout):
    """The other side: the same protocol around a plain loop."""
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    lora = LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=32, lora_dropout=dropout, target_modules="all-linear")
    loop = common.PeftLoop(get_peft_model(common.base(model), lora), common.read_rows(rows), batch, TRAINING["learning_rate"], TRAINING["max_steps"])
    loop.update()
    print("seconds 0 0", flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            loop.update()
        print("seconds", time.perf_counter() - wall, time.process_time() - cpu, flush=True)


def measure(model, batch, length, threads, masked, given):
    """One line of the table."""
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        vocabulary = common.transformers.AutoConfig.from_pretrained(model).vocab_size
        rows = common.write_rows(place / "rows.jsonl", common.random_rows(256, length, vocabulary, masked=masked))
        keys = [f"{key}={value}" for key, value in {**TRAINING, "per_device_train_batch_size": batch, "lora_dropout": given.dropout}.items()]
        own = Side(common.java("io.espalier.worker.train.UpdateTimes", model, rows, threads, place, *keys), threads)
        peft = Side([sys.executable, __file__, "--side", model, rows, threads, batch, given.dropout], threads)
        peft.block(1)
        updates = max(1, round(given.block_seconds / (peft.block(1)[0] * 1e-3)))
        for side in (own, peft):
            side.block(min(updates, 30))
        blocks = [(own.block(updates), peft.block(updates)) for _ in range(given.blocks)]
        own.close()
        peft.close()
    (wall, cpu), (wall_peft, cpu_peft) = ([statistics.median(block[side][kind] for block in blocks) for kind in (0, 1)] for side in (0, 1))
    ratio, cpu_ratio = (statistics.median(block[0][kind] / block[1][kind] for block in blocks) for kind in (0, 1))
    print(f"{model.name:12} {threads:7} {batch:5} {length:6} {1 - masked:7.0%} {wall:9.1f} {wall_peft:9.1f} {ratio:6.2f}"
          f" {cpu:9.1f} {cpu_peft:9.1f} {cpu_ratio:6.2f}   {given.blocks} x {updates}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--models", default="tiny,75m", help="tiny, 75m (made here), or directories")
    options.add_argument("--threads", default="1,2")
    options.add_argument("--batches", default="1,4")
    options.add_argument("--lengths", default="64,256")
    options.add_argument("--masked", default="0", help="shares of each row that are no target, as a prompt")
    options.add_argument("--blocks", type=int, default=5)
    options.add_argument("--block-seconds", type=float, default=2.0, help="about how long a block takes")
    options.add_argument("--dropout", type=float, default=0.0, help="before the adapters, on both sides")
    options.add_argument("--side", nargs=5, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.side:
        model, rows, threads, batch, dropout = given.side
        return peft_side(model, rows, int(threads), int(batch), float(dropout))
    numbers = lambda text, kind: [kind(word) for word in text.split(",")]
    print(common.described() + f"; dropout {given.dropout:g}")
    print(f"{'':42}   wall ms per update          CPU ms per update\n{'model':12} {'threads':>7} {'batch':>5} {'tokens':>6} {'targets':>7}"
          f" {'espalier':>9} {'peft':>9} {'ratio':>6} {'espalier':>9} {'peft':>9} {'ratio':>6}   blocks")
    with tempfile.TemporaryDirectory() as place:
        made = {"tiny": lambda: common.TINY, "75m": lambda: common.qwen2_75m(pathlib.Path(place) / "qwen2-75m")}
        models = [made.get(name, lambda: pathlib.Path(name))() for name in given.models.split(",")]
        for case in itertools.product(models, numbers(given.threads, int), numbers(given.lengths, int), numbers(given.batches, int), numbers(given.masked, float)):
            model, threads, length, batch, masked = case
            measure(model, batch, length, threads, masked, given)
    return None


if __name__ == "__main__":
    main()
