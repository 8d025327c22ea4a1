"""Other programs read what Espalier measured: pyarrow at the Flight port, DuckDB and pyarrow over the store's files and an exported
Parquet file, TensorBoard over its event files. All must have the same rows. Runs the first example, prints what docs/notebooks.md shows."""
import pathlib, subprocess, sys, tempfile

import common


def main():
    import duckdb, pyarrow.dataset as ds, pyarrow.flight as flight, pyarrow.parquet as parquet
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    print(common.described())
    espalier = str(common.ROOT / "espalier")
    with tempfile.TemporaryDirectory() as directory:
        store = f"{directory}/store"
        subprocess.run([espalier, "run", str(common.ROOT / "examples/self-cognition.yaml"), "--store", store, "--plain"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        http, port, cluster = common.free_ports(3)
        coordinator = subprocess.Popen([espalier, "coordinator", "--store", store, f"--http-port={http}", f"--flight-port={port}", f"--cluster-port={cluster}"],
                                       stdout=subprocess.PIPE, text=True)
        try:
            while "Flight" not in coordinator.stdout.readline():
                pass
            client = flight.connect(f"grpc://127.0.0.1:{port}")
            trials = client.do_get(flight.Ticket(b"trials/self-cognition-1")).read_pandas()
            print(trials.sort_values("rank")[["trial", "learning_rate", "num_train_epochs", "eval_loss", "outcome"]].head())
            rows = client.do_get(flight.Ticket(b"metrics/self-cognition-1")).read_all()
            live = client.do_get(flight.Ticket(b"metrics/self-cognition-1/live")).read_all()
            events = client.do_get(flight.Ticket(b"events/self-cognition-1")).read_pandas()
            print(len(list(client.list_flights())), "flights;", rows.num_rows, "rows;", len(events), "events:", events["event"].value_counts().head(4).to_dict())
            assert live.num_rows == rows.num_rows
        finally:
            coordinator.terminate()
            coordinator.wait(30)

        stored = ds.dataset(f"{store}/sweeps/self-cognition-1/metrics", format="arrow", exclude_invalid_files=True)
        print(duckdb.sql("select branch, count(train_loss) updates, min(train_loss) least from stored group by branch order by least limit 3"))

        file = f"{directory}/rows.parquet"
        subprocess.run([espalier, "export", "self-cognition-1", "--format", "parquet", "-o", file, "--store", store], check=True)
        exported = parquet.read_table(file)
        # Parquet's reader makes its texts and times of other widths; the values are what counts.
        key = ["trial", "branch", "update", "sequence"]
        assert exported.column_names == rows.column_names
        same = exported.sort_by([(k, "ascending") for k in key]).to_pandas().equals(rows.sort_by([(k, "ascending") for k in key]).cast(exported.schema).to_pandas())
        print("Parquet, pyarrow:", exported.num_rows, "rows,", "the same" if same else "OTHERS")
        print("Parquet, DuckDB:", duckdb.sql(f"select count(*), count(distinct trial) from '{file}'").fetchone())

        board = f"{directory}/board"
        subprocess.run([espalier, "export", "self-cognition-1", "--tensorboard", board, "--store", store], check=True)
        run = next(pathlib.Path(board).glob("*/trial-6_*"))
        seen = EventAccumulator(str(run), size_guidance={"scalars": 0}).Reload()
        losses = [event.value for event in seen.Scalars("train/loss")]
        own = rows.to_pandas().query("trial == 6").dropna(subset=["train_loss"]).sort_values("update")["train_loss"]
        assert len(losses) == len(own) and max(abs(own.to_numpy() - losses)) < 1e-6
        print("TensorBoard:", run.name, len(losses), "losses, tags", sorted(seen.Tags()["scalars"]))
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main()
