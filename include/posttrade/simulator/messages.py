"""The text of each message: contracts v1 (short) and v2 (full), numbers as exact JSON numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from posttrade.sending import Message
from posttrade.simulator.catalogue import CENT_DECIMALS, Instrument
from posttrade.simulator.trades import Trade

MINUTES_A_DAY = 1440
MINUTE_MS = 60_000
POWERS: tuple[int, ...] = tuple(10**exponent for exponent in range(12))
Headers = list[tuple[str, str | bytes | None]]
FULL: Headers = [("contract-version", b"2")]
SHORT: Headers = [("contract-version", b"1")]
NO_HEADERS: Headers = []


def decimal_text(value: int, decimals: int) -> str:
    """A scaled whole number as decimal text: ``decimal_text(15050, 2)`` is ``150.50``."""
    if value < 0:
        return "-" + decimal_text(-value, decimals)
    whole, fraction = divmod(value, POWERS[decimals])
    return f"{whole}.{fraction:0{decimals}d}"


class MessageWriter:
    """Writes the messages of one business date.

    Args:
        settle: settlement date of an instrument traded on this date.
    """

    def __init__(self, business_date: dt.date, settle: Callable[[Instrument], dt.date]) -> None:
        self.date = business_date.isoformat()
        self._minutes = [
            f"{self.date}T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(MINUTES_A_DAY)
        ]
        self._settle = settle
        self._settlement_dates: dict[str, str] = {}

    def instant(self, milliseconds: int) -> str:
        """Milliseconds of the UTC day as an ISO instant."""
        minute, rest = divmod(milliseconds, MINUTE_MS)
        return f"{self._minutes[minute]}{rest // 1000:02d}.{rest % 1000:03d}Z"

    def settlement_date(self, instrument: Instrument) -> str:
        """Settlement date of the instrument for this trade date."""
        found = self._settlement_dates.get(instrument.symbol)
        if found is None:
            found = self._settlement_dates[instrument.symbol] = self._settle(instrument).isoformat()
        return found

    def execution(
        self,
        trade: Trade,
        topic: str = "executions",
        version: int = 1,
        status: str = "EXECUTED",
        price: int | None = None,
    ) -> Message:
        """Our own record; ``price`` (scaled like the trade's) stands in for the true one."""
        price = trade.price if price is None else price
        instrument = trade.instrument
        decimals = instrument.decimals
        if trade.is_short:
            return self._short_execution(trade, topic, price)
        text = (
            f'{{"trade_id":"{trade.trade_id}","version":{version},"symbol":{instrument.json_symbol},'
            f'"asset_class":"{instrument.asset_class}","side":"{trade.side}","quantity":{trade.quantity},'
            f'"price":{decimal_text(price, decimals)},"currency":"{instrument.currency}",'
            f'"notional":{decimal_text(trade.quantity * price, decimals)},'
            f'"brokerage_fee":{decimal_text(trade.brokerage_cents, CENT_DECIMALS)},'
            f'"clearing_fee":{decimal_text(trade.clearing_cents, CENT_DECIMALS)},'
            f'"exchange_fee":{decimal_text(trade.exchange_cents, CENT_DECIMALS)},'
            f'"counterparty":"{trade.counterparty}","venue":"{instrument.venue}",'
            f'"account":"{trade.account}","strategy":"{trade.strategy}",'
            f'"trade_date":"{self.date}","executed_at":"{self.instant(trade.executed_ms)}",'
            f'"settlement_date":"{self.settlement_date(instrument)}","status":"{status}"}}'
        )
        return Message(topic, trade.trade_id, text.encode(), FULL)

    def _short_execution(self, trade: Trade, topic: str, price: int) -> Message:
        is_front = topic == "trades"
        name = "symbol" if is_front else "ticker"
        # On executions a purchase need not be stated, and the published files never do.
        side = f'"side":"{trade.side}",' if is_front or trade.side == "SELL" else ""
        text = (
            f'{{"trade_id":{_short_id(trade)},"{name}":{trade.instrument.json_symbol},'
            f'"quantity":{trade.quantity},'
            f'"price":{decimal_text(price, trade.instrument.decimals)},'
            f'{side}"timestamp":"{self.instant(trade.executed_ms)}"}}'
        )
        return Message(topic, trade.trade_id, text.encode(), SHORT)

    def confirmation(
        self,
        trade: Trade,
        version: int = 1,
        status: str = "CONFIRMED",
        quantity: int | None = None,
        price_text: str | None = None,
        drift_ms: int = 0,
    ) -> Message:
        """The other side's record of the trade."""
        instrument = trade.instrument
        quantity = trade.quantity if quantity is None else quantity
        if price_text is None:
            price_text = decimal_text(trade.price, instrument.decimals)
        instant = self.instant(trade.executed_ms + drift_ms)
        if trade.is_short:
            text = (
                f'{{"trade_id":{_short_id(trade)},"ticker":{instrument.json_symbol},'
                f'"quantity":{quantity},"price":{price_text},"timestamp":"{instant}"}}'
            )
            return Message("broker_confirmations", trade.trade_id, text.encode(), SHORT)
        text = (
            f'{{"trade_id":"{trade.trade_id}","version":{version},'
            f'"symbol":{instrument.json_symbol},"side":"{trade.side}",'
            f'"quantity":{quantity},"price":{price_text},"currency":"{instrument.currency}",'
            f'"counterparty":"{trade.counterparty}","account":"{trade.account}",'
            f'"trade_date":"{self.date}","confirmed_at":"{instant}",'
            f'"settlement_date":"{self.settlement_date(instrument)}","status":"{status}"}}'
        )
        return Message("broker_confirmations", trade.trade_id, text.encode(), FULL)

    def snapshot(
        self,
        trade: Trade,
        version: int = 1,
        status: str = "BOOKED",
        difference: int = 0,
        is_date_stated: bool = False,
    ) -> Message:
        """What accounting booked: the truth plus ``difference``, which is scaled like the price."""
        decimals = trade.instrument.decimals
        commission = trade.commission_cents
        booked = trade.notional - commission * POWERS[decimals - CENT_DECIMALS] + difference
        amounts = (
            f'"pnl_impact":{decimal_text(booked, decimals)},'
            f'"commission":{decimal_text(commission, CENT_DECIMALS)}'
        )
        if trade.is_short:
            date = f',"trade_date":"{self.date}"' if is_date_stated else ""
            text = f'{{"trade_id":{_short_id(trade)},{amounts}{date}}}'
            return Message("pnl_snapshot", trade.trade_id, text.encode(), SHORT)
        text = (
            f'{{"trade_id":"{trade.trade_id}","version":{version},{amounts},'
            f'"currency":"{trade.instrument.currency}","trade_date":"{self.date}",'
            f'"status":"{status}"}}'
        )
        return Message("pnl_snapshot", trade.trade_id, text.encode(), FULL)


def _short_id(trade: Trade) -> str:
    # The short contract was published with whole numbers as ids and with text: both stay in use.
    return trade.trade_id if trade.trade_id.isdecimal() else f'"{trade.trade_id}"'
