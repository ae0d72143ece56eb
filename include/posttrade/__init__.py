"""Post-trade processing: draining, matching, settling, reporting. Plain Python, no Airflow."""
