"""The engine on a GPU, beside PEFT: the same numbers, then tokens per second and memory.

The worker's own text of the engine is wrapped as the worker does it and loaded by Python's torch, so that a machine with
CUDA and no Java can measure it; what Java adds to an update (a few small arrays each way) is done here too. Both sides
share one random Qwen2's weights. Parity: K slots with rows and learning rates of their own against as many runs of PEFT
alone. Speed: K slots of one row each, LoRA of rank 8 on all linear modules, AdamW and clipping; medians after a warm-up.
Shown are tokens of the base model per second, peak GiB allocated, and the share of an H100's bfloat16 FLOP/s that the
products with frozen weights take. Without CUDA only --shapes tiny makes sense."""
import argparse, contextlib, dataclasses, functools, gc, io, itertools, pathlib, pickle, statistics, struct, sys, time, zipfile

import torch, transformers
from peft import LoraConfig, get_peft_model

import common

SCRIPTS = "worker/src/main/resources/io/espalier/worker/model"
PEAK = 989e12  # bfloat16 FLOP/s of an H100 SXM by its datasheet, dense
RANK, ALPHA = 8, 32
MODULES = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


@dataclasses.dataclass(frozen=True)
class Shape:
    """A Qwen2's sizes."""
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    vocabulary: int
    tied: bool

    @property
    def head_size(self):
        return self.hidden // self.heads

    def linear(self):
        """(out, in, biased) of each of MODULES."""
        keys = self.kv_heads * self.head_size
        return [(self.hidden, self.hidden, True), (keys, self.hidden, True), (keys, self.hidden, True), (self.hidden, self.hidden, False),
                (self.intermediate, self.hidden, False), (self.intermediate, self.hidden, False), (self.hidden, self.intermediate, False)]

    def flop(self, tokens, targets, recomputed):
        """Of products with frozen weights: 2 a weight forward, 2 backward, 2 where a layer is computed again."""
        body = self.layers * sum(out * wide for out, wide, _ in self.linear())
        return (6 if recomputed else 4) * body * tokens + 4 * self.hidden * self.vocabulary * targets


SHAPES = {
    "tiny": Shape(64, 2, 4, 2, 160, 512, True),
    "small": Shape(512, 4, 8, 2, 1408, 8192, False),
    "0.5b": Shape(896, 24, 14, 2, 4864, 151936, True),
    "7b": Shape(3584, 28, 28, 4, 18944, 152064, False)}


def archive(directory, attributes):
    """The zip that torch.jit.load reads, as ScriptArchive.java makes it."""
    key = lambda name: b"X" + struct.pack("<i", len(name)) + name.encode()
    value = lambda number: b"J" + struct.pack("<i", number) if isinstance(number, int) else b"G" + struct.pack(">d", number)
    module = b"\x80\x02c__torch__\nEngine\n)\x81}(" + key("training") + b"\x88" + b"".join(key(name) + value(number) for name, number in attributes.items()) + b"ub."
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as file:
        file.writestr("m/version", "10\n")
        file.writestr("m/constants.pkl", pickle.dumps((), 2))
        file.writestr("m/data.pkl", module)
        file.writestr("m/code/__torch__.py", "".join((directory / part).read_text() for part in ("engine.py", "decoder.py", "rotary.py")))
    made.seek(0)
    return made


class Base:
    """A Qwen2 of random weights on a device: for the engine in its order, for PEFT by HuggingFace's names."""

    def __init__(self, shape, dtype, device):
        self.shape, self.dtype, self.device = shape, dtype, device
        self.weights, self.named = [], {}
        draw = torch.Generator(device).manual_seed(1)
        normal = lambda *size: torch.empty(size, dtype=dtype, device=device).normal_(0, 0.02, generator=draw)
        self.none = torch.empty(0, dtype=dtype, device=device)

        def add(name, weight):
            self.weights.append(weight)
            self.named[name] = weight

        add("model.embed_tokens.weight", normal(shape.vocabulary, shape.hidden))
        for layer in range(shape.layers):
            path = f"model.layers.{layer}."
            for name in ("input_layernorm", "post_attention_layernorm"):
                add(f"{path}{name}.weight", 1 + normal(shape.hidden))
            self.weights += [self.none, self.none]
            for module, (out, wide, biased) in zip(MODULES, shape.linear()):
                add(f"{path}{module}.weight", normal(out, wide))
                if biased:
                    add(f"{path}{module}.bias", normal(out))
                else:
                    self.weights.append(self.none)
        add("model.norm.weight", 1 + normal(shape.hidden))
        if shape.tied:
            self.weights.append(self.none)
        else:
            add("lm_head.weight", normal(shape.vocabulary, shape.hidden))
        self.frequencies = 1e4 ** -(torch.arange(0, shape.head_size, 2, device=device) / shape.head_size)

    def engine(self, directory):
        shape = self.shape
        sizes = {"LAYERS": shape.layers, "LEADING": 1, "NORMS": 4, "MODULES": len(MODULES), "FOLLOWING": 0, "CLASSES": 0,
                 "DTYPE": 15 if self.dtype == torch.bfloat16 else 6, "ONEDNN": 0, "HEADS": shape.heads, "KV_HEADS": shape.kv_heads,
                 "HEAD_SIZE": shape.head_size, "NORM_EPSILON": 1e-6}
        return torch.jit.load(archive(directory, sizes), map_location=self.device)

    def peft(self, seed, checkpointing=False):
        """transformers' model around the same weights, with PEFT's adapters: float32, as they are by default."""
        shape = self.shape
        config = transformers.Qwen2Config(
            vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.intermediate, num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads, tie_word_embeddings=shape.tied, use_cache=False, dtype=self.dtype)
        with torch.device("meta"):
            model = transformers.Qwen2ForCausalLM(config)
        model.load_state_dict(self.named, strict=False, assign=True)
        model.tie_weights()
        model.model.rotary_emb = type(model.model.rotary_emb)(config).to(self.device)
        torch.manual_seed(seed)
        model = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", r=RANK, lora_alpha=ALPHA, target_modules="all-linear"))
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
            model.enable_input_require_grads()
        return model

    def flat(self, model):
        """PEFT's adapter as a slot's vector [1, P]."""
        named = dict(model.named_parameters())
        parts = [named[f"base_model.model.model.layers.{layer}.{module}.lora_{side}.default.weight"]
                 for layer in range(self.shape.layers) for module in MODULES for side in "AB"]
        return torch.cat([part.detach().reshape(-1) for part in parts]).unsqueeze(0)

    def drawn(self, slots):
        """As many adapters [K, P]: A small numbers, B zeros."""
        rows = []
        for out, wide, _ in self.shape.linear():
            rows += [torch.empty(slots, RANK * wide, device=self.device).uniform_(-wide ** -0.5, wide ** -0.5), torch.zeros(slots, RANK * out, device=self.device)]
        return torch.cat(rows * self.shape.layers, 1)


def micro_batch(rows):
    """A pass with a list of rows for each slot, as many for all and of one length: ids, targets, labels, slots, shares, keys."""
    ids, targets, labels, owners, shares = [], [], [], [], []
    for slot, part in enumerate(rows):
        count = sum(label != -100 for row in part for label in row["labels"][1:])
        for row in part:
            places = [place for place, label in enumerate(row["labels"]) if place and label != -100]
            targets += [len(ids) * len(row["labels"]) + place - 1 for place in places]
            labels += [row["labels"][place] for place in places]
            owners += [slot] * len(places)
            shares += [1 / count] * len(places)
            ids.append(row["input_ids"])
    return [torch.tensor(values) for values in (ids, targets, labels, owners)] + [torch.tensor(shares, dtype=torch.float64), torch.arange(len(ids))]


class Pack:
    """Slots trained together, as Pack.java calls the engine: each update one micro-batch of all."""

    def __init__(self, base, engine, flat, rates, checkpointing=False):
        self.base, self.engine, self.flat, self.rates, self.device = base, engine, flat, rates, flat.device
        slots, modules = flat.size(0), base.shape.layers * len(MODULES)
        self.first, self.second = torch.zeros_like(flat), torch.zeros_like(flat)
        self.steps = torch.zeros(slots, 1, dtype=torch.float64, device=self.device)
        self.scale = torch.full((modules, slots, 1, 1), ALPHA / RANK, device=self.device)
        self.options = torch.tensor([0, 0] + [RANK] * modules + [0], device=self.device)
        self.settings = torch.tensor([0.0, 0.0, float(checkpointing)], dtype=torch.float64, device=self.device)
        self.multiplier = torch.ones(1, 1, dtype=torch.float64, device=self.device)
        self.tensors = torch.empty(0, dtype=torch.int32, device=self.device)
        self.kind = torch.tensor([0], device=self.device)

    def update(self, batch):
        """Loss and gradient norm of each slot."""
        here = lambda values: torch.as_tensor(values).to(self.device)
        slots = len(self.rates)
        with torch.enable_grad():
            gradients, sums = self.engine.accumulate(
                self.base.weights, self.flat, here([]), torch.zeros(2, slots, dtype=torch.float64, device=self.device),
                self.base.frequencies, self.scale, self.options, self.settings, *(here(values) for values in batch))
        with torch.no_grad():
            norms = self.engine.norms(gradients)
            measured = list(zip(sums[0].tolist(), norms.tolist()))
            settings = torch.tensor([[rate, 1.0, 0.9, 0.95, 1e-8, 0.1] for rate in self.rates], dtype=torch.float64)
            self.engine.update(self.flat, self.first, self.second, self.steps, gradients, norms, here([[True]] * slots), here(settings), self.multiplier, self.tensors, self.kind)
        return measured


def peft_loop(model, rows, batch, rate, device):
    loop = common.PeftLoop(model, rows, batch, rate, 1000000, scheduler="constant")
    loop.batches = ({name: value.to(device) for name, value in part.items()} for part in loop.batches)
    return loop


def parity(given, side, dtype, directory, updates=10, slots=2, batch=2, length=64):
    """Largest relative differences of loss and gradient norm over some updates."""
    base = Base(SHAPES[given.parity], dtype, given.device)
    rates = [1e-3 / (slot + 1) for slot in range(slots)]
    rows = [common.random_rows(batch * updates, length, base.shape.vocabulary, seed=slot, masked=0.25) for slot in range(slots)]
    flats, theirs = [], []
    for slot in range(slots):
        model = base.peft(slot)
        flats.append(base.flat(model))
        loop = peft_loop(model, rows[slot], batch, rates[slot], given.device)
        theirs.append([loop.update()[:2] for _ in range(updates)])
    pack = Pack(base, base.engine(directory), torch.cat(flats), rates)
    differences = [0.0, 0.0]
    for update in range(updates):
        measured = pack.update(micro_batch([part[batch * update:batch * (update + 1)] for part in rows]))
        for slot, kind in itertools.product(range(slots), range(2)):
            own, peft = measured[slot][kind], theirs[slot][update][kind]
            differences[kind] = max(differences[kind], abs(own - peft) / peft)
    last = f"last: {measured[0][0]:.6f} {theirs[0][-1][0]:.6f} {measured[0][1]:.6f} {theirs[0][-1][1]:.6f}"
    print(f"parity {side:8} {given.parity} {str(dtype)[6:]:8} {slots} slots, {updates} updates: loss {differences[0]:.1e}, gradient norm {differences[1]:.1e} ({last})", flush=True)


@contextlib.contextmanager
def guarded(what):
    """One case that fails does not lose the others."""
    try:
        yield
    except Exception as problem:  # pylint: disable=broad-except
        # From TorchScript it comes as a RuntimeError.
        said = "out of memory" if "out of memory" in str(problem) else f"{type(problem).__name__}: {str(problem)[-600:]}"
        print(f"{what} {said}", flush=True)


class Measuring:
    def __init__(self, given):
        self.cuda, self.seconds = given.device == "cuda", given.seconds

    def wait(self):
        if self.cuda:
            torch.cuda.synchronize()

    def free(self):
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()

    def __call__(self, update):
        """(median seconds of an update, peak GiB)."""
        if self.cuda:
            torch.cuda.reset_peak_memory_stats()
        for _ in range(2):
            update()
        self.wait()
        times, began = [], time.perf_counter()
        while len(times) < 3 or (time.perf_counter() - began < self.seconds and len(times) < 50):
            start = time.perf_counter()
            update()
            self.wait()
            times.append(time.perf_counter() - start)
        return statistics.median(times), torch.cuda.max_memory_allocated() / 2**30 if self.cuda else 0.0


def line(side, shape, count, length, share, checkpointing, measured, sizes):
    seconds, memory = measured
    tokens = count * length
    targets = tokens - count * max(1, int(length * (1 - share)))
    flop = sizes.flop(tokens, targets, checkpointing)
    print(f"{shape:5} {side:12} {count:3} {length:6} {share:8.0%} {'yes' if checkpointing else '':>5} {1e3 * seconds:9.1f} {tokens / seconds:9.0f}"
          f" {memory:7.1f} {flop / seconds / PEAK:6.1%}", flush=True)


def profiled(given, update):
    kinds = [torch.profiler.ProfilerActivity.CPU] + ([torch.profiler.ProfilerActivity.CUDA] if given.device == "cuda" else [])
    with torch.profiler.profile(activities=kinds) as profile:
        update()
        Measuring(given).wait()
    order = "self_cuda_time_total" if given.device == "cuda" else "self_cpu_time_total"
    print(profile.key_averages().table(sort_by=order, row_limit=given.profile, max_name_column_width=70), flush=True)


def speed(given, shape, base, scripts, measuring):
    engines = {name: base.engine(directory) for name, directory in scripts.items()}
    network = base.peft(1) if given.peft else None
    for length, share in itertools.product(given.lengths, given.shares):
        rows = common.random_rows(max(given.slots + given.peft), length, base.shape.vocabulary, masked=1 - share)
        shown = given.profile and (length, share) == (given.lengths[0], given.shares[0])
        for slots, (name, engine) in itertools.product(given.slots, engines.items()):
            for checkpointing in (False, True):
                with guarded(f"{shape:5} {name:12} {slots:3} {length:6} {share:8.0%} {'yes' if checkpointing else '':>5}"):
                    torch.manual_seed(1)
                    pack = Pack(base, engine, base.drawn(slots), [1e-4] * slots, checkpointing)
                    update = functools.partial(pack.update, micro_batch([[row] for row in rows[:slots]]))
                    line(name, shape, slots, length, share, checkpointing, measuring(update), base.shape)
                    if shown and slots in (given.slots[0], given.slots[-1]):
                        profiled(given, update)
                    break
                pack = update = None
            pack = update = None
            measuring.free()
        for batch in given.peft:
            with guarded(f"{shape:5} {'PEFT':12} {batch:3} {length:6} {share:8.0%} {'':>5}"):
                loop = peft_loop(network, rows, batch, 1e-4, given.device)
                line("PEFT", shape, batch, length, share, False, measuring(loop.update), base.shape)
                if shown and batch == given.peft[0]:
                    profiled(given, loop.update)
            loop = None
            network.zero_grad()
            measuring.free()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    numbers = lambda text: [int(word) for word in text.split(",") if word]
    options.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    options.add_argument("--shapes", default="0.5b,7b", type=lambda text: text.split(","), help=", ".join(SHAPES))
    options.add_argument("--dtype", default="bfloat16", choices=["bfloat16", "float32"], help="of the base model where speed is measured")
    options.add_argument("--slots", default="1,4,16", type=numbers, help="of one row each")
    options.add_argument("--peft", default="1,4", type=numbers, help="PEFT's batches; empty: none")
    options.add_argument("--lengths", default="128,1024", type=numbers, help="tokens of a row")
    options.add_argument("--shares", default="1,0.25", type=lambda text: [float(word) for word in text.split(",")], help="of a row's tokens that are targets")
    options.add_argument("--seconds", type=float, default=1.5, help="of updates that are timed, three at least")
    options.add_argument("--beside", type=pathlib.Path, help="a directory with another version of the engine's text, measured too")
    options.add_argument("--parity", default="small", help="shape to compare numbers on; empty: none")
    options.add_argument("--profile", type=int, default=0, help="lines of torch's profile at the first length, for the fewest and the most slots")
    given = options.parse_args()
    if given.device == "cuda" and not torch.cuda.is_available():
        sys.exit("no CUDA here; to try it on a CPU: --device cpu --shapes tiny --parity tiny --lengths 32")
    # As the worker has it.
    torch._C._set_graph_executor_optimize(False)
    print(common.described())
    if given.device == "cuda":
        print(f"{torch.cuda.get_device_name()}, {torch.cuda.get_device_properties(0).total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}")
    scripts = {"espalier": common.ROOT / SCRIPTS}
    if given.beside:
        scripts["beside"] = given.beside
    for dtype, (name, directory) in itertools.product((torch.float32, torch.bfloat16) if given.parity else (), scripts.items()):
        with guarded(f"parity {name} {dtype}"):
            parity(given, name, dtype, directory)
    print(f"{'model':5} {'side':12} {'K':>3} {'tokens':>6} {'targets':>8} {'twice':>5} {'ms':>9} {'tokens/s':>9} {'GiB':>7} {'share':>6}", flush=True)
    for shape in given.shapes:
        measuring = Measuring(given)
        with guarded(shape):
            speed(given, shape, Base(SHAPES[shape], getattr(torch, given.dtype), given.device), scripts, measuring)
        measuring.free()


if __name__ == "__main__":
    main()
