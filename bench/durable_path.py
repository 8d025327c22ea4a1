"""What orchestration itself costs: trials that take no time, or one second, on workers that compute nothing.

Espalier's side is the real thing but for the training: a coordinator process with its journal on disk and worker processes
whose trainer is a formula, each trial leased, its row sent over Flight and stored, its end journaled and acknowledged. The
peers' trials sleep as long and report as often, on the storage that keeps them through a crash: Optuna on SQLite and on its
journal file, Ray Tune on its own. Trials/s count from the submission to the end, preparation and all."""
import argparse, datetime, json, math, os, pathlib, subprocess, sys, tempfile, time, urllib.request

import common

SAMPLES = 64  # of the simulated worker's data: at batch size 64 an update is an epoch


def spec(trials, updates):
    """A random search of learning rates, each trial of so many updates."""
    return f"""\
name: durable
model: model
dataset: {{train: rows.jsonl, eval: 0.25}}
training: {{num_train_epochs: {updates}, per_device_train_batch_size: {SAMPLES}}}
search: {{method: random, trials: {trials}, seed: 7, space: {{learning_rate: {{log_uniform: [1e-5, 1e-2]}}}}}}
budget: {{max_trials: {trials}}}
evaluation: {{metrics: [loss]}}
"""


class Espalier:
    """A coordinator and workers, each a process, until closed."""

    def __init__(self, directory, workers, slots, seconds, *options):
        self.directory = pathlib.Path(directory)
        self.processes = []
        home = common.ROOT
        lib = common.compiled()
        kit = home / "worker/target/test-classes"
        http, flight, self.cluster = common.free_ports(3)
        self.url = f"http://127.0.0.1:{http}"
        self.start([str(home / "espalier"), "coordinator", "--store=store", f"--http-port={http}", f"--flight-port={flight}",
                    f"--cluster-port={self.cluster}", *options])
        self.await_(lambda: self.get("/ready"))
        java = os.path.join(os.environ.get("JAVA_HOME", "/usr"), "bin/java")
        for number in range(workers):
            self.start([java, "--add-opens=java.base/java.nio=ALL-UNNAMED", "-Dio.netty.noUnsafe=false", "-Xmx512m", "-cp", f"{lib}/*:{kit}",
                        "io.espalier.worker.node.SimulatedWorker", "127.0.0.1", f"127.0.0.1:{self.cluster}", f"spool-{number}", str(slots),
                        str(round(seconds * 1000)), "0"])
        self.await_(lambda: len(json.loads(self.get("/api/v1/workers"))) == workers)

    def start(self, command):
        log = open(self.directory / f"{len(self.processes)}.log", "w")
        self.processes.append(subprocess.Popen(command, cwd=self.directory, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

    def await_(self, done, patience=3600, every=0.05):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if any(process.poll() is not None for process in self.processes):
                sys.exit(f"a process ended: see {self.directory}")
            try:
                if done():
                    return
            except OSError:
                pass
            time.sleep(every)
        sys.exit("it takes too long")

    def get(self, path, body=None):
        request = urllib.request.Request(self.url + path, data=body, headers={"Content-Type": "application/json"} if body else {})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def sweep(self, trials, updates):
        """Seconds from the submission of a sweep until its end, as its coordinator says: who asks often costs it time."""
        body = json.dumps({"spec": spec(trials, updates), "source": "durable.yaml", "directory": str(self.directory)}).encode()
        began = time.time()
        sweep = json.loads(self.get("/api/v1/sweeps", body))["sweep"]
        ended = f'espalier_trials_total{{outcome="completed",sweep="{sweep}"}} {float(trials)}'
        self.await_(lambda: ended in self.get("/metrics").splitlines(), every=2)
        self.await_(lambda: self.view(sweep)["state"].lower() == "completed")
        return datetime.datetime.fromisoformat(self.view(sweep)["ended"].replace("Z", "+00:00")).timestamp() - began

    def view(self, sweep):
        return json.loads(self.get(f"/api/v1/sweeps/{sweep}"))

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(60)


def storage(url):
    """Optuna's, as `optuna-sqlite` and `optuna-journal` keep it."""
    import optuna
    if url.startswith("sqlite"):
        return url
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(url))


def optuna_worker(url, trials, seconds, reports):
    import optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.load_study(study_name="durable", storage=storage(url), sampler=optuna.samplers.RandomSampler(), pruner=optuna.pruners.NopPruner())

    def objective(trial):
        trial.suggest_float("learning_rate", 1e-5, 1e-2, log=True)
        for step in range(1, reports + 1):
            time.sleep(seconds / reports)
            trial.report(1 / step, step)
        return 1 / reports

    study.optimize(objective, n_trials=trials)


def optuna_sweep(kind, trials, seconds, reports, workers):
    import multiprocessing, optuna
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/study.db" if kind == "sqlite" else f"{directory}/journal.log"
        optuna.create_study(study_name="durable", storage=storage(url))
        spawn = multiprocessing.get_context("spawn")
        shares = [trials // workers + (number < trials % workers) for number in range(workers)]
        processes = [spawn.Process(target=optuna_worker, args=(url, share, seconds, reports)) for share in shares]
        began = time.perf_counter()
        for process in processes:
            process.start()
        for process in processes:
            process.join()
            assert process.exitcode == 0
        return time.perf_counter() - began


def ray_sweep(trials, seconds, reports, workers):
    import ray
    from ray import tune
    ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)

    def trainable(config):
        for step in range(1, reports + 1):
            time.sleep(seconds / reports)
            tune.report({"loss": 1 / step})

    began = time.perf_counter()
    results = tune.Tuner(trainable, param_space={"learning_rate": tune.loguniform(1e-5, 1e-2)},
                         tune_config=tune.TuneConfig(num_samples=trials), run_config=tune.RunConfig(verbose=0)).fit()
    took = time.perf_counter() - began
    ray.shutdown()
    assert len(results) == trials and not results.errors
    return took


def espalier_sweep(trials, seconds, reports, workers, slots):
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        (place / "model").mkdir()
        for name in ("config.json", "model.safetensors"):
            (place / "model" / name).write_bytes((common.ROOT / "worker/src/test/resources/golden/models/qwen2_tiny" / name).read_bytes())
        common.write_rows(place / "rows.jsonl", common.random_rows(16, 8, 64))
        espalier = Espalier(directory, workers, slots, seconds / reports)
        try:
            return espalier.sweep(trials, reports)
        finally:
            espalier.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=0.0, help="of each trial")
    parser.add_argument("--reports", type=int, default=1, help="of each trial, on its way")
    parser.add_argument("--workers", type=int, default=4, help="processes, each with --slots trials at a time (peers: one)")
    parser.add_argument("--slots", type=int, default=1)
    parser.add_argument("--sides", default="espalier,optuna-sqlite,optuna-journal,ray", help="Ray Tune takes about a second for a trial")
    asked = parser.parse_args()
    print(common.described(), flush=True)
    places = asked.workers * asked.slots
    ideal = math.ceil(asked.trials / places) * asked.seconds
    for side in asked.sides.split(","):
        if side == "espalier":
            took = espalier_sweep(asked.trials, asked.seconds, asked.reports, asked.workers, asked.slots)
        elif side == "ray":
            took = ray_sweep(asked.trials, asked.seconds, asked.reports, places)
        else:
            took = optuna_sweep(side.removeprefix("optuna-"), asked.trials, asked.seconds, asked.reports, places)
        print(f"{side}: {asked.trials} trials of {asked.seconds} s on {places} places in {took:.1f} s (ideal {ideal:.0f} s), "
              f"{asked.trials / took:.1f} trials/s", flush=True)


if __name__ == "__main__":
    main()
