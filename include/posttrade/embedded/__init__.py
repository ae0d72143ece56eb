"""Servers that an instance runs by itself: database, broker, mail, Airflow."""
