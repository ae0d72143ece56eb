"""Post-trade processing: draining, matching, settling, reporting. Plain Python, no Airflow."""

__version__ = "0.1.0"
