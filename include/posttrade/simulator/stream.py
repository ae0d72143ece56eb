"""A day's messages in the order they are sent. Pure: the same options give the same bytes."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator

from posttrade.errors import ConfigurationError
from posttrade.sending import Message
from posttrade.simulator.back_office import BackOffice
from posttrade.simulator.catalogue import Catalogue
from posttrade.simulator.conduct import ConductDesk
from posttrade.simulator.malformed import HOSTILE, MALFORMED, BadMessages
from posttrade.simulator.marks import closing_marks
from posttrade.simulator.messages import MessageWriter
from posttrade.simulator.options import BREAK_RATE_DEFAULT, SimulationOptions
from posttrade.simulator.orders import OrderDesk
from posttrade.simulator.quotas import Quota, Spread
from posttrade.simulator.scenarios import (
    SCENARIOS_FOR_EVERY_TYPE,
    ScenarioDeck,
    Teller,
    tell_cancellation,
    tell_correction,
    tell_quietly,
)
from posttrade.simulator.trades import Trade, TradeMaker
from posttrade.simulator.truth import TruthWriter

# Delays are counted in trades that pass meanwhile.
OVERTAKING_MAX = 300
LATE_MIN, LATE_MAX = 2_000, 20_000
RESENT_MAX = 1_000
ANSWERED_AFTER_MAX = 50
SEEDS_WITH_NUMBERS_AS_IDS = 1_000  # so that date, seed and place fit the 18 digits of a number
SHORT_POSSIBLE = 0.3  # at least this share of trades can be told in the short contract


class DayStream:
    """Makes a day's messages; the truth is noted as they are made.

    Raises:
        ConfigurationError: more trades to break, correct and cancel than there are.
    """

    def __init__(
        self,
        options: SimulationOptions,
        catalogue: Catalogue,
        writer: MessageWriter,
        truth: TruthWriter,
    ) -> None:
        total = options.trades
        name = f"{options.business_date} {options.seed}"
        self._options = options
        self._writer = writer
        self._truth = truth
        self._chance = random.Random(f"course {name}").random  # noqa: S311
        self._maker = TradeMaker(catalogue, options.business_date, options.seed)
        self._desk = OrderDesk(options, catalogue, writer)
        self._conduct = ConductDesk(options, catalogue)
        self._marks = closing_marks(options, catalogue)
        self._teller = Teller(writer, random.Random(f"terms {name}").random)  # noqa: S311
        back_teller = Teller(writer, random.Random(f"back office {name}").random)  # noqa: S311
        self._back_office = BackOffice(options, catalogue, back_teller)
        self._courses = _Courses(options, random.Random(f"scenarios {name}"))  # noqa: S311
        self._late = Quota(options.late.count_of(total), total)
        self._overtaking = Quota(options.out_of_order.count_of(total), total)
        self._resent = Quota(options.duplicates.count_of(total), total)
        self._short_left = options.short_contract.count_of(total)
        self._delayed: list[tuple[int, int, Message]] = []
        self._arrivals = itertools.count()

    def __iter__(self) -> Iterator[Message]:
        sent = self._truth.tally.sent
        for message in self._messages():
            sent[message.topic] += 1
            yield message

    def _messages(self) -> Iterator[Message]:
        options, delayed = self._options, self._delayed
        total = options.trades
        date = options.business_date.isoformat()
        front = Spread(options.front_trades.count_of(total), total)
        orders = Spread(options.orders.count_of(total), total)
        suspicions = Spread(options.suspicions.count_of(total), total)
        malformed = Spread(options.malformed.count_of(total), total)
        hostile = Spread(options.hostile.count_of(total), total)
        malformed_deck = BadMessages(MALFORMED, "M", date, options.seed)
        hostile_deck = BadMessages(HOSTILE, "H", date, options.seed)
        for place in range(total):
            while delayed and delayed[0][0] <= place:
                yield heapq.heappop(delayed)[2]
            yield from self._trade_messages(place)
            for number in front.due(place):
                yield self._front_message(number, place)
            for number in orders.due(place):
                yield from self._order_messages(number, place)
            for number in suspicions.due(place):
                yield from self._suspicious_messages(number)
            for _ in malformed.due(place):
                yield self._bad_message(malformed_deck, "malformed")
            for _ in hostile.due(place):
                yield self._bad_message(hostile_deck, "hostile")
        while delayed:
            yield heapq.heappop(delayed)[2]
        if options.back_office:
            yield from self._back_office.tell(self._truth)
        yield from self._marks

    def _trade_messages(self, place: int) -> list[Message]:
        """What is sent of this trade now; what comes later is put aside."""
        chance, options = self._chance, self._options
        trade_id = f"T{options.business_date:%Y%m%d}-{options.seed}-{place:07d}"
        trade = self._maker.make(trade_id, place, options.trades)
        course = self._courses.choose(chance())
        if course.can_be_short and trade.instrument.is_short_contract_possible:
            trade.is_short = self._take_short(chance(), options.trades - place)
        messages = course.tell(self._teller, trade)
        if trade.is_short and not course.planted:
            # it names no counterparty, so nobody can say where to deliver
            self._truth.tally.planted_once["standing_instruction_missing"] = 1
        is_late, is_overtaking = self._late.take(chance()), self._overtaking.take(chance())
        is_resent = self._resent.take(chance())
        if not (course.name or is_late or is_overtaking or is_resent):
            return messages
        facts = {"planted": list(course.planted), "course": course.name or "quiet"}
        tally = self._truth.tally
        tally.planted.update(course.planted)
        if course.name and not course.planted:
            tally.noted[course.name] += 1
        if is_resent:
            facts["resent"] = [self._resend(messages, place)]
        if is_overtaking or is_late:
            tally.noted.update({"late": is_late, "out_of_order": is_overtaking})
            facts["noted"] = ["late"] * is_late + ["out_of_order"] * is_overtaking
            messages = self._delay(messages, place, course, is_late=is_late)
        self._truth.note(trade_id=trade.trade_id, **facts)
        return messages

    def _take_short(self, chance: float, trades_left: int) -> bool:
        is_short = chance * trades_left * SHORT_POSSIBLE < self._short_left
        self._short_left -= is_short
        return is_short

    def _resend(self, messages: list[Message], place: int) -> str:
        """Send one message again later; not the second record of a conflict, which is none."""
        first_by_topic = {message.topic: message for message in reversed(messages)}
        choices = list(first_by_topic.values())
        message = choices[int(self._chance() * len(choices))]
        delay = LATE_MAX + int(self._chance() * RESENT_MAX)
        heapq.heappush(self._delayed, (place + delay, next(self._arrivals), message))
        self._truth.tally.duplicates[message.topic] += 1
        return message.topic

    def _delay(
        self, messages: list[Message], place: int, course: Course, *, is_late: bool
    ) -> list[Message]:
        """Put messages aside, each for its own time.

        Records that contradict each other keep their order: which is first decides the breaks.
        """
        delays: dict[str, int] = {}
        now = []
        for message in messages:
            chance = self._chance()
            if not is_late:
                delay = int(chance * OVERTAKING_MAX)
            elif message.topic == "executions":
                delay = 0
            else:
                delay = LATE_MIN + int(chance * (LATE_MAX - LATE_MIN - OVERTAKING_MAX))
            if course.has_conflict:
                delay = delays.setdefault(message.topic, delay)
            if delay:
                heapq.heappush(self._delayed, (place + delay, next(self._arrivals), message))
            else:
                now.append(message)
        return now

    def _front_message(self, number: int, place: int) -> Message:
        options = self._options
        trade_id = f"F{options.business_date:%Y%m%d}-{options.seed}-{number:07d}"
        trade = self._maker.make(trade_id, place, options.trades)
        if trade.instrument.is_short_contract_possible:
            trade.is_short = True
            if options.seed < SEEDS_WITH_NUMBERS_AS_IDS:
                trade.trade_id = f"{options.business_date:%Y%m%d}{options.seed:03d}{number:07d}"
        return self._writer.execution(trade, topic="trades")

    def _order_messages(self, number: int, place: int) -> list[Message]:
        """What is sent about an order now; the other half is put aside."""
        conversation = self._desk.converse(number)
        delay = 1 + number % ANSWERED_AFTER_MAX
        for message in conversation.later:
            heapq.heappush(self._delayed, (place + delay, next(self._arrivals), message))
        if conversation.planted:
            planted = list(conversation.planted)
            self._truth.tally.planted.update(planted)
            self._truth.note(order_id=conversation.order_id, planted=planted)
        return conversation.first

    def _suspicious_messages(self, number: int) -> Iterator[Message]:
        suspicion = self._conduct.make(number)
        self._truth.tally.suspicions[suspicion.rule] += 1
        self._truth.note(suspicion=suspicion.rule, subject_id=suspicion.subject_id)
        for trade in suspicion.trades:
            yield from tell_quietly(self._teller, trade)

    def _bad_message(self, deck: BadMessages, name: str) -> Message:
        bad = deck.deal()
        counts = {"malformed": self._truth.tally.malformed, "hostile": self._truth.tally.hostile}
        counts[name][bad.kind] += 1
        size = len(bad.message.payload or b"")
        facts = {"topic": bad.message.topic, "key": bad.message.key, "bytes": size}
        self._truth.note(**{name: bad.kind, **facts})
        return bad.message


class Course:
    """What happens to a trade, and the breaks that come of it; no name means: all is well."""

    __slots__ = ("can_be_short", "name", "planted", "tell")

    def __init__(
        self,
        name: str,
        planted: tuple[str, ...],
        tell: Callable[[Teller, Trade], list[Message]],
        *,
        can_be_short: bool,
    ) -> None:
        self.name = name
        self.planted = planted
        self.tell = tell
        self.can_be_short = can_be_short

    @property
    def has_conflict(self) -> bool:
        """Whether two records of the trade have the same version and different content."""
        return any(kind.startswith("duplicate_") for kind in self.planted)


QUIET = Course("", (), tell_quietly, can_be_short=True)
CORRECTED = Course("corrected", (), tell_correction, can_be_short=False)
CANCELLED = Course("cancelled", (), tell_cancellation, can_be_short=False)


class _Courses:
    """Chooses each trade's course, so that the counts asked for come out exactly."""

    def __init__(self, options: SimulationOptions, chance: random.Random) -> None:
        self._places = options.trades
        self._breaks = _count_breaks(options)
        self._corrections = options.corrections.count_of(options.trades)
        self._cancellations = options.cancellations.count_of(options.trades)
        self._deck = ScenarioDeck(chance)
        special = self._breaks + self._corrections + self._cancellations
        if special > options.trades:
            raise ConfigurationError(
                f"{special} trades to break, correct or cancel, of {options.trades} in all: "
                "simulate more --trades, or fewer of these"
            )

    def choose(self, chance: float) -> Course:
        drawn = chance * self._places
        self._places -= 1
        if drawn < self._breaks:
            self._breaks -= 1
            dealt = self._deck.deal()
            return Course(
                dealt.name, dealt.planted, dealt.tell, can_be_short=not dealt.needs_full_contract
            )
        drawn -= self._breaks
        if drawn < self._corrections:
            self._corrections -= 1
            return CORRECTED
        if drawn - self._corrections < self._cancellations:
            self._cancellations -= 1
            return CANCELLED
        return QUIET


def _count_breaks(options: SimulationOptions) -> int:
    wanted = options.break_rate.count_of(options.trades)
    if options.break_rate == BREAK_RATE_DEFAULT:
        wanted = max(wanted, SCENARIOS_FOR_EVERY_TYPE)
    elif options.break_rate.value > 0:
        wanted = max(wanted, 1)  # a share of less than half a trade is no reason to plant none
    return min(wanted, options.trades)
