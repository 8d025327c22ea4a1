"""Trains the same rows in the same order from the same first adapter with PEFT in a plain loop and with
./espalier run, and prints both curves and their largest differences.

The first adapter is Espalier's for the seed: an update at learning rate 0 exports it."""
import argparse, pathlib, sys, tempfile

from peft import PeftModel
import torch

import common


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=pathlib.Path, default=common.TINY)
    options.add_argument("--updates", type=int, default=200)
    options.add_argument("--batch", type=int, default=4)
    options.add_argument("--learning-rate", type=float, default=1e-3)
    options.add_argument("--dora", action="store_true")
    options.add_argument("--limit", type=float, default=1e-4, help="largest difference of a loss that is accepted")
    given = options.parse_args()
    torch.set_num_threads(1)
    print(common.described())
    rows = uneven(common.base(given.model).config.vocab_size)
    training = {"per_device_train_batch_size": given.batch, "learning_rate": given.learning_rate, "use_dora": given.dora}
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        first = common.Trial(place / "first", given.model, rows, {**training, "max_steps": 1, "warmup_steps": 1}).run()
        loaded = PeftModel.from_pretrained(common.base(given.model), first.adapter, is_trainable=True)
        loop = common.PeftLoop(loaded, rows, given.batch, given.learning_rate, given.updates)
        peft = [loop.update() for _ in range(given.updates)]
        trial = common.Trial(place / "own", given.model, rows, {**training, "max_steps": given.updates}).run()
        own = [(row["train_loss"], row["grad_norm"], row["learning_rate"]) for row in trial.rows() if row.get("train_loss") is not None]
        compare(own, peft, given)
        weights = trained_difference(trial.adapter, loaded, given.model)
    print(f"largest difference of a weight after the last update: {weights:.3g}")


def uneven(vocabulary):
    """Rows of 16 to 64 tokens, the first third of each no target; the last batch of an epoch is short."""
    lengths = [16 + (37 * at) % 49 for at in range(42)]
    return [common.random_rows(1, length, vocabulary, seed=at, masked=1 / 3)[0] for at, length in enumerate(lengths)]


def compare(own, peft, given):
    if len(own) != given.updates:
        sys.exit(f"espalier has {len(own)} updates, not {given.updates}")
    print(f"{'update':>6} {'espalier loss':>14} {'peft loss':>14} {'espalier norm':>14} {'peft norm':>14} {'learning rate':>14}")
    for at in sorted({0, 1, 2, 4, 9, *range(19, given.updates, max(1, given.updates // 10)), given.updates - 1}):
        if at < given.updates:
            print(f"{at + 1:6} {own[at][0]:14.9f} {peft[at][0]:14.9f} {own[at][1]:14.9f} {peft[at][1]:14.9f} {own[at][2]:14.9g}")
    loss, norm, rate = (max(abs(a[i] - b[i]) / scale(b[i]) for a, b in zip(own, peft)) for i, scale in enumerate((lambda _: 1, lambda n: n, lambda _: 1)))
    print(f"largest differences over {given.updates} updates: loss {loss:.3g}, gradient norm {norm:.3g} relative, learning rate {rate:.3g}")
    if not loss <= given.limit:
        sys.exit(f"the largest difference of a loss, {loss:.3g}, is above {given.limit:g}")


def trained_difference(adapter, loaded, model):
    from peft import get_peft_model_state_dict
    from safetensors.torch import load_file
    mine, theirs = load_file(adapter / "adapter_model.safetensors"), get_peft_model_state_dict(loaded)
    if mine.keys() != theirs.keys():
        sys.exit(f"tensors differ: {sorted(mine.keys() ^ theirs.keys())}")
    return max((mine[name] - theirs[name]).abs().max().item() for name in mine)


if __name__ == "__main__":
    main()
