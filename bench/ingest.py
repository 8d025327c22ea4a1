"""Rows a second that a coordinator's Flight door takes on loopback: stored on disk, acknowledged, then counted. Sender and door are one
process, which the machine's cores are shared by; a worker's spool and journal are not in it."""
import argparse, pathlib, subprocess, sys, tempfile

import common


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each sender")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(common.described())
    command = common.java("io.espalier.coordinator.metrics.IngestLoad", options.senders, options.rows, module="coordinator")
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run([*command, str(pathlib.Path(directory) / "store")], check=True, stderr=sys.stderr)


if __name__ == "__main__":
    main()
