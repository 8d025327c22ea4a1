"""What the measurements share: models, rows, Espalier's commands, PEFT's side."""
import datetime, functools, json, os, pathlib, platform, random, re, socket, subprocess, sys, tempfile, threading

import psutil, torch, transformers, peft

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
ROOT = pathlib.Path(__file__).resolve().parent.parent
TINY = ROOT / "examples/models/tiny-qwen2"


def described():
    """One paragraph: machine, versions, date."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", cpuinfo).group(1)
    flags = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f" {flag}" in cpuinfo]
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return (f"{datetime.date.today()}, {name}, {os.cpu_count()} cores, {' '.join(flags)}; Linux {platform.release()}; load {os.getloadavg()[0]:.1f}\n"
            f"espalier {revision}; Python {platform.python_version()}, torch {torch.__version__}, "
            f"transformers {transformers.__version__}, peft {peft.__version__}")


def qwen2_75m(directory):
    """A Qwen2 of 75 million random weights, saved; made once a directory."""
    directory = pathlib.Path(directory)
    if not (directory / "config.json").exists():
        torch.manual_seed(1)
        config = transformers.Qwen2Config(
            vocab_size=32000, hidden_size=640, intermediate_size=1728, num_hidden_layers=12, num_attention_heads=10,
            num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
        transformers.Qwen2ForCausalLM(config).save_pretrained(directory)
    return directory


def random_model(directory):
    """Qwen2, hidden 256, 4 layers, 8 heads, 2 of keys and values; random weights."""
    torch.manual_seed(1)
    config = transformers.Qwen2Config(
        vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=4, num_attention_heads=8,
        num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=1, eos_token_id=2)
    transformers.Qwen2ForCausalLM(config).save_pretrained(directory)


def free_ports(count):
    """Ports of the loopback network that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def random_rows(count, length, vocabulary, seed=1, masked=0.0):
    """Rows of random tokens of one length; the first share `masked` of each is no target."""
    draw = random.Random(seed)
    rows = []
    for _ in range(count):
        ids = [draw.randrange(vocabulary) for _ in range(length)]
        known = int(length * masked)
        rows.append({"input_ids": ids, "labels": [-100] * known + ids[known:]})
    return rows


def write_rows(file, rows):
    pathlib.Path(file).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def read_rows(file):
    return [json.loads(line) for line in pathlib.Path(file).read_text().splitlines()]


def espalier(*arguments, quiet=True):
    """Runs ./espalier; what it says is shown when it fails."""
    command = [str(ROOT / "espalier"), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE if quiet else None, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr or ''}")
    return done.stdout


def swept(spec, store):
    """The name of the sweep of a specification in a store; it is run where there is none of that name."""
    known = lambda: next((found.name for found in pathlib.Path(store, "sweeps").glob(f"{spec['name']}-[0-9]*")), None)
    if not known():
        with tempfile.TemporaryDirectory() as place:
            file = pathlib.Path(place, "spec.yaml")
            file.write_text(json.dumps(spec))  # JSON is YAML.
            espalier("run", file, "--store", store, "--plain")
    return known()


class Trial:
    """One trial run by ./espalier run: its measured rows and its adapter."""

    def __init__(self, directory, model, rows, training, evaluation=None):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        write_rows(directory / "train.jsonl", rows)
        dataset = {"train": "train.jsonl", "shuffle": False}
        if evaluation:
            write_rows(directory / "eval.jsonl", evaluation)
            dataset["eval"] = "eval.jsonl"
        point = {"learning_rate": [training.pop("learning_rate")]}
        spec = {"name": "bench", "model": str(model), "dataset": dataset,
                "training": {"torch_dtype": "float32", **training},
                "search": {"method": "grid", "space": point}, "guard": {"loss_spike": "off", "collapse": "off"},
                "evaluation": {"metrics": ["loss"]}, "objective": {"metric": "eval_loss" if evaluation else "train_loss", "mode": "min"}}
        # JSON is YAML.
        (directory / "spec.yaml").write_text(json.dumps(spec, indent=1))
        self.spec, self.store = directory / "spec.yaml", directory / "store"

    def run(self):
        espalier("run", self.spec, "--store", self.store, "--lanes", 1)
        return self

    @property
    def adapter(self):
        return self.store / "sweeps/bench-1/trials/0/adapter"

    def export(self, directory, model):
        """Its adapter merged into a model."""
        espalier("export", "bench-1", 0, "--merged", directory, "--model", model, "--store", self.store)
        return directory

    def rows(self):
        return [json.loads(line) for line in espalier("metrics", "bench-1", "--format", "jsonl", "--store", self.store).splitlines()]


@functools.cache
def compiled(module="worker"):
    """The jars that Espalier runs from; builds them, and a module's tests, where needed."""
    espalier("--version")
    maven = subprocess.run(["mvn", "-q", "-B", "-pl", module, "-am", "test-compile", "-Dspotless.check.skip=true"],
                           cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if maven.returncode:
        sys.exit(maven.stdout)
    return next((ROOT / "deploy/target").glob("espalier-*/espalier-*/lib"))


def djl_cache():
    """Where the launcher has DJL keep its natives."""
    return os.environ.get("DJL_CACHE_DIR", os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "espalier/djl"))


def java(main, *arguments, module="worker"):
    """A command line for a main class of a module's tests, which is not in the distribution."""
    library = compiled(module)
    flags = ["--add-opens=java.base/java.nio=ALL-UNNAMED", "-Dai.djl.offline=true"]
    os.environ["DJL_CACHE_DIR"] = djl_cache()
    os.environ["OPT_OUT_TRACKING"] = "true"
    for name, value in re.findall(r"^export (MALLOC_\w+)=\$\{\w+:-(\d+)\}", (ROOT / "espalier").read_text(), re.M):
        os.environ.setdefault(name, value)  # as the launcher has them
    path = ":".join(str(place) for place in (ROOT / module / "target/test-classes", ROOT / module / "target/classes", ROOT / "common/target/classes", f"{library}/*"))
    binary = os.path.join(os.environ["JAVA_HOME"], "bin/java") if "JAVA_HOME" in os.environ else "java"
    return [binary, *flags, "-cp", path, main, *map(str, arguments)]


class Watch(threading.Thread):
    """Peak memory of a process and all its children, MiB, until it is told to end."""

    def __init__(self, process):
        super().__init__(daemon=True)
        self.process, self.peak, self.over = psutil.Process(process), 0, threading.Event()

    def run(self):
        while not self.over.wait(0.5):
            try:
                family = [self.process, *self.process.children(recursive=True)]
                self.peak = max(self.peak, sum(one.memory_full_info().pss for one in family) / 2**20)
            except psutil.Error:
                continue


def base(model):
    return transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)


def in_float32(model, directory):
    """The same numbers in a wider format, saved."""
    base(model).save_pretrained(directory)
    return directory


def batches(rows, size):
    """Right-padded batches in the rows' order, over and over; the last of an epoch is what is left."""
    while True:
        for at in range(0, len(rows), size):
            part = rows[at:at + size]
            longest = max(len(row["input_ids"]) for row in part)
            padded = lambda key, filler: torch.tensor([row[key] + [filler] * (longest - len(row[key])) for row in part])
            yield {"input_ids": padded("input_ids", 0), "labels": padded("labels", -100),
                   "attention_mask": torch.tensor([[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in part])}


class PeftLoop:
    """A plain training loop with PEFT: Espalier's defaults, and torch's fastest AdamW."""

    def __init__(self, model, rows, batch, learning_rate, steps, weight_decay=0.1, betas=(0.9, 0.95), scheduler="cosine"):
        self.model = model.train()
        self.weights = [weight for weight in model.parameters() if weight.requires_grad]
        self.optimizer = torch.optim.AdamW(self.weights, lr=learning_rate, betas=betas, weight_decay=weight_decay, fused=True)
        self.scheduler = transformers.get_scheduler(scheduler, self.optimizer, num_warmup_steps=0, num_training_steps=steps)
        self.batches = batches(rows, batch)

    def update(self):
        """One update; its loss, gradient norm and learning rate."""
        batch = next(self.batches)
        self.optimizer.zero_grad()
        loss = self.model(**batch).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.weights, 1.0)
        rate = self.scheduler.get_last_lr()[0]
        self.optimizer.step()
        self.scheduler.step()
        return loss.item(), norm.item(), rate
