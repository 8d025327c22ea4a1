"""Makes <model>.<case>.json beside it: losses and gradient norms of runs of the reference numbers, by real
transformers and PEFT, with the base in bfloat16 and the adapter in float32, as PEFT has it (autocast_adapter_dtype).

    python make.py ../golden                              # torch, transformers, peft: see bench/requirements.txt

PEFT keeps a classifier trained beside an adapter in bfloat16; here it is float32, as in Espalier."""
import json, pathlib, sys

import peft, torch, transformers
from safetensors.torch import load_file

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)
CASES = ["qwen2_tiny/adamw_cosine_b4_a1", "qwen2_tiny/dora_b4_a1", "qwen3_tiny/adamw_cosine_b4_a1", "llama_tiny/dora_b4_a1",
         "llama3rope_tiny/adamw_cosine_b4_a1", "gpt2_tiny/adamw_cosine_b4_a1", "gpt2_tiny/dora_b4_a1", "bert_tiny/adamw_cosine_b4_a1"]


def batch(samples, indices):
    rows = [samples[i] for i in indices]
    longest = max(len(row["input_ids"]) for row in rows)
    padded = lambda values, filler: values + [filler] * (longest - len(values))
    made = {"input_ids": torch.tensor([padded(row["input_ids"], 0) for row in rows]),
            "attention_mask": torch.tensor([padded([1] * len(row["input_ids"]), 0) for row in rows])}
    made["labels"] = torch.tensor([padded(row["labels"], -100) if "labels" in row else row["label"] for row in rows])
    return made


def run(golden, name):
    case = golden / "runs" / name
    said = json.loads((case / "run.json").read_text())
    classifies = said["model"].endswith("bert_tiny")
    auto = transformers.AutoModelForSequenceClassification if classifies else transformers.AutoModelForCausalLM
    base = auto.from_pretrained(golden / said["model"], dtype=torch.bfloat16)
    model = peft.PeftModel.from_pretrained(base, case / "adapter_init", is_trainable=True).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    if classifies:
        head = base.classifier.modules_to_save["default"].float()
        head.register_forward_pre_hook(lambda module, given: given[0].float())
        exact = {key: value for key, value in load_file(case / "adapter_init/adapter_model.safetensors").items() if "classifier" in key}
        head.load_state_dict({key.rsplit(".", 1)[1]: value for key, value in exact.items()})
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    assert {weight.dtype for weight in trained} == {torch.float32}
    how, samples = said["optimizer"], json.loads((golden / f"inputs/{name.split('/')[0]}.json").read_text())["samples"]
    optimizer = torch.optim.AdamW(trained, lr=how["lr"], betas=how["betas"], eps=how["eps"], weight_decay=how["weight_decay"])
    losses, norms = [], []
    for update in range(said["steps"]):
        optimizer.zero_grad()
        loss = model(**batch(samples, said["micro_batches"][update])).loss.float()
        loss.backward()
        losses.append(loss.item())
        norms.append(torch.nn.utils.clip_grad_norm_(trained, said["max_grad_norm"]).item())
        for group in optimizer.param_groups:
            group["lr"] = said["lr"][update]
        optimizer.step()
    return {"run": name, "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
            "loss_bf16": losses, "grad_norm_bf16": norms}


for name in CASES:
    made = run(pathlib.Path(sys.argv[1]), name)
    pathlib.Path(__file__).with_name(name.replace("/", ".") + ".json").write_text(json.dumps(made, indent=1) + "\n")
