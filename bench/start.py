"""How long commands take to start, without and with the class archive that deploy/class-archive.sh leaves.

In a copy of the distribution, both by turns: a plan of a small sweep, and a run of it, one trial of two updates."""
import argparse, pathlib, shutil, statistics, subprocess, sys, tempfile, time

import common


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    print(common.described())
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        copy = place / "espalier"
        shutil.copytree(distribution(), copy, copy_function=shutil.copy2)
        classes = copy / "lib/classes.jsa"
        began = time.monotonic()
        subprocess.run([common.ROOT / "deploy/class-archive.sh", copy], check=True)
        print(f"the archive: {time.monotonic() - began:.1f} s, {classes.stat().st_size / 2**20:.0f} MiB")
        (place / "small.yaml").write_text(f"""
model: {copy}/examples/models/tiny-qwen2
dataset: {{train: {copy}/examples/data/self_cognition.jsonl, replace: {{NAME: Espalier, AUTHOR: its makers}}}}
training: {{max_steps: 2}}
search: {{space: {{learning_rate: [1e-3]}}}}
""")
        aside = place / "classes.jsa"
        taken = {}
        for _ in range(given.rounds):
            for archive, source, target in (("without", classes, aside), ("with", aside, classes)):
                source.rename(target)
                for command in (["plan", "small.yaml"], ["run", "small.yaml", "--store", "store", "--plain"]):
                    began = time.monotonic()
                    subprocess.run([copy / "espalier", *command], cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    taken.setdefault((command[0], archive), []).append(time.monotonic() - began)
    for command in ("plan", "run"):
        without, used = (statistics.median(taken[command, archive]) for archive in ("without", "with"))
        print(f"{command:>4} without {without:5.2f} s, with {used:5.2f} s, ratio {used / without:.2f}")
        if used > without:
            sys.exit("slower with it")


def distribution():
    """The directory that mvn package unpacks."""
    found, = common.ROOT.glob("deploy/target/espalier-*/espalier-*/lib")
    return found.parent


if __name__ == "__main__":
    main()
