"""A grid of LoRA fine-tunings as a PEFT user's own script does it: in a loop, in two processes, or under Optuna's or
Ray Tune's successive halving. Started by sweep.py, once for each side; prints [updates run, best evaluation loss, tokens trained on]."""
import json, math, multiprocessing, os, pathlib, sys, tempfile

import torch
from peft import LoraConfig, get_peft_model

import common

WORKERS = 2


def trial(place, scheduler, cell, report=lambda epoch, loss: False):
    """One trial, an evaluation at every epoch's end: updates run, last evaluation loss, tokens. `report` says whether to stop."""
    rate, epochs, batch = cell
    rows, held = common.read_rows(place / "train.jsonl"), common.read_rows(place / "eval.jsonl")
    torch.manual_seed(42)
    lora = LoraConfig(task_type="CAUSAL_LM", r=8, lora_alpha=32, target_modules="all-linear")
    network = get_peft_model(common.base(place / "model"), lora)
    steps = math.ceil(len(rows) / batch)
    loop = common.PeftLoop(network, rows, batch, float(rate), steps * epochs, scheduler=scheduler)
    whole = next(common.batches(held, len(held)))
    for epoch in range(1, epochs + 1):
        for _ in range(steps):
            loop.update()
        network.eval()
        with torch.no_grad():
            loss = network(**whole).loss.item()
        network.train()
        if report(epoch, loss):
            break
    return steps * epoch, loss, tokens(rows) * epoch


def tokens(rows):
    return sum(len(row["input_ids"]) for row in rows)


def processes(work, *arguments):
    """Runs `work` in as many processes of one thread as there are workers; all they put into a queue."""
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    started = [context.Process(target=work, args=(*arguments, results)) for _ in range(WORKERS)]
    for process in started:
        process.start()
    found, ended = [], 0
    while ended < WORKERS:
        result = results.get()
        found, ended = (found, ended + 1) if result is None else (found + [result], ended)
    for process in started:
        process.join()
    return found


def peft(place, scheduler, cells):
    return [trial(place, scheduler, cell) for cell in cells]


def taking_turns(place, scheduler, cells, waiting, results):
    torch.set_num_threads(1)
    while True:
        with waiting.get_lock():
            at, waiting.value = waiting.value, waiting.value + 1
        if at >= len(cells):
            return results.put(None)
        results.put(trial(place, scheduler, cells[at]))


def peft_2(place, scheduler, cells):
    return processes(taking_turns, place, scheduler, cells, multiprocessing.get_context("spawn").Value("i", 0))


def optuna_worker(place, scheduler, cells, journal, results):
    import optuna
    torch.set_num_threads(1)
    study = optuna_study(journal)

    def objective(asked):
        def report(epoch, loss):
            asked.report(loss, epoch)
            return asked.should_prune()
        done = trial(place, scheduler, cells[asked.suggest_int("cell", 0, len(cells) - 1)], report)
        results.put(done)
        return done[1]

    while any(one.state == optuna.trial.TrialState.WAITING for one in study.get_trials(deepcopy=False)):
        study.optimize(objective, n_trials=1)
    results.put(None)


def optuna_study(journal):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    backend = optuna.storages.journal.JournalFileBackend(journal)
    return optuna.create_study(study_name="grid", storage=optuna.storages.JournalStorage(backend), load_if_exists=True,
                               pruner=optuna.pruners.SuccessiveHalvingPruner())


def optuna_asha(place, scheduler, cells):
    with tempfile.TemporaryDirectory() as directory:
        journal = os.path.join(directory, "journal")
        study = optuna_study(journal)
        for cell in range(len(cells)):
            study.enqueue_trial({"cell": cell})
        return processes(optuna_worker, place, scheduler, cells, journal)


def ray_asha(place, scheduler, cells):
    os.environ.update(RAY_AIR_NEW_OUTPUT="0", RAY_USAGE_STATS_ENABLED="0", PYTHONPATH=str(pathlib.Path(__file__).parent))
    import ray
    from ray import tune
    from ray.tune.schedulers import ASHAScheduler
    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False)

    def trainable(config):
        torch.set_num_threads(1)
        trial(place, scheduler, cells[config["cell"]], lambda epoch, loss: tune.report({"eval_loss": loss, "epoch": epoch}))

    found = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}), param_space={"cell": tune.grid_search(list(range(len(cells))))},
        tune_config=tune.TuneConfig(scheduler=ASHAScheduler(
            time_attr="epoch", metric="eval_loss", mode="min", max_t=max(cell[1] for cell in cells), grace_period=1)),
        run_config=tune.RunConfig(verbose=0, storage_path=tempfile.mkdtemp())).fit()
    rows = common.read_rows(place / "train.jsonl")
    return [(math.ceil(len(rows) / cells[one.config["cell"]][2]) * one.metrics["epoch"], one.metrics["eval_loss"], tokens(rows) * one.metrics["epoch"])
            for one in found]


SIDES = {"peft": peft, "peft-2": peft_2, "optuna": optuna_asha, "ray": ray_asha}

if __name__ == "__main__":
    side, where, kind = sys.argv[1:]
    where = pathlib.Path(where)
    grid = json.loads((where / "cells.json").read_text())
    done = SIDES[side](where, kind, grid)
    updates, losses, trained = zip(*done)
    print(json.dumps([sum(updates), min((loss for loss in losses if math.isfinite(loss)), default=math.nan), sum(trained)]))
