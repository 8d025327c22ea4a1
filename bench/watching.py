"""What watching costs: the console with a large sweep in a real browser, and a coordinator whose trials measure often.

`page`: a sweep of 10,000 trials that has ended, in Chromium without a window: until the page shows its trials, and how long
sorting, filtering and scrolling them keep the browser busy. `live`: 100 trials that measure ten times a second, watched by one
console and scraped every second; the coordinator's processor time beside them, and what a scrape takes."""
import argparse, json, statistics, subprocess, sys, tempfile, threading, time, urllib.request

import psutil

import common
from durable_path import Espalier

# Runs something on the page, and resolves with the milliseconds until its next picture.
BUSY = """
const done = arguments[arguments.length - 1];
const began = performance.now();
%s;
setTimeout(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - began), 0)), %d);
"""


class Browser:
    """Debian's Chromium by its driver's own protocol (W3C WebDriver)."""

    def __init__(self):
        port = common.free_ports(1)[0]
        self.url = f"http://127.0.0.1:{port}"
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)
        self.session = ""
        for _ in range(100):
            try:
                self.call("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        options = {"binary": "/usr/bin/chromium", "args": ["--headless=new", "--no-sandbox", "--disable-gpu"]}
        self.session = "/session/" + self.call("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})["sessionId"]
        self.call("POST", self.session + "/window/rect", {"width": 1400, "height": 1000})
        self.call("POST", self.session + "/timeouts", {"script": 120_000})

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["value"]

    def go(self, address):
        self.call("POST", self.session + "/url", {"url": address})

    def run(self, script):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": []})

    def busy(self, script, wait=0):
        """Milliseconds; `wait` ms belong to the page's own throttling and are not counted."""
        return self.call("POST", self.session + "/execute/async", {"script": BUSY % (script, wait), "args": []}) - wait

    def until(self, script, patience=120):
        end = time.monotonic() + patience
        while not self.run("return " + script):
            if time.monotonic() > end:
                sys.exit("the page does not come to: " + script)
            time.sleep(0.02)

    def close(self):
        if self.session:
            self.call("DELETE", self.session)
        self.driver.terminate()


def page(trials):
    with tempfile.TemporaryDirectory() as directory:
        espalier = Espalier(directory, 1, 4, 0)
        browser = None
        try:
            print(f"{trials} trials in {espalier.sweep(trials, 1):.0f} s")
            browser = Browser()
            browser.go(espalier.url)
            browser.until("document.querySelector('main a[href^=\"#/sweeps/\"]') !== null")
            began = time.perf_counter()
            browser.run("location.hash = '#/sweeps/durable-1'")
            browser.until(f"document.querySelector('table.rows')?.getAttribute('aria-rowcount') === '{trials + 1}'")
            shown = time.perf_counter() - began
            browser.until("document.querySelector('.chart canvas') !== null")
            print(f"shown after {shown * 1000:.0f} ms, with curves after {(time.perf_counter() - began) * 1000:.0f} ms")
            time.sleep(3)
            heads = "document.querySelectorAll('table.rows th button')"
            scroll = "document.querySelector('.scroll')"
            tries = {
                "sort by a column": f"{heads}[3].click()",
                "scroll a page": f"{scroll}.scrollTop += 500",
                "scroll to the middle": f"{scroll}.scrollTop = {scroll}.scrollHeight / 2 * Math.random()",
                "filter": "const box = document.querySelector('input[type=search]'); box.value = box.value ? '' : 'learning_rate<1e-4'; box.dispatchEvent(new Event('input'))",
                "another colour": "const by = document.querySelector('.choices select'); by.selectedIndex = 1 - by.selectedIndex; by.dispatchEvent(new Event('change'))",
            }
            for name, script in tries.items():
                took = [browser.busy(script, 500 if name == "filter" else 0) for _ in range(9)]
                print(f"{name}: {statistics.median(took):.0f} ms, worst {max(took):.0f}")
            memory = browser.run("return performance.memory.usedJSHeapSize / 2 ** 20")
            print(f"the page's heap: {memory:.0f} MiB")
        finally:
            if browser:
                browser.close()
            espalier.close()


def live(trials, rate, seconds, warmup):
    with tempfile.TemporaryDirectory() as directory:
        workers = 2
        espalier = Espalier(directory, workers, trials // workers, 1 / rate)
        try:
            body = {"spec": spec_of(trials, rate, seconds + warmup + 60), "source": "live.yaml", "directory": str(espalier.directory)}
            espalier.get("/api/v1/sweeps", json.dumps(body).encode())
            used = lambda: sum(w["slots"] - w["free"] for w in json.loads(espalier.get("/api/v1/workers")))
            espalier.await_(lambda: used() == trials)
            watched = threading.Event()
            threading.Thread(target=watch, args=(espalier.url, watched), daemon=True).start()
            time.sleep(warmup)  # compiled by then
            coordinator = psutil.Process(espalier.processes[0].pid)
            before, rows, began = cpu(coordinator), taken(espalier), time.perf_counter()
            scrapes = []
            while time.perf_counter() - began < seconds:
                at = time.perf_counter()
                espalier.get("/metrics")
                scrapes.append((time.perf_counter() - at) * 1000)
                time.sleep(max(0, 1 - (time.perf_counter() - at)))
            took = time.perf_counter() - began
            print(f"{(taken(espalier) - rows) / took:.0f} rows/s of {trials} trials; the coordinator takes {(cpu(coordinator) - before) / took * 100:.1f} % of a core; "
                  f"a scrape {statistics.median(scrapes):.0f} ms, worst {max(scrapes):.0f}; the console's stream {'lives' if watched.is_set() else 'is silent'}")
        finally:
            espalier.close()


def spec_of(trials, rate, seconds):
    from durable_path import spec
    return spec(trials, rate * seconds)


def watch(url, heard):
    try:
        with urllib.request.urlopen(url + "/api/v1/sweeps/durable-1/board") as stream:
            for line in stream:
                if line.startswith(b"event: live"):
                    heard.set()
    except OSError:
        pass  # the coordinator has ended


def cpu(process):
    times = process.cpu_times()
    return times.user + times.system


def taken(espalier):
    return sum(float(line.split()[-1]) for line in espalier.get("/metrics").splitlines() if line.startswith("espalier_metric_rows_total"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["page", "live"])
    parser.add_argument("--trials", type=int, help="default: 10,000 for the page, 100 live ones")
    parser.add_argument("--rate", type=int, default=10, help="measurements a second of each live trial")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--warmup", type=int, default=60, help="seconds before those")
    options = parser.parse_args()
    print(common.described())
    if options.what == "page":
        page(options.trials or 10_000)
    else:
        live(options.trials or 100, options.rate, options.seconds, options.warmup)


if __name__ == "__main__":
    main()
