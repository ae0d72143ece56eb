"""The day of all faults is closed at last, through Airflow, and counted against the truth."""

from __future__ import annotations

import threading

from posttrade.embedded import airflow
from tests.faults.platform.running import PlatformScene


def test_close_is_disturbed(fault: PlatformScene) -> None:
    """Kill -9 of scheduler and Dag processor while a day is closed, after all other faults."""
    fault.send(300)
    fault.await_end()
    closing = threading.Thread(target=fault.close)
    closing.start()
    for number in fault.times(2):
        fault.pause(1, 8)
        name = (airflow.SCHEDULER, airflow.DAG_PROCESSOR)[number % 2]
        fault.platform.service(name).kill()
    closing.join()
    fault.check_books()
