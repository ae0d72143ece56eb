"""Sends a day of trades with planted breaks, for demonstrations and tests.

Executions, confirmations and P&L snapshots of one business date go to Kafka, with breaks, and on
request duplicates, late, malformed and hostile messages among them. `trade_capture` drains them as
it drains any others. What was planted, trade by trade, is written to `truth/` in the state folder.

The same parameters give the same messages, byte for byte. Sending a day twice changes nothing but
the count of duplicates. Shares are written as `1.5%`, `0.02`, or as a number of messages: `50`.

**Never point this at a broker that carries real trades.**
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from posttrade_airflow.simulation_step import SimulateDay

PARAMS = {
    "business_date": Param(type="string", format="date", description="Trade date of every trade"),
    "trades": Param(10_000, type="integer", minimum=1, description="How many trades"),
    "seed": Param(1, type="integer", minimum=0, description="Another seed gives another day"),
    "break_rate": Param("1.5%", type="string", description="Trades with a planted break"),
    "duplicates": Param("0", type="string", description="Messages sent twice"),
    "late": Param("0", type="string", description="Messages sent long after their trade"),
    "out_of_order": Param("0", type="string", description="Trades whose messages overtake others"),
    "corrections": Param("0", type="string", description="Trades corrected by a second version"),
    "cancellations": Param("0", type="string", description="Trades cancelled by a second version"),
    "malformed": Param("0", type="string", description="Messages that are no valid record"),
    "hostile": Param("0", type="string", description="Messages made to do harm"),
    "orders": Param("0", type="string", description="Orders and their answers"),
    "suspicions": Param("0", type="string", description="Trades that compliance must flag"),
    "mark_days": Param(1, type="integer", minimum=0, description="Days of official marks"),
    "rate": Param(
        None, type=["null", "integer"], minimum=1, description="Messages a second; empty: at once"
    ),
}

with DAG(
    dag_id="simulate_trading_day",
    description="Send a simulated trading day to Kafka",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    tags=["simulation"],
):
    SimulateDay(task_id="simulate_day", retries=0)
