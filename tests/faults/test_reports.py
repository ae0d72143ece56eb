"""The report folder is full, or the rendering dies: no half version, and then the whole one."""

from __future__ import annotations

from tests.faults.close_process import Rendering
from tests.faults.scene import Scene


def test_report_folder_is_full(fault: Scene) -> None:
    """The disk is full while the report of a day is written."""
    rendering = prepare(fault)
    largest = max(measure_files(fault))
    for number in fault.times(6):
        bytes_max = fault.random.randrange(largest)
        answer = Rendering(
            fault.dsn, fault.business_date, rendering.reports_dir, bytes_max=bytes_max
        ).run()
        assert answer.get("kind") == "Unavailable", answer
        assert str(rendering.reports_dir) in answer["text"], answer
        assert list_files(rendering) == [], "a half version is left"
        assert fault.ask("select count(*) from report.versions") == [(0,)], number
    check_pack(fault, rendering)


def test_rendering_is_killed(fault: Scene) -> None:
    """Kill -9 while the report of a day is written."""
    rendering = prepare(fault)
    for _ in fault.times(8):
        process = rendering.start()
        fault.pause(0.02, 1.2)
        process.kill()
        process.join()
    check_pack(fault, rendering)


def prepare(fault: Scene) -> Rendering:
    """A closed day without a report."""
    fault.send(trades=300)
    fault.capture_all()
    fault.close()
    return Rendering(fault.dsn, fault.business_date, fault.folder / "reports")


def measure_files(fault: Scene) -> list[int]:
    """Bytes of each of the report's files, from a rendering of a copy of the books."""
    elsewhere = Rendering(fault.copy_books(), fault.business_date, fault.folder / "elsewhere")
    elsewhere.run()
    return [path.stat().st_size for path in elsewhere.reports_dir.rglob("*.*") if path.is_file()]


def list_files(rendering: Rendering) -> list[str]:
    """Whatever lies in the folder, drafts too."""
    return sorted(path.name for path in rendering.reports_dir.rglob("*") if path.is_file())


def check_pack(fault: Scene, rendering: Rendering) -> None:
    """The report now appears once, whole, and its files are what was recorded."""
    pack = rendering.run()
    assert pack["version"] == 1, pack
    assert rendering.run() == {**pack, "is_new": False}
    folder = rendering.reports_dir / fault.business_date.isoformat()
    assert sorted(path.name for path in folder.iterdir()) == ["v1"]
    fault.check_books()
