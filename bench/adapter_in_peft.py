"""Trains small specs with ./espalier run, loads each exported adapter in PEFT and compares logits with
Espalier's own, and with those of the model that ./espalier export merges it into (in float32, which the base
is widened to first), loaded without PEFT. Prints the largest differences of each case; above --limit it fails.

How many rows: --rows. Options that change what an adapter computes are cases of their own."""
import argparse, pathlib, subprocess, sys, tempfile

import torch
from peft import PeftModel

import common

CASES = {
    "lora": {},
    "two modules": {"target_modules": ["q_proj", "v_proj"], "lora_rank": 4},
    "rslora": {"use_rslora": True, "lora_rank": 16},
    "dora": {"use_dora": True},
    "patterns": {"rank_pattern": {"q_proj": 4, "down_proj": 2}, "alpha_pattern": {"v_proj": 64, "layers.1.mlp.up_proj": 8}},
    "dora, rslora, patterns": {"use_dora": True, "use_rslora": True, "rank_pattern": {"k_proj": 3}, "alpha_pattern": {"o_proj": 5}},
}


def espalier_logits(model, adapter, rows, directory):
    """The logits of every token of each row, by the engine that trained the adapter."""
    file = common.write_rows(directory / "rows.jsonl", rows)
    subprocess.run(common.java("io.espalier.worker.evaluate.AdapterLogits", model, adapter, file, directory / "logits.bin"), check=True, stdout=subprocess.DEVNULL)
    values = torch.frombuffer(bytearray((directory / "logits.bin").read_bytes()), dtype=torch.float32)
    return values.split([len(row["input_ids"]) * (values.numel() // sum(len(row["input_ids"]) for row in rows)) for row in rows])


def largest(some, others):
    """The largest difference of logits, row by row."""
    return max((one - other).abs().max().item() for one, other in zip(some, others))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=pathlib.Path, default=common.TINY)
    options.add_argument("--rows", type=int, default=8)
    options.add_argument("--limit", type=float, default=1e-4)
    given = options.parse_args()
    print(common.described())
    print(f"{'case':24} {'of the adapter':>15} {'max |difference|':>17} {'merged':>10} {'by PEFT':>10}")
    broken = []
    vocabulary = common.base(given.model).config.vocab_size
    for name, settings in CASES.items():
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            training = {"learning_rate": 1e-2, "max_steps": 30, "per_device_train_batch_size": 4, **settings}
            trial = common.Trial(place, given.model, common.random_rows(40, 48, vocabulary), training).run()
            rows = common.random_rows(given.rows, 40, vocabulary, seed=2)
            found = espalier_logits(given.model, trial.adapter, rows, place)
            plain = common.base(given.model).eval()
            with torch.no_grad():
                before = [plain(torch.tensor([row["input_ids"]])).logits for row in rows]
                loaded = PeftModel.from_pretrained(plain, trial.adapter).eval()
                after = [loaded(torch.tensor([row["input_ids"]])).logits for row in rows]
                merged = common.base(trial.export(place / "merged", common.in_float32(given.model, place / "float32"))).eval()
                alone = [merged(torch.tensor([row["input_ids"]])).logits for row in rows]
                theirs = loaded.merge_and_unload()
                peft_alone = [theirs(torch.tensor([row["input_ids"]])).logits for row in rows]
            difference = largest([own.view(peft.shape) for own, peft in zip(found, after)], after)
            effect, apart, peft_apart = (largest(after, other) for other in (before, alone, peft_alone))
            if not (difference <= given.limit and apart <= max(given.limit, 10 * peft_apart)):
                broken.append(name)
            print(f"{name:24} {effect:15.3g} {difference:17.3g} {apart:10.3g} {peft_apart:10.3g}", flush=True)
    if broken:
        sys.exit(f"above {given.limit:g}: {'; '.join(broken)}")
    print(f"all within {given.limit:g}, or merged as near as PEFT merges; 'of the adapter' is the largest change of a logit that it makes")


if __name__ == "__main__":
    main()
