"""Official closing marks of the simulated day and of the business days before it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator

from posttrade.business_calendar import HOUSE_CALENDAR, BusinessCalendar
from posttrade.sending import Message
from posttrade.simulator.catalogue import Catalogue, Instrument
from posttrade.simulator.messages import decimal_text
from posttrade.simulator.options import SimulationOptions

TOPIC = "marks"
SOURCE = "official_close"
OBSERVED = "21:00:00.000Z"
HEADERS: list[tuple[str, str | bytes | None]] = [("contract-version", b"1")]


def closing_marks(options: SimulationOptions, catalogue: Catalogue) -> Iterator[Message]:
    """A mark of every instrument for each of the days, oldest first.

    A date's marks depend on the date alone: runs of other seeds state them again, and a later
    day's run states the same history.
    """
    for date in _list_dates(options):
        for instrument in catalogue.instruments:
            yield _mark(instrument, date)


def _list_dates(options: SimulationOptions) -> list[dt.date]:
    dates = [options.business_date] if options.mark_days else []
    if options.mark_days > 1:
        calendar = BusinessCalendar.load(HOUSE_CALENDAR, last_date=options.business_date)
        earlier = [day for day in calendar.days if day < options.business_date]
        dates = earlier[1 - options.mark_days :] + dates
    return dates


def _mark(instrument: Instrument, date: dt.date) -> Message:
    """A price within the day's range, in whole ticks."""
    chance = random.Random(f"mark {instrument.symbol} {date}")  # noqa: S311
    start = instrument.start_price // instrument.tick
    reach = min(instrument.day_range_ticks, start // 2)
    price = (start + chance.randint(-reach, reach)) * instrument.tick
    kind = "FX" if instrument.asset_class == "FX" else "PRICE"
    text = (
        f'{{"symbol":{instrument.json_symbol},"mark_kind":"{kind}",'
        f'"price":{decimal_text(price, instrument.decimals)},"currency":"{instrument.currency}",'
        f'"trade_date":"{date}","observed_at":"{date}T{OBSERVED}","mark_source":"{SOURCE}"}}'
    )
    return Message(TOPIC, instrument.symbol, text.encode(), HEADERS)
