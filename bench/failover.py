"""How long a sweep is without a coordinator when the active one of three is killed or frozen.

Three coordinators and a worker on this machine share a PostgreSQL that this starts, and a sweep trains all the while. Each
round ends the active coordinator and measures from then: until another answers for itself, until the worker is connected
to it, and until a measurement made after the kill is stored there. In the end each update of each trial must be there once."""
import argparse, collections, glob, json, os, pathlib, signal, socket, statistics, subprocess, sys, tempfile, time
import urllib.error, urllib.request

import common


class Stay(urllib.request.HTTPRedirectHandler):
    """A coordinator that stands by sends on: here that is no answer."""

    def redirect_request(self, *asked):
        return None


OPENER = urllib.request.build_opener(Stay)


def asked(port, path):
    """What a coordinator answers for itself; None when it does not."""
    try:
        with OPENER.open(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


class Postgres:
    def __init__(self, programs, place):
        self.data, self.port = place / "postgresql", common.free_ports(1)[0]
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        self.data.mkdir()
        if user:
            subprocess.run(["chown", "postgres", self.data], check=True)
            place.chmod(0o755)
        subprocess.run([*user, f"{programs}/initdb", "-D", self.data, "-U", "espalier", "--auth=trust", "--encoding=UTF8"],
                       check=True, cwd="/", stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen([*user, f"{programs}/postgres", "-D", self.data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                                         "-c", "unix_socket_directories="], cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", self.port)):
            time.sleep(0.1)
        time.sleep(1)

    @property
    def url(self):
        return f"jdbc:postgresql://127.0.0.1:{self.port}/postgres?user=espalier"


class Cluster:
    def __init__(self, place, journal):
        self.place, self.journal = place, journal
        self.ports = [common.free_ports(3) for _ in range(3)]
        self.hosts = ",".join(f"127.0.0.1:{ports[2]}" for ports in self.ports)
        self.coordinators = [self.start(number) for number in range(3)]
        self.log = open(place / "worker.log", "w")
        self.worker = None

    def start(self, number):
        http, flight, cluster = self.ports[number]
        return subprocess.Popen(
            [common.ROOT / "espalier", "coordinator", "--store", self.place / "store", f"--http-port={http}", f"--flight-port={flight}",
             f"--cluster-port={cluster}", f"--journal={self.journal}", f"--coordinator-hosts={self.hosts}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def train(self):
        self.worker = subprocess.Popen([common.ROOT / "espalier", "worker", f"--coordinator-hosts={self.hosts}", "--lanes=1", "--slots=2",
                                        "--spool", self.place / "spool"], stdout=self.log, stderr=self.log)

    def answering(self, path, when=lambda text: True, within=120, but=None):
        """The number of the coordinator that answers for itself as wanted, and the answer."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            for number in range(3):
                text = None if number == but else asked(self.ports[number][0], path)
                if text is not None and when(text):
                    return number, text
            time.sleep(0.1)
        sys.exit(f"no coordinator answered {path} within {within} s")

    def close(self):
        for process in [*self.coordinators, self.worker]:
            if process:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in [*self.coordinators, self.worker]:
            if process:
                process.wait(60)


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def round_of(cluster, how, sweep):
    active, _ = cluster.answering("/api/v1/workers")
    victim = cluster.coordinators[active]
    ended, wall = time.monotonic(), time.time()
    victim.send_signal(signal.SIGKILL if how == "kill" else signal.SIGSTOP)
    cluster.answering("/api/v1/workers", but=active)
    taken = time.monotonic() - ended
    cluster.answering("/api/v1/workers", lambda text: any(one["connected"] for one in json.loads(text)), but=active)
    connected = time.monotonic() - ended
    after = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(wall + 1))
    cluster.answering(f"/api/v1/sweeps/{sweep}/metrics?format=jsonl", lambda text: any(row["time"] > after for row in rows(text)), but=active)
    stored = time.monotonic() - ended
    victim.send_signal(signal.SIGCONT)
    victim.wait(60)
    cluster.coordinators[active] = cluster.start(active)
    time.sleep(15)  # The next round shall find all three.
    return taken, connected, stored


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5, help="of each kind")
    options.add_argument("--kinds", default="kill,freeze")
    options.add_argument("--postgresql", default=(sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [""])[-1], help="directory of its programs")
    given = options.parse_args()
    print(common.described())
    with tempfile.TemporaryDirectory() as directory:
        place = pathlib.Path(directory)
        postgres = Postgres(given.postgresql, place)
        cluster = Cluster(place, postgres.url)
        try:
            measured(given, place, cluster)
        finally:
            cluster.close()
            postgres.process.send_signal(signal.SIGQUIT)
            postgres.process.wait(60)


def measured(given, place, cluster):
    common.in_float32(common.TINY, place / "model")
    common.write_rows(place / "train.jsonl", common.random_rows(8, 64, 2000))
    epochs = 100_000
    spec = {"name": "bench", "model": str(place / "model"), "dataset": {"train": "train.jsonl"},
            "training": {"lr_scheduler_type": "constant", "num_train_epochs": epochs, "per_device_train_batch_size": 4},
            "search": {"space": {"learning_rate": [1e-5, 2e-5]}}, "guard": {"loss_spike": "off", "collapse": "off"}}
    (place / "spec.yaml").write_text(json.dumps(spec))
    number, _ = cluster.answering("/api/v1/workers")
    cluster.train()
    urls = ",".join(f"http://127.0.0.1:{ports[0]}" for ports in cluster.ports)
    common.espalier("submit", place / "spec.yaml", "--no-upload", "--url", urls)
    sweep = "bench-1"
    cluster.answering(f"/api/v1/sweeps/{sweep}/metrics?format=jsonl", lambda text: len(text.splitlines()) > 20)
    for how in given.kinds.split(","):
        times = [round_of(cluster, how, sweep) for _ in range(given.rounds)]
        for name, seconds in zip(("another is active", "the worker is connected", "a new measurement is stored"), zip(*times)):
            print(f"{how}: {name} after {statistics.median(seconds):.1f} s, at worst {max(seconds):.1f} s ({given.rounds} times)", flush=True)
    common.espalier("stop", sweep, "--url", urls)
    time.sleep(5)
    _, text = cluster.answering(f"/api/v1/sweeps/{sweep}/metrics?format=jsonl")
    updates = collections.defaultdict(list)
    for row in rows(text):
        if isinstance(row.get("train_loss"), float):
            updates[row["trial"]].append(row["update"])
    for trial, made in sorted(updates.items()):
        if sorted(made) != list(range(1, len(made) + 1)):
            sys.exit(f"trial {trial}: updates are missing or there twice")
        print(f"trial {trial}: {len(made)} updates, each once")


if __name__ == "__main__":
    main()
