"""The only code that knows both Airflow and the trade."""
