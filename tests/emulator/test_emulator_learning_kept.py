"""Where training runs, and what is left of it: storage, caches, kills, threads."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from emulator_lessons import deployed, jsonl, lesson, results, reviews, said
from emulator_raw import Service

from ftops.emulator import World
from ftops.emulator.learning import shelf, work


def test_what_is_learned_survives_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.open(tmp_path / "world.db")
    service = Service(world)
    job = lesson(service, 20)
    deployed(service, job["fine_tuned_model"], "bot")
    users = [one["messages"][0]["content"] for one in reviews(5, seed=3)]
    before = results(service, job), [said(service, "bot", user, temperature=1, seed=5) for user in users]
    world.close()
    monkeypatch.setattr(shelf, "_results", {})
    monkeypatch.setattr(work, "trajectory", None)
    world = World.open(tmp_path / "world.db")
    service = Service(world)
    assert (results(service, job), [said(service, "bot", user, temperature=1, seed=5) for user in users]) == before
    world.close()


def test_the_same_training_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    computed, trajectory = [], work.trajectory

    def counted(*arguments: Any) -> dict[str, bytes]:
        computed.append(arguments)
        return trajectory(*arguments)

    monkeypatch.setattr(work, "trajectory", counted)
    tables = []
    for seed in (1, 2):
        world = World.open(":memory:", seed=seed)
        service = Service(world)
        jobs = [lesson(service, 13, seed=77) for _ in range(2)]
        assert jobs[0]["training_file"] != jobs[1]["training_file"]
        tables += [results(service, job) for job in jobs]
        world.close()
    assert len(computed) == 1
    assert all(table == tables[0] for table in tables)


def test_others_use_the_world_while_a_job_is_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could if a transaction were open: it would wait for half a minute and fail."""
    trajectory = work.trajectory
    world, other = World.open(tmp_path / "world.db"), World.open(tmp_path / "world.db")
    uploaded = []

    def meanwhile(*arguments: Any) -> dict[str, bytes]:
        thread = threading.Thread(target=lambda: uploaded.append(Service(other).file()))
        thread.start()
        thread.join(20)
        return trajectory(*arguments)

    monkeypatch.setattr(work, "trajectory", meanwhile)
    service = Service(world)
    job = lesson(service, 14)
    assert results(service, job)
    assert service.sweden("GET", f"files/{uploaded[0]}").status_code == 200
    paths = [entry["path"] for entry in world.journal() if entry["path"].endswith("/content")]
    assert len(paths) == 1
    world.close()
    other.close()


def test_a_kill_while_computing_leaves_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.open(tmp_path / "world.db")
    job = lesson(Service(world), 15)
    journal = len(world.journal())
    world.close()
    child = os.fork()
    if child == 0:
        work.trajectory = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
        results(Service(World.open(tmp_path / "world.db")), job)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    world = World.open(tmp_path / "world.db")
    assert len(world.journal()) == journal
    assert len(results(Service(world), job)) > 0
    world.close()


def test_a_reset_world_forgets(service: Service) -> None:
    first = results(service, service.trained(training_file=service.file(jsonl(reviews(10, seed=1)))))
    service.world.reset()
    again = results(service, service.trained(training_file=service.file(jsonl(reviews(10, seed=4)))))
    assert first != again


def test_nothing_is_computed_before_somebody_looks() -> None:
    code = """if True:
        import sys
        sys.path.insert(0, "tests/emulator")
        from emulator_raw import Service
        from ftops.emulator import World
        service = Service(World.open(":memory:"))
        job = service.trained()
        assert job["status"] == "succeeded"
        assert service.sweden("GET", "files").status_code == 200
        assert "numpy" not in sys.modules
        service.checkpoints(job)
        assert "numpy" in sys.modules
    """
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("early", [True, False])
def test_one_thread_computes(early: bool) -> None:
    """Also when somebody has loaded numpy before, with many threads, and has them again afterwards."""
    code = f"""if True:
        import os, sys
        sys.path.insert(0, "tests/emulator")
        if {early}:
            import numpy
        from emulator_raw import Service
        from ftops.emulator import World
        service = Service(World.open(":memory:"))
        job = service.trained()
        from ftops.emulator.learning import network, numerics
        if numerics.blas_threads() is None:
            sys.exit(0)
        before, seen, update = numerics.blas_threads(), [], network.Network.update
        assert before > 1 if {early} and (os.cpu_count() or 1) > 1 else before == 1
        def watched(*arguments):
            seen.append(numerics.blas_threads())
            return update(*arguments)
        network.Network.update = watched
        service.checkpoints(job)
        assert set(seen) == {{1}}
        assert numerics.blas_threads() == before
        assert os.environ["OPENBLAS_NUM_THREADS"] == "4"
    """
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "4"}
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)


def test_how_long_it_takes(service: Service) -> None:
    for number in (60, 5000):
        job = lesson(service, number, hyperparameters={"n_epochs": 2})
        start = time.perf_counter()
        assert results(service, job)
        print(f"{number} rows: {time.perf_counter() - start:.2f} s")
