CREATE SCHEMA books;

COMMENT ON SCHEMA books IS 'Positions, lots and P&L per book, as true on a date and as known at an instant.';

CREATE SCHEMA compliance;

COMMENT ON SCHEMA compliance IS 'Alerts with their evidence and what became of them (append-only), and ranked anomalies.';

CREATE SCHEMA control;

COMMENT ON SCHEMA control IS 'Runs, closes and control totals.';

CREATE SCHEMA landing;

COMMENT ON SCHEMA landing IS 'What Kafka delivered: raw messages, offsets, rejects. Append-only.';

CREATE SCHEMA market;

COMMENT ON SCHEMA market IS 'Marks: prices, FX rates and curve points, with overrides. Append-only.';

CREATE SCHEMA outbox;

COMMENT ON SCHEMA outbox IS 'Messages to publish, written in the transaction that caused them.';

CREATE SCHEMA quality;

COMMENT ON SCHEMA quality IS 'Results of the Great Expectations suites.';

CREATE SCHEMA recon;

COMMENT ON SCHEMA recon IS 'Matches and breaks of the three-way reconciliation.';

CREATE SCHEMA reference;

COMMENT ON SCHEMA reference IS 'Sources, counterparties, instruments, calendars, tolerances.';

CREATE SCHEMA report;

COMMENT ON SCHEMA report IS 'Versions of the end-of-day pack. Append-only.';

CREATE SCHEMA risk;

COMMENT ON SCHEMA risk IS 'Exposure, concentration, limits, value at risk, stress, margin. Append-only.';

CREATE SCHEMA settlement;

COMMENT ON SCHEMA settlement IS 'Instructions, their events, and the movements of securities and cash. Append-only.';

CREATE SCHEMA staging;

COMMENT ON SCHEMA staging IS 'Typed rows of batches that are not promoted yet.';

CREATE SCHEMA trade;

COMMENT ON SCHEMA trade IS 'Accepted records, partitioned by business date, every version kept.';

CREATE TYPE recon.joined_trade AS (
	trade_id text,
	is_joined boolean,
	execution_version integer,
	execution_status text,
	source_id text,
	batch_id bigint,
	symbol text,
	currency text,
	counterparty_id text,
	quantity numeric,
	price numeric,
	executed_at timestamp with time zone,
	confirmation_version integer,
	confirmed_quantity numeric,
	confirmed_price numeric,
	confirmed_at timestamp with time zone,
	confirmed_symbol text,
	confirmed_currency text,
	confirmed_counterparty_id text,
	pnl_snapshot_version integer,
	pnl_impact numeric,
	commission numeric,
	pnl_currency text
);

COMMENT ON TYPE recon.joined_trade IS 'A trade of a date as recon.find_doubtful_trades shows it. is_joined: no side is missing here that exists, or cancelled.';

CREATE TYPE settlement.fee_term AS (
	fee_rate_id integer,
	basis text,
	rate numeric,
	amount_min numeric,
	amount_max numeric,
	factor numeric,
	addend numeric,
	unit numeric,
	fixed_amount numeric
);

COMMENT ON TYPE settlement.fee_term IS 'A rate as settlement.charge works it out: factor, addend and unit are its rounding; fixed_amount: what it comes to for every trade, null where that depends on the trade.';

CREATE FUNCTION books.accounting_by_book(p_business_date date) RETURNS TABLE(account text, strategy text, currency text, trade_count bigint, booked_count bigint, own_amount numeric, accounting_amount numeric, delta_amount numeric)
    LANGUAGE sql STABLE
    SET enable_nestloop TO 'off'
    AS $$
    select
        f.account,
        f.strategy,
        f.currency,
        count(*),
        count(s.pnl_impact),
        coalesce(sum(f.price * f.quantity - s.commission), 0),
        coalesce(sum(s.pnl_impact), 0),
        coalesce(sum(s.pnl_impact - (f.price * f.quantity - s.commission)), 0)
    from books.executions_of(p_business_date) as f
    left join books.snapshots_of(p_business_date) as s using (trade_id)
    group by f.account, f.strategy, f.currency
$$;

COMMENT ON FUNCTION books.accounting_by_book(p_business_date date) IS 'What accounting booked for the trades of each book, against price x quantity - commission, which is the rule of the feed, added up. Trades that accounting has not booked are in trade_count alone.';

CREATE FUNCTION books.add_at_average(p_state numeric[], p_quantity numeric, p_amount numeric) RETURNS numeric[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
    held constant numeric := p_state[1];
    left_over constant numeric := p_state[1] + p_quantity;
begin
    if held = 0 or (held > 0) = (p_quantity > 0) then
        return array[left_over, p_state[2] + p_amount];
    elsif left_over = 0 then
        return array[0, 0];
    elsif (left_over > 0) = (held > 0) then
        return array[left_over, books.take_part(p_state[2], left_over, held)];
    end if;
    return array[left_over, books.take_part(p_amount, left_over, p_quantity)];
end
$$;

COMMENT ON FUNCTION books.add_at_average(p_state numeric[], p_quantity numeric, p_amount numeric) IS 'One fill at average cost: what adds to the position adds its amount, what reduces it takes its share of the cost along, and what crosses zero opens anew at its own price.';

CREATE FUNCTION books.after_split(p_quantity numeric, p_ratio numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case when p_ratio = 1 then p_quantity else trim_scale(round(p_quantity * p_ratio, 10)) end
$$;

COMMENT ON FUNCTION books.after_split(p_quantity numeric, p_ratio numeric) IS 'Units after a split, to 10 decimals, as many as a message may state.';

CREATE FUNCTION books.allocated_fills(p_business_date date) RETURNS TABLE(trade_id text, account text, strategy text, symbol text, asset_class text, currency text, side text, quantity numeric, price numeric, fee_amount numeric, settlement_date date, executed_at timestamp with time zone, counterparty_id text, earlier_quantity numeric, whole_quantity numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        e.trade_id, p.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, p.quantity,
        e.price, books.take_share(e.fee_amount, p.earlier_quantity, p.quantity, p.whole_quantity),
        e.settlement_date, e.executed_at, e.counterparty_id, p.earlier_quantity, p.whole_quantity
    -- neither windows nor common table expressions: beside one no date is read by several processes
    from (
        select
            a.trade_id, a.account, a.quantity,
            coalesce(
                sum(o.quantity) filter (where o.account collate "C" < a.account collate "C"), 0
            ) as earlier_quantity,
            sum(o.quantity) as whole_quantity,
            array_agg(o.account) as accounts
        from trade.allocations as a
        join trade.allocations as o
            on o.business_date = a.business_date
            and o.trade_id = a.trade_id
            and o.allocation_version = a.allocation_version
        where a.business_date = p_business_date
          and (a.trade_id, a.allocation_version) in (
              select newest.trade_id, max(newest.allocation_version)
              from trade.allocations as newest
              where newest.business_date = p_business_date
              group by newest.trade_id
          )
        group by a.trade_id, a.account, a.quantity
    ) as p
    join books.executions_of(p_business_date) as e on e.trade_id = p.trade_id
    where e.quantity = p.whole_quantity
      -- what is said to stay with the block is not allocated
      and e.account <> all(p.accounts)
      and exists (
          select
          from reference.block_accounts as b
          where b.account = e.account
            and b.effective_from <= p_business_date
            and coalesce(b.effective_until > p_business_date, true)
      )
$$;

COMMENT ON FUNCTION books.allocated_fills(p_business_date date) IS 'Blocks of a date that are allocated in whole, by their newest allocation: each part in the book of its account, at the block''s price and with its share of the fees. Quantities of the parts before it (by account) and of all let any other amount be shared (books.take_share).';

CREATE FUNCTION books.count_days_30_360(p_from date, p_until date) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select 360 * (extract(year from p_until) - extract(year from p_from))::integer
        + 30 * (extract(month from p_until) - extract(month from p_from))::integer
        + case
            when extract(day from p_until) = 31 and extract(day from p_from) >= 30 then 30
            else extract(day from p_until)::integer
        end
        - least(extract(day from p_from)::integer, 30)
$$;

COMMENT ON FUNCTION books.count_days_30_360(p_from date, p_until date) IS 'Days between two dates by the bond basis (ISDA 2006 definitions, section 4.16(f)): months of 30, years of 360 days.';

CREATE FUNCTION books.coupon_date(p_maturity date, p_months integer, p_at_month_end boolean) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_at_month_end then (
            date_trunc('month', p_maturity - make_interval(months => p_months))
            + interval '1 month - 1 day'
        )::date
        else (p_maturity - make_interval(months => p_months))::date
    end
$$;

COMMENT ON FUNCTION books.coupon_date(p_maturity date, p_months integer, p_at_month_end boolean) IS 'The coupon date so many months before maturity.';

CREATE FUNCTION books.coupon_interest(p_on date, p_rate numeric, p_per_year integer, p_maturity date, p_day_count text) RETURNS TABLE(accrued_interest numeric, interest_to_date numeric)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    with asked as (
        select
            least(p_on, p_maturity) as day,
            12 / p_per_year as months,
            -- where it matures at the end of a month, it pays at the ends of months
            extract(month from p_maturity + 1) <> extract(month from p_maturity) as at_month_end
    ),
    counted as (
        select
            a.*,
            -- coupons after the one of the period that the day's month lies in
            (
                12 * (extract(year from p_maturity) - extract(year from a.day))
                + extract(month from p_maturity) - extract(month from a.day)
            )::integer / a.months as later_count
        from asked as a
    ),
    placed as (
        select
            c.day,
            n.later_count,
            books.coupon_date(p_maturity, n.later_count * c.months, c.at_month_end) as next_date,
            books.coupon_date(p_maturity, (n.later_count + 1) * c.months, c.at_month_end) as last_date
        from counted as c
        cross join lateral (
            select c.later_count - (
                books.coupon_date(p_maturity, c.later_count * c.months, c.at_month_end) <= c.day
            )::integer as later_count
        ) as n
    ),
    accrued as (
        select
            p.later_count,
            case p_day_count
                when '30/360' then
                    round(p_rate * books.count_days_30_360(p.last_date, p.day), 40) / 360
                else
                    round(p_rate * (p.day - p.last_date), 40)
                    / (p_per_year * (p.next_date - p.last_date))
            end as amount
        from placed as p
    )
    select
        trim_scale(round(amount, 20)),
        trim_scale(round(amount - round(p_rate * (later_count + 1), 40) / p_per_year, 20))
    from accrued
$$;

COMMENT ON FUNCTION books.coupon_interest(p_on date, p_rate numeric, p_per_year integer, p_maturity date, p_day_count text) IS 'Interest of a bullet bond per unit on a day: since its last coupon (30/360 bond basis, or ACT/ACT as ICMA rule 251 has it), and counted from maturity backwards, coupons included: between two days the second grows by what the bond earned.';

CREATE FUNCTION books.due_after(p_business_date date, p_dates date[], p_quantities numeric[], p_opening_dates date[], p_opening_quantities numeric[], p_split_ratio numeric) RETURNS TABLE(dates date[], quantities numeric[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select
        coalesce(array_agg(later.due_date order by later.due_date), '{}'),
        coalesce(array_agg(later.quantity order by later.due_date), '{}')
    from (
        select either.due_date, sum(either.quantity) as quantity
        from (
            select own.due_date, own.quantity
            from unnest(p_dates, p_quantities) as own (due_date, quantity)
            union all
            select earlier.due_date, books.after_split(earlier.quantity, p_split_ratio)
            from unnest(p_opening_dates, p_opening_quantities) as earlier (due_date, quantity)
        ) as either
        where either.due_date > p_business_date
        group by either.due_date
        having sum(either.quantity) <> 0
    ) as later
$$;

COMMENT ON FUNCTION books.due_after(p_business_date date, p_dates date[], p_quantities numeric[], p_opening_dates date[], p_opening_quantities numeric[], p_split_ratio numeric) IS 'What is due after a date: what it brought itself, and what it opened with, in units after splits; by settlement date, in its order.';

CREATE FUNCTION books.executions_of(p_business_date date) RETURNS TABLE(trade_id text, account text, strategy text, symbol text, asset_class text, currency text, side text, quantity numeric, price numeric, fee_amount numeric, settlement_date date, executed_at timestamp with time zone, counterparty_id text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        e.trade_id, e.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, e.quantity,
        e.price, e.brokerage_fee + e.clearing_fee + e.exchange_fee, e.settlement_date,
        e.executed_at, e.counterparty_id
    from trade.executions as e
    where e.business_date = p_business_date
      and e.status <> 'CANCELLED'
      -- nearly all have one version: two looks into a small set, and no join of the date with itself.
      -- Neither is asked anew for each row, so that several processes may read the date
      and (
          e.trade_id not in (
              select later.trade_id
              from trade.executions as later
              where later.business_date = p_business_date
                and later.version > 1
          )
          or (e.trade_id, e.version) in (
              select later.trade_id, max(later.version)
              from trade.executions as later
              where later.business_date = p_business_date
                and later.version > 1
              group by later.trade_id
          )
      )
$$;

COMMENT ON FUNCTION books.executions_of(p_business_date date) IS 'The highest version of each execution of a date, unless it is cancelled, in the book it was executed for.';

CREATE FUNCTION books.fills_of(p_business_date date) RETURNS TABLE(trade_id text, account text, strategy text, symbol text, asset_class text, currency text, side text, quantity numeric, price numeric, fee_amount numeric, settlement_date date, executed_at timestamp with time zone, counterparty_id text, earlier_quantity numeric, whole_quantity numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        e.trade_id, e.account, e.strategy, e.symbol, e.asset_class, e.currency, e.side, e.quantity,
        e.price, e.fee_amount, e.settlement_date, e.executed_at, e.counterparty_id, 0::numeric, e.quantity
    from books.executions_of(p_business_date) as e
    where e.trade_id not in (select a.trade_id from books.allocated_fills(p_business_date) as a)
    union all
    select
        trade_id, account, strategy, symbol, asset_class, currency, side, quantity, price,
        fee_amount, settlement_date, executed_at, counterparty_id, earlier_quantity, whole_quantity
    from books.allocated_fills(p_business_date)
$$;

COMMENT ON FUNCTION books.fills_of(p_business_date date) IS 'What a date brought to each book: its live executions, and in place of a block that is allocated in whole the parts of the accounts, so that nothing of it stands in the block''s own book. A block that is not, or no longer, allocated in whole stays there, and is a break of settlement.';

CREATE FUNCTION books.open_lots(p_business_date date, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(account text, strategy text, symbol text, currency text, cost_method text, lot_number bigint, trade_id text, opened_on date, quantity numeric, cost_amount numeric)
    LANGUAGE sql STABLE
    AS $$
    select
        h.account, h.strategy, h.symbol, h.currency, c.cost_method, lot.number,
        nullif(lot.trade_id, ''), lot.opened_on,
        sign(c.quantity) * (
            books.after_split(sum(lot.quantity) over earlier, split.ratio)
            - books.after_split(sum(lot.quantity) over earlier - lot.quantity, split.ratio)
        ),
        sign(c.quantity) * lot.amount
    from books.states_on(
        p_business_date,
        (select max(update_id) from books.updates where known_at <= p_known_at)
    ) as h
    cross join lateral (
        select newest.*
        from books.closing_positions as newest
        where newest.holding_id = h.holding_id
          and newest.business_date = h.moved_on
          and newest.update_id <= (
              select max(update_id) from books.updates where known_at <= p_known_at
          )
        order by newest.update_id desc
        limit 1
    ) as c
    cross join lateral (
        select books.split_ratio(h.symbol, c.business_date, p_business_date) as ratio
    ) as split
    cross join lateral unnest(c.lot_trade_ids, c.lot_dates, c.lot_quantities, c.lot_amounts)
        with ordinality as lot (trade_id, opened_on, quantity, amount, number)
    where h.quantity <> 0
    window earlier as (
        partition by h.holding_id order by lot.number
    )
$$;

COMMENT ON FUNCTION books.open_lots(p_business_date date, p_known_at timestamp with time zone) IS 'The lots that make up each position, oldest first; short ones are negative. At average cost one lot without a trade.';

CREATE FUNCTION books.positions(p_business_date date, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(account text, strategy text, symbol text, currency text, asset_class text, cost_method text, trade_count bigint, opening_quantity numeric, bought_quantity numeric, sold_quantity numeric, closing_quantity numeric, contractual_quantity numeric, cost_amount numeric, mark_price numeric, mark_date date, mark_source text, is_stale_mark boolean, opening_value_amount numeric, market_value_amount numeric, accrued_amount numeric, cash_flow_amount numeric, cash_flow_to_date_amount numeric, day_pnl_amount numeric, pnl_to_date_amount numeric, realised_amount numeric, realised_to_date_amount numeric, unrealised_amount numeric, fee_amount numeric, fee_to_date_amount numeric, opening_move_amount numeric, new_trade_amount numeric, carry_amount numeric, correction_amount numeric, total_amount numeric, unexplained_amount numeric, base_currency text, fx_rate numeric, fx_base_amount numeric, total_base_amount numeric, unexplained_limit numeric, levy_amount numeric)
    LANGUAGE sql STABLE
    AS $$
    with known as (
        select max(update_id) as update_id
        from books.updates
        where known_at <= p_known_at
    ),
    -- the close before, and the last that was known when its figures were told
    previous as (
        select u.business_date, u.update_id
        from books.updates as u
        where u.business_date < p_business_date
          and u.update_id <= (select update_id from known)
        order by u.business_date desc, u.update_id desc
        limit 1
    ),
    closing as (
        select v.* from known as k cross join lateral books.values_on(p_business_date, k.update_id) as v
    ),
    opening as (
        select v.*
        from known as k
        cross join previous as p
        cross join lateral books.values_on(p.business_date, k.update_id) as v
    ),
    told as (
        select v.holding_id, v.quantity, v.net_to_date_amount
        from previous as p
        cross join lateral books.values_on(p.business_date, p.update_id) as v
    ),
    flows as (
        select distinct on (c.holding_id)
            c.holding_id, c.trade_count, c.bought_quantity, c.sold_quantity
        from books.closing_positions as c
        where c.business_date = p_business_date
          and c.update_id <= (select update_id from known)
        order by c.holding_id, c.update_id desc
    ),
    levies as (
        select account, strategy, symbol, currency, sum(amount) as amount
        from books.levies
        where business_date = p_business_date
          and known_at <= p_known_at
        group by account, strategy, symbol, currency
    ),
    moved as (
        select
            c.*,
            coalesce(
                l.amount,
                -- where none were computed, none are known
                case when p_business_date in (select business_date from settlement.charged_dates)
                    then 0
                end
            ) as levy_amount,
            coalesce(f.trade_count, 0) as trade_count,
            coalesce(f.bought_quantity, 0) as bought_quantity,
            coalesce(f.sold_quantity, 0) as sold_quantity,
            c.quantity - coalesce(f.bought_quantity - f.sold_quantity, 0) as opening_quantity,
            case when o.holding_id is null then 0 else o.value_amount end as opening_value_amount,
            c.cash_flow_to_date_amount - coalesce(o.cash_flow_to_date_amount, 0) as cash_flow_amount,
            c.realised_to_date_amount - coalesce(o.realised_to_date_amount, 0) as realised_amount,
            c.fee_to_date_amount - coalesce(o.fee_to_date_amount, 0) as fee_amount,
            c.carry_to_date_amount - coalesce(o.carry_to_date_amount, 0) as carry_amount,
            coalesce(o.accrued_amount, 0) as opening_accrued_amount,
            -- what the close before told of an unpriced position was nothing
            coalesce(told.net_to_date_amount, 0) as told_amount,
            case when o.holding_id is null then 0 else o.net_to_date_amount end
                - case when told.holding_id is null then 0 else told.net_to_date_amount end
                as correction_amount,
            r.base_currency,
            r.unexplained_limit
        from closing as c
        left join flows as f using (holding_id)
        left join opening as o using (holding_id)
        left join told using (holding_id)
        left join levies as l
            on l.account = c.account
            and l.strategy = c.strategy
            and l.symbol = c.symbol
            and l.currency = c.currency
        left join lateral books.rule_of(c.account, c.strategy, p_business_date) as r on true
    ),
    rates as (
        select q.currency, q.base_currency, q.rate
        from known as k
        cross join lateral books.rates_on(p_business_date, k.update_id) as q
    ),
    previous_rates as (
        select q.currency, q.base_currency, q.rate
        from previous as p
        cross join lateral books.rates_on(p.business_date, p.update_id) as q
    ),
    explained as (
        select
            m.*,
            case when m.opening_quantity = 0 and m.opening_value_amount = 0 then 0
                else m.opening_quantity * m.unit_amount - m.opening_value_amount
            end as opening_move_amount,
            case when m.bought_quantity = m.sold_quantity then m.cash_flow_amount
                else (m.bought_quantity - m.sold_quantity) * m.unit_amount + m.cash_flow_amount
            end as new_trade_amount,
            m.net_to_date_amount - m.told_amount - coalesce(m.levy_amount, 0) as total_amount,
            now_rate.rate,
            case when m.opening_value_amount + m.opening_accrued_amount = 0 then 0
                else (m.opening_value_amount + m.opening_accrued_amount)
                    * (now_rate.rate - then_rate.rate)
            end as fx_base_amount
        from moved as m
        left join rates as now_rate
            on now_rate.currency = m.currency and now_rate.base_currency = m.base_currency
        left join previous_rates as then_rate
            on then_rate.currency = m.currency and then_rate.base_currency = m.base_currency
    )
    select
        account, strategy, symbol, currency, asset_class, cost_method, trade_count, opening_quantity,
        bought_quantity, sold_quantity, quantity, contractual_quantity, cost_amount, mark_price,
        mark_date, mark_source, is_stale_mark, opening_value_amount, value_amount, accrued_amount,
        cash_flow_amount, cash_flow_to_date_amount,
        value_amount - opening_value_amount + cash_flow_amount,
        value_amount + cash_flow_to_date_amount, realised_amount, realised_to_date_amount, value_amount - cost_amount,
        fee_amount, fee_to_date_amount, opening_move_amount, new_trade_amount, carry_amount,
        correction_amount, total_amount,
        total_amount - coalesce(opening_move_amount, 0) - coalesce(new_trade_amount, 0)
            - carry_amount - coalesce(correction_amount, 0) + fee_amount
            + coalesce(levy_amount, 0),
        base_currency, rate, fx_base_amount, total_amount * rate + fx_base_amount,
        unexplained_limit, levy_amount
    from explained
    where quantity <> 0
       or opening_quantity <> 0
       or trade_count > 0
       or total_amount <> 0
$$;

COMMENT ON FUNCTION books.positions(p_business_date date, p_known_at timestamp with time zone) IS 'Positions and P&L of every book at the close of a date. opening + bought - sold = closing; day P&L = market value - opening value + cash flow = opening move + new trades = realised + change of unrealised; total = day P&L + carry - fees - levies + corrections (of what the close before told) + unexplained; fees: as executions book them; levies: computed and owed beside them, of the date''s trades, null where none were computed yet; in base currency the opening value''s change of rate apart. Null where a held position has no mark, or its currency no rate.';

CREATE FUNCTION books.positions_as_of(p_business_date date, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(account text, strategy text, symbol text, currency text, asset_class text, side text, quantity numeric, contractual_quantity numeric, cost_method text, cost_amount numeric, realised_to_date_amount numeric, cash_flow_to_date_amount numeric, fee_to_date_amount numeric, moved_on date)
    LANGUAGE sql STABLE
    AS $$
    select
        account, strategy, symbol, currency, asset_class,
        case sign(quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end,
        quantity, contractual_quantity, cost_method, cost_amount, realised_to_date_amount,
        cash_flow_to_date_amount, fee_to_date_amount, moved_on
    from books.states_on(
        p_business_date,
        (select max(update_id) from books.updates where known_at <= p_known_at)
    )
$$;

COMMENT ON FUNCTION books.positions_as_of(p_business_date date, p_known_at timestamp with time zone) IS 'Every holding as true at the close of a date and as known at an instant: by trade date, and (contractual_quantity) by settlement date, as if all that fell due had settled; what really has is for settlement to say. Units are those of the date: splits up to it are in.';

CREATE FUNCTION books.rates_on(p_business_date date, p_update_id bigint) RETURNS TABLE(currency text, base_currency text, rate numeric)
    LANGUAGE sql STABLE
    AS $$
    select distinct on (currency, base_currency) currency, base_currency, rate
    from books.close_rates
    where business_date = p_business_date
      and update_id <= p_update_id
    order by currency, base_currency, update_id desc
$$;

COMMENT ON FUNCTION books.rates_on(p_business_date date, p_update_id bigint) IS 'Rates by which the close of a date told amounts in a base currency.';

CREATE FUNCTION books.read_average_cost(p_state numeric[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select p_state[2]
$$;

COMMENT ON FUNCTION books.read_average_cost(p_state numeric[]) IS 'The cost in the state of average_cost.';

CREATE FUNCTION books.rule_of(p_account text, p_strategy text, p_date date) RETURNS TABLE(cost_method text, base_currency text, unexplained_limit numeric)
    LANGUAGE sql STABLE ROWS 1
    AS $$
    select cost_method, base_currency, unexplained_limit
    from reference.book_rules
    where account in (p_account, '*')
      and strategy in (p_strategy, '*')
      and effective_from <= p_date
    order by strategy <> '*' desc, account <> '*' desc, effective_from desc
    limit 1
$$;

COMMENT ON FUNCTION books.rule_of(p_account text, p_strategy text, p_date date) IS 'The rule of a book in force on a date: the narrowest, of these the newest.';

CREATE FUNCTION books.running_positions(p_business_date date) RETURNS TABLE(account text, strategy text, symbol text, currency text, side text, trade_count bigint, opening_quantity numeric, bought_quantity numeric, sold_quantity numeric, quantity numeric, cash_flow_amount numeric, fee_amount numeric, mark_price numeric, mark_date date, opening_value_amount numeric, market_value_amount numeric, day_pnl_amount numeric)
    LANGUAGE sql STABLE
    AS $$
    with previous as (
        select max(business_date) as business_date
        from books.updates
        where business_date < p_business_date
    ),
    opening as (
        select
            v.account, v.strategy, v.symbol, v.currency, v.value_amount,
            books.after_split(
                v.quantity, books.split_ratio(v.symbol, p.business_date, p_business_date)
            ) as quantity
        from previous as p
        cross join lateral books.values_on(
            p.business_date, (select max(update_id) from books.updates)
        ) as v
        where v.quantity <> 0
    ),
    flows as (
        select
            account, strategy, symbol, currency,
            count(*) as trade_count,
            coalesce(sum(quantity) filter (where side = 'BUY'), 0) as bought_quantity,
            coalesce(sum(quantity) filter (where side = 'SELL'), 0) as sold_quantity,
            sum(case side when 'BUY' then -price * quantity else price * quantity end)
                as cash_flow_amount,
            sum(fee_amount) as fee_amount
        from books.fills_of(p_business_date)
        group by account, strategy, symbol, currency
    ),
    joined as (
        select
            account, strategy, symbol, currency,
            coalesce(f.trade_count, 0) as trade_count,
            coalesce(o.quantity, 0) as opening_quantity,
            coalesce(f.bought_quantity, 0) as bought_quantity,
            coalesce(f.sold_quantity, 0) as sold_quantity,
            coalesce(o.quantity, 0) + coalesce(f.bought_quantity - f.sold_quantity, 0) as quantity,
            coalesce(f.cash_flow_amount, 0) as flow_amount,
            coalesce(f.fee_amount, 0) as fee_amount,
            case when o.quantity is null then 0 else o.value_amount end as opening_value_amount
        from opening as o
        full join flows as f using (account, strategy, symbol, currency)
    ),
    valued as (
        select
            j.*,
            m.price,
            m.mark_date,
            j.flow_amount * coalesce(t.multiplier, 1) as cash_flow_amount,
            case when j.quantity = 0 then 0
                else j.quantity * m.price * coalesce(t.multiplier, 1)
            end as market_value_amount
        from joined as j
        left join reference.instrument_terms as t on t.symbol = j.symbol
        left join market.marks_on(p_business_date) as m
            on m.symbol = j.symbol and m.currency = j.currency
    )
    select
        account, strategy, symbol, currency,
        case sign(quantity) when 1 then 'LONG' when -1 then 'SHORT' else 'FLAT' end,
        trade_count, opening_quantity, bought_quantity, sold_quantity, quantity, cash_flow_amount,
        fee_amount, price, mark_date, opening_value_amount, market_value_amount,
        market_value_amount - opening_value_amount + cash_flow_amount
    from valued
$$;

COMMENT ON FUNCTION books.running_positions(p_business_date date) IS 'Positions and price P&L of a date so far: what the close before left, and the date''s trades as they are now. It costs what the date has, whatever came before. What of the P&L is realised needs lots: the command positions tells it, by the steps of the close.';

CREATE FUNCTION books.snapshots_of(p_business_date date) RETURNS TABLE(trade_id text, pnl_impact numeric, commission numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select s.trade_id, s.pnl_impact, s.commission
    from trade.pnl_snapshots as s
    where s.business_date = p_business_date
      and s.status <> 'CANCELLED'
      -- as books.executions_of looks for later versions
      and (
          s.trade_id not in (
              select later.trade_id
              from trade.pnl_snapshots as later
              where later.business_date = p_business_date
                and later.version > 1
          )
          or (s.trade_id, s.version) in (
              select later.trade_id, max(later.version)
              from trade.pnl_snapshots as later
              where later.business_date = p_business_date
                and later.version > 1
              group by later.trade_id
          )
      )
$$;

COMMENT ON FUNCTION books.snapshots_of(p_business_date date) IS 'The highest version of each P&L snapshot of a date, unless it is cancelled.';

CREATE FUNCTION books.split_ratio(p_symbol text, p_after date, p_until date) RETURNS numeric
    LANGUAGE sql STABLE
    AS $$
    select coalesce(
        round(round(books.product(new_shares), 40) / books.product(old_shares), 40), 1
    )
    from reference.share_splits
    where symbol = p_symbol
      and ex_date > p_after
      and ex_date <= p_until
$$;

COMMENT ON FUNCTION books.split_ratio(p_symbol text, p_after date, p_until date) IS 'Units held per unit before, by all splits with an ex-date after the first date, up to the second.';

CREATE FUNCTION books.states_on(p_business_date date, p_update_id bigint) RETURNS TABLE(holding_id integer, account text, strategy text, symbol text, currency text, asset_class text, moved_on date, cost_method text, quantity numeric, contractual_quantity numeric, cost_amount numeric, cash_flow_to_date_amount numeric, realised_to_date_amount numeric, fee_to_date_amount numeric, interest_to_date_amount numeric)
    LANGUAGE sql STABLE
    AS $$
    select
        h.holding_id, h.account, h.strategy, h.symbol, h.currency, h.asset_class, s.business_date,
        s.cost_method,
        books.after_split(s.quantity, split.ratio),
        books.after_split(s.quantity, split.ratio) - case
            when s.last_due_date > p_business_date then (
                select coalesce(books.after_split(sum(due.quantity), split.ratio), 0)
                from unnest(s.due_dates, s.due_quantities) as due (due_date, quantity)
                where due.due_date > p_business_date
            )
            else 0
        end,
        s.cost_amount,
        s.cash_flow_to_date_amount,
        s.cash_flow_to_date_amount + s.cost_amount,
        s.fee_to_date_amount,
        s.interest_to_date_amount
    from books.holdings as h
    cross join lateral (
        select
            c.business_date, c.cost_method, c.quantity, c.cost_amount, c.cash_flow_to_date_amount,
            c.fee_to_date_amount, c.interest_to_date_amount, c.due_dates, c.due_quantities,
            c.due_dates[cardinality(c.due_dates)] as last_due_date
        from books.closing_positions as c
        where c.holding_id = h.holding_id
          and c.business_date <= p_business_date
          and c.update_id <= p_update_id
        order by c.business_date desc, c.update_id desc
        limit 1
    ) as s
    cross join lateral (
        select case
            when s.business_date < p_business_date
                and h.symbol in (select symbol from reference.share_splits)
                then books.split_ratio(h.symbol, s.business_date, p_business_date)
            else 1
        end as ratio
    ) as split
$$;

COMMENT ON FUNCTION books.states_on(p_business_date date, p_update_id bigint) IS 'Where each holding stands after a date, of what was written up to an update. One look-up each, whatever came before.';

CREATE FUNCTION books.take_part(p_amount numeric, p_part numeric, p_whole numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_part = p_whole then p_amount
        else trim_scale(round(round(p_amount * p_part, 40) / p_whole, 20))
    end
$$;

COMMENT ON FUNCTION books.take_part(p_amount numeric, p_part numeric, p_whole numeric) IS 'What a part of a whole has of its amount; exact where it ends within 20 decimals.';

CREATE FUNCTION books.take_share(p_amount numeric, p_earlier numeric, p_part numeric, p_whole numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_part = p_whole then p_amount
        else round(p_amount * (p_earlier + p_part) / p_whole, scale(p_amount))
            - round(p_amount * p_earlier / p_whole, scale(p_amount))
    end
$$;

COMMENT ON FUNCTION books.take_share(p_amount numeric, p_earlier numeric, p_part numeric, p_whole numeric) IS 'What a part of a whole has of its amount, in the amount''s own decimals: with what the earlier parts have, and the later ones, exactly all of it.';

CREATE FUNCTION books.unclosed_dates(p_business_date date) RETURNS TABLE(business_date date)
    LANGUAGE sql STABLE
    AS $$
    select d.business_date
    from (
        select to_date(right(c.relname, 8), 'YYYYMMDD') as business_date
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'trade.executions'::regclass
    ) as d
    -- a look into the partition of the date: as a join it could read them all
    cross join lateral (
        select from trade.executions as e where e.business_date = d.business_date limit 1
    ) as found
    where d.business_date < p_business_date
      and not exists (
          select
          from books.updates as u
          where u.business_date = d.business_date
      )
$$;

COMMENT ON FUNCTION books.unclosed_dates(p_business_date date) IS 'Dates before one with executions that no close has booked yet: they are in none of its positions. It asks each partition whether it has a row, whatever was ever received.';

CREATE FUNCTION books.values_on(p_business_date date, p_update_id bigint) RETURNS TABLE(holding_id integer, account text, strategy text, symbol text, currency text, asset_class text, moved_on date, cost_method text, quantity numeric, contractual_quantity numeric, cost_amount numeric, cash_flow_to_date_amount numeric, realised_to_date_amount numeric, fee_to_date_amount numeric, mark_price numeric, mark_date date, mark_source text, is_stale_mark boolean, unit_amount numeric, value_amount numeric, accrued_amount numeric, carry_to_date_amount numeric, net_to_date_amount numeric)
    LANGUAGE sql STABLE
    AS $$
    with marks as (
        select distinct on (m.symbol, m.currency)
            m.symbol, m.currency, m.mark_date, m.mark_source, m.is_stale, m.accrued_interest,
            m.interest_to_date,
            -- NaN, of a close from before such prices were refused: unpriced
            case when abs(m.mark_price) < 'Infinity' then m.mark_price end as mark_price
        from books.close_marks as m
        where m.business_date = p_business_date
          and m.update_id <= p_update_id
        order by m.symbol, m.currency, m.update_id desc
    ),
    valued as (
        select
            s.*,
            m.mark_price,
            m.mark_date,
            m.mark_source,
            m.is_stale,
            m.mark_price * coalesce(t.multiplier, 1) as unit_amount,
            case when s.quantity = 0 then 0
                else s.quantity * m.mark_price * coalesce(t.multiplier, 1)
            end as value_amount,
            s.quantity * coalesce(m.accrued_interest, 0) as accrued_amount,
            s.quantity * coalesce(m.interest_to_date, 0) - s.interest_to_date_amount
                as carry_to_date_amount
        from books.states_on(p_business_date, p_update_id) as s
        left join marks as m on m.symbol = s.symbol and m.currency = s.currency
        left join reference.instrument_terms as t on t.symbol = s.symbol
    )
    select
        holding_id, account, strategy, symbol, currency, asset_class, moved_on, cost_method, quantity,
        contractual_quantity, cost_amount, cash_flow_to_date_amount, realised_to_date_amount,
        fee_to_date_amount, mark_price, mark_date, mark_source, is_stale, unit_amount, value_amount,
        accrued_amount, carry_to_date_amount,
        cash_flow_to_date_amount + value_amount + carry_to_date_amount - fee_to_date_amount
    from valued
$$;

COMMENT ON FUNCTION books.values_on(p_business_date date, p_update_id bigint) IS 'Each holding after a date, by the marks of that date''s close, of what was written up to an update. Null value: held and unpriced. net = cash flow + value + carry - fees.';

CREATE FUNCTION compliance.check_alert_event() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    alert compliance.alerts := (
        select a from compliance.alerts as a where a.alert_id = new.alert_id
    );
    last compliance.alert_events := (
        select e from compliance.alert_events as e
        where e.alert_id = new.alert_id order by e.sequence desc limit 1
    );
    escalator text := (
        select e.actor from compliance.alert_events as e
        where e.alert_id = new.alert_id and e.event = 'DISPOSED' and e.to_state = 'ESCALATED'
        order by e.sequence desc limit 1
    );
begin
    if new.sequence <> coalesce(last.sequence, 0) + 1
        or new.from_state <> coalesce(last.to_state, 'OPEN')
    then
        raise exception using
            errcode = 'PT060',
            message = format(
                'alert %s is %s, not %s', new.alert_id, coalesce(last.to_state, 'OPEN'), new.from_state
            ),
            hint = 'Look at the alert again: somebody was quicker.';
    end if;
    if new.event = 'DISPOSED' and new.from_state = 'OPEN' and new.to_state = 'CLOSED_NO_ISSUE'
        and alert.closing_needs_second_person
    then
        raise exception using
            errcode = 'PT061',
            message = format(
                'alert %s (%s) needs two people to be closed', new.alert_id, alert.rule
            ),
            hint = 'Escalate it; a second person closes it.';
    end if;
    if new.event = 'DISPOSED' and new.from_state = 'ESCALATED'
        and lower(btrim(new.actor)) = lower(btrim(escalator))
    then
        raise exception using
            errcode = 'PT061',
            message = format('alert %s was escalated by %s', new.alert_id, escalator),
            hint = 'Another person closes it.';
    end if;
    return new;
end
$$;

COMMENT ON FUNCTION compliance.check_alert_event() IS 'An event follows on the state its alert is in; who escalated an alert does not close it.';

CREATE FUNCTION compliance.dispose_alert(p_alert_id bigint, p_to_state text, p_actor text, p_reason text) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    current_state text;
    next_sequence integer;
begin
    perform from compliance.alerts where alert_id = p_alert_id for update;
    if not found then
        raise exception using
            errcode = 'PT062',
            message = format('no alert %s', p_alert_id),
            hint = 'compliance.alerts lists what was flagged.';
    end if;
    select coalesce(max(sequence), 0) + 1,
        coalesce((array_agg(to_state order by sequence desc))[1], 'OPEN')
    into next_sequence, current_state
    from compliance.alert_events
    where alert_id = p_alert_id;
    if not compliance.is_allowed('DISPOSED', current_state, p_to_state) then
        raise exception using
            errcode = 'PT060',
            message = format('alert %s is %s: it cannot become %s',
                p_alert_id, current_state, p_to_state),
            hint = 'OPEN: ESCALATED, CLOSED_NO_ISSUE. ESCALATED: CLOSED_NO_ISSUE, CLOSED_REPORTED.';
    end if;
    insert into compliance.alert_events (
        alert_id, sequence, event, from_state, to_state, actor, reason
    )
    values (
        p_alert_id, next_sequence, 'DISPOSED', current_state, p_to_state, p_actor, p_reason
    );
    return current_state;
end
$$;

COMMENT ON FUNCTION compliance.dispose_alert(p_alert_id bigint, p_to_state text, p_actor text, p_reason text) IS 'ESCALATED, CLOSED_NO_ISSUE or CLOSED_REPORTED, by whom and why; gives the state before.';

CREATE FUNCTION compliance.explain_withdrawal(p_business_date date, p_subject_id text, p_evidence jsonb) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    with named as (
        select n.trade_id, n.version
        from (
            values
            (coalesce(p_evidence ->> 'trade_id', p_subject_id), p_evidence ->> 'version'),
            (p_evidence ->> 'buy', p_evidence ->> 'buy_version'),
            (p_evidence ->> 'sell', p_evidence ->> 'sell_version')
        ) as n (trade_id, version)
        where n.version is not null
    ),
    since as (
        select
            coalesce(bool_or(e.status = 'CANCELLED'), false) as is_cancelled,
            count(*) > 0 as is_corrected
        from named as n
        join trade.executions as e
            on e.business_date = p_business_date
            and e.trade_id = n.trade_id
            and e.version > n.version::integer
    )
    select case
        when is_cancelled then 'execution_cancelled'
        when is_corrected then 'later_version_is_within'
        else 'facts_or_limits_changed'
    end
    from since
$$;

COMMENT ON FUNCTION compliance.explain_withdrawal(p_business_date date, p_subject_id text, p_evidence jsonb) IS 'execution_cancelled or later_version_is_within where a trade of the alert has a version newer than the evidence; otherwise what it was held against has changed.';

CREATE FUNCTION compliance.is_allowed(p_event text, p_from_state text, p_to_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case p_event
        when 'RESTATED' then p_from_state = p_to_state and p_from_state <> 'WITHDRAWN'
        when 'WITHDRAWN' then p_from_state in ('OPEN', 'ESCALATED') and p_to_state = 'WITHDRAWN'
        when 'REOPENED' then p_from_state = 'WITHDRAWN' and p_to_state = 'OPEN'
        when 'DISPOSED' then case p_from_state
            when 'OPEN' then p_to_state in ('ESCALATED', 'CLOSED_NO_ISSUE')
            when 'ESCALATED' then p_to_state in ('CLOSED_NO_ISSUE', 'CLOSED_REPORTED')
            else false
        end
        else false
    end
$$;

COMMENT ON FUNCTION compliance.is_allowed(p_event text, p_from_state text, p_to_state text) IS 'Whether an alert may pass from one state to another by an event of this kind. What a person closed stays closed; only an escalated one can be closed as reported.';

CREATE FUNCTION compliance.is_bic(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select p_text ~ '^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$'
$_$;

COMMENT ON FUNCTION compliance.is_bic(p_text text) IS 'ISO 9362: party, country, suffix, and a branch or none; the form alone.';

CREATE FUNCTION compliance.is_cusip(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    -- of all characters, every second doubled, digits added; * @ # are 36, 37, 38
    select p_text ~ '^[A-Z0-9*@#]{8}[0-9]$' and (
        select sum(v * factor / 10 + v * factor % 10) % 10 = 0
        from (
            select
                strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#', c) - 1 as v,
                2 - (place % 2)::integer as factor
            from string_to_table(p_text, null) with ordinality as t (c, place)
        ) as weighted
    )
$_$;

COMMENT ON FUNCTION compliance.is_cusip(p_text text) IS 'ANSI X9.6: eight characters and a check digit.';

CREATE FUNCTION compliance.is_figi(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select p_text ~ '^[BCDFGHJKLMNPQRSTVWXYZ]{2}G[0-9BCDFGHJKLMNPQRSTVWXYZ]{8}[0-9]$'
        and left(p_text, 2) not in ('BS', 'BM', 'GG', 'GB', 'GH', 'KY', 'VG')
        and (
            select sum(v * factor / 10 + v * factor % 10) % 10 = 0
            from (
                select
                    strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1 as v,
                    case when place = 12 then 1 else 2 - (place % 2)::integer end as factor
                from string_to_table(p_text, null) with ordinality as t (c, place)
            ) as weighted
        )
$_$;

COMMENT ON FUNCTION compliance.is_figi(p_text text) IS 'ANSI X9.145: no vowels, third character G, prefixes that are no country of an ISIN''s, and a check digit by doubling every second character.';

CREATE FUNCTION compliance.is_isin(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    -- of all digits, from the last: every second doubled, digits added
    select p_text ~ '^[A-Z]{2}[A-Z0-9]{9}[0-9]$' and (
        select sum(d * factor / 10 + d * factor % 10) % 10 = 0
        from (
            select c::integer as d, 1 + ((place - 1) % 2)::integer as factor
            from string_to_table(reverse(compliance.to_digits(p_text)), null)
                with ordinality as t (c, place)
        ) as weighted
    )
$_$;

COMMENT ON FUNCTION compliance.is_isin(p_text text) IS 'ISO 6166: country, nine characters, a check digit over the digits that letters expand to.';

CREATE FUNCTION compliance.is_lei(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select p_text ~ '^[A-Z0-9]{18}[0-9]{2}$'
        and compliance.to_digits(p_text)::numeric % 97 = 1
$_$;

COMMENT ON FUNCTION compliance.is_lei(p_text text) IS 'ISO 17442: eighteen characters and two check digits, by ISO 7064 MOD 97-10.';

CREATE FUNCTION compliance.is_mic(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select p_text ~ '^[A-Z0-9]{4}$'
$_$;

COMMENT ON FUNCTION compliance.is_mic(p_text text) IS 'ISO 10383: four letters or digits; the form alone.';

CREATE FUNCTION compliance.is_sedol(p_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $_$
    select p_text ~ '^[0-9BCDFGHJKLMNPQRSTVWXYZ]{6}[0-9]$' and (
        select sum(
            (strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', c) - 1)
            * (array[1, 3, 1, 7, 3, 9, 1])[place]
        ) % 10 = 0
        from string_to_table(p_text, null) with ordinality as t (c, place)
    )
$_$;

COMMENT ON FUNCTION compliance.is_sedol(p_text text) IS 'London Stock Exchange: six characters without vowels, weights 1 3 1 7 3 9, and a check digit.';

CREATE FUNCTION compliance.to_digits(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    -- A is 10, B is 11, … Z is 35
    select string_agg(
        case when c between '0' and '9' then c else (ascii(c) - 55)::text end, '' order by place
    )
    from string_to_table(p_text, null) with ordinality as t (c, place)
$$;

CREATE FUNCTION control.ensure_partitions(p_business_date date) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    suffix constant text := to_char(p_business_date, 'YYYYMMDD');
    parent record;
begin
    if to_regclass('recon.breaks_' || suffix) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('control.ensure_partitions'));
    for parent in
        select
            parents.schema_name,
            parents.table_name,
            format('%s_%s', parents.table_name, suffix) as partition_name
        from (values
            ('trade', 'executions'), ('trade', 'confirmations'), ('trade', 'pnl_snapshots'),
            ('recon', 'single_matches'), ('recon', 'breaks')
        ) as parents (schema_name, table_name)
        where not exists (
            select
            from pg_catalog.pg_class as c
            where c.relnamespace = parents.schema_name::regnamespace
              and c.relname = format('%s_%s', parents.table_name, suffix)
        )
    loop
        execute format(
            'create table %1$I.%2$I (like %1$I.%3$I including defaults including constraints)',
            parent.schema_name, parent.partition_name, parent.table_name
        );
        execute format(
            'alter table %1$I.%2$I add constraint business_date_is check (business_date = %4$L);'
            'alter table %1$I.%3$I attach partition %1$I.%2$I for values in (%4$L)',
            parent.schema_name, parent.partition_name, parent.table_name, p_business_date
        );
    end loop;
end
$_$;

COMMENT ON FUNCTION control.ensure_partitions(p_business_date date) IS 'Makes the partitions of a business date where they are missing; does nothing where they stand.';

CREATE FUNCTION control.next_repeat(alert_kind text, as_of timestamp with time zone, longest_window_s integer) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
select
    case
        when last.raised_at is null then 0
        when as_of < last.raised_at + pauses.pause then null
        when as_of < last.raised_at + 2 * pauses.pause then last.repeat_number + 1
        else 0
    end
from reference.alert_policies as p
left join lateral (
    select
        a.raised_at,
        a.repeat_number
    from control.alerts as a
    where a.kind = p.kind
      and a.resolves_alert_id is null
    order by a.raised_at desc
    limit 1
) as last on true
cross join lateral (
    select
        make_interval(
            secs => least(
                p.window_seconds * power(2, least(coalesce(last.repeat_number, 0), 30)),
                greatest(p.window_seconds, longest_window_s)
            )
        ) as pause
) as pauses
where p.kind = alert_kind
$$;

CREATE FUNCTION control.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception using
        errcode = 'PT001',
        message = format('%s.%s is append-only', tg_table_schema, tg_table_name),
        hint = 'Write a new row that points back instead.';
end
$$;

CREATE FUNCTION landing.drop_message_partitions(p_before date) RETURNS TABLE(received_on date, message_count bigint)
    LANGUAGE plpgsql
    AS $_$
declare
    day record;
begin
    perform set_config('lock_timeout', '5s', true);
    for day in
        select
            c.oid,
            c.relname,
            to_date(right(c.relname, 8), 'YYYYMMDD') as received_on
        from pg_catalog.pg_inherits as i
        join pg_catalog.pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'landing.message_blocks'::regclass
          and c.relname ~ '^message_blocks_[0-9]{8}$'
        order by c.relname
    loop
        continue when day.received_on >= p_before;
        continue when exists (
            select
            from landing.batches as b
            where b.status not in ('RECONCILED', 'REJECTED')
              and (b.drained_at at time zone 'UTC')::date <= day.received_on + 1
        );
        received_on := day.received_on;
        execute format(
            'insert into landing.dropped_ranges (batch_id, topic, partition, message_count,'
            ' received_on) select batch_id, topic, partition, sum(message_count), %L from landing.%I'
            ' group by batch_id, topic, partition',
            day.received_on, day.relname
        );
        select coalesce(sum(r.message_count), 0) into message_count
        from landing.dropped_ranges as r
        where r.received_on = day.received_on;
        execute format('drop table landing.%I', day.relname);
        return next;
    end loop;
end
$_$;

COMMENT ON FUNCTION landing.drop_message_partitions(p_before date) IS 'Drops the raw messages of every finished day before a date, and notes how many they were.';

CREATE FUNCTION landing.ensure_message_partition(p_received_on date) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    partition_name constant text := 'message_blocks_' || to_char(p_received_on, 'YYYYMMDD');
begin
    if to_regclass(format('landing.%I', partition_name)) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('landing.ensure_message_partition'));
    if exists (
        select
        from pg_catalog.pg_class as c
        where c.relnamespace = 'landing'::regnamespace
            and c.relname = partition_name
    ) then
        return;
    end if;
    execute format(
        'create table landing.%I (like landing.message_blocks including defaults'
        ' including constraints including storage) with (toast_tuple_target = 8160)',
        partition_name
    );
    execute format(
        'alter table landing.%1$I add constraint received_on_range'
        ' check (received_on >= %2$L and received_on < %3$L)',
        partition_name, p_received_on, p_received_on + 1
    );
    execute format(
        'alter table landing.message_blocks attach partition landing.%1$I'
        ' for values from (%2$L) to (%3$L)',
        partition_name, p_received_on, p_received_on + 1
    );
end
$_$;

COMMENT ON FUNCTION landing.ensure_message_partition(p_received_on date) IS 'Makes the partition of landing.message_blocks for a UTC date where it is missing.';

CREATE FUNCTION landing.read_message(p_topic text, p_partition integer, p_message_offset bigint) RETURNS TABLE(message_at timestamp with time zone, message_key bytea, headers jsonb, payload bytea)
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $$
    select message_at, message_key, headers, payload
    from landing.read_messages(p_topic, p_partition, p_message_offset, p_message_offset + 1)
$$;

COMMENT ON FUNCTION landing.read_message(p_topic text, p_partition integer, p_message_offset bigint) IS 'The raw message of a place; none where it was never drained, or is not kept any more.';

CREATE FUNCTION landing.read_messages(p_topic text, p_partition integer, p_first_offset bigint, p_end_offset bigint) RETURNS TABLE(message_offset bigint, batch_id bigint, message_at timestamp with time zone, message_key bytea, headers jsonb, payload bytea, received_on date)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1),
        b.batch_id,
        m.message_at,
        m.message_key,
        b.headers[least(m.place, cardinality(b.headers))],
        m.payload,
        b.received_on
    from landing.message_blocks as b
    cross join lateral unnest(b.message_ats, b.message_keys, b.payloads)
        with ordinality as m (message_at, message_key, payload, place)
    where b.topic = p_topic
      and b.partition = p_partition
      and b.first_offset > p_first_offset - 256
      and b.first_offset < p_end_offset
      and b.last_offset >= p_first_offset
      and coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1) >= p_first_offset
      and coalesce(b.message_offsets[m.place], b.first_offset + m.place - 1) < p_end_offset
$$;

COMMENT ON FUNCTION landing.read_messages(p_topic text, p_partition integer, p_first_offset bigint, p_end_offset bigint) IS 'Raw messages of a partition with offsets in [first, end).';

CREATE FUNCTION market.best_marks(p_business_date date, p_known_at timestamp with time zone) RETURNS TABLE(mark_kind text, symbol text, tenor_days integer, price numeric, currency text, mark_date date, source text, is_stale boolean, override_id integer, observed_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    -- one look-up for each series, and one for its newest mark: however long the history is
    with recursive series as (
        (
            select symbol, mark_kind, tenor_days, currency, source_id
            from market.marks
            order by symbol, mark_kind, tenor_days, currency, source_id
            limit 1
        )
        union all
        select next.*
        from series as s
        cross join lateral (
            select m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id
            from market.marks as m
            where (m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id)
                > (s.symbol, s.mark_kind, s.tenor_days, s.currency, s.source_id)
            order by m.symbol, m.mark_kind, m.tenor_days, m.currency, m.source_id
            limit 1
        ) as next
    ),
    stated as (
        select
            s.mark_kind, s.symbol, s.tenor_days, s.currency, m.mark_date, s.source_id, m.price,
            m.observed_at, null::integer as override_id
        from series as s
        cross join lateral (
            select mark_date, price, observed_at
            from market.marks
            where symbol = s.symbol
              and mark_kind = s.mark_kind
              and tenor_days = s.tenor_days
              and currency = s.currency
              and source_id = s.source_id
              and mark_date <= p_business_date
              and recorded_at <= p_known_at
            order by mark_date desc, observed_at desc
            limit 1
        ) as m
    ),
    traded_series as (
        (
            select symbol, currency
            from books.marks
            order by symbol, currency
            limit 1
        )
        union all
        select next.*
        from traded_series as s
        cross join lateral (
            select m.symbol, m.currency
            from books.marks as m
            where (m.symbol, m.currency) > (s.symbol, s.currency)
            order by m.symbol, m.currency
            limit 1
        ) as next
    ),
    -- what the house itself traded: the source of the lowest priority
    traded as (
        select
            case i.asset_class when 'FX' then 'FX' else 'PRICE' end, s.symbol, 0, s.currency,
            m.business_date, m.mark_source, m.mark_price, null::timestamptz, null::integer
        from traded_series as s
        cross join lateral (
            select business_date, mark_source, mark_price
            from books.marks
            where symbol = s.symbol
              and currency = s.currency
              and business_date <= p_business_date
            order by business_date desc
            limit 1
        ) as m
        left join reference.instruments as i on i.symbol = s.symbol
    ),
    decided as (
        select distinct on (o.symbol, o.mark_kind, o.tenor_days, o.mark_date)
            o.mark_kind, o.symbol, o.tenor_days, o.currency, o.mark_date, 'override', o.price,
            d.decided_at, o.override_id
        from market.overrides as o
        join market.override_decisions as d
            on d.override_id = o.override_id
            and d.decision = 'APPROVED'
        where o.mark_date <= p_business_date
          and d.decided_at <= p_known_at
        order by
            o.symbol, o.mark_kind, o.tenor_days, o.mark_date, d.decided_at desc, o.override_id desc
    ),
    every_mark as (
        select * from stated
        union all
        select * from traded
        union all
        -- one stored before such prices were refused states nothing
        select * from decided where market.is_plausible(price)
    )
    select distinct on (m.symbol, m.mark_kind, m.tenor_days)
        m.mark_kind, m.symbol, m.tenor_days, m.price, m.currency, m.mark_date, m.source_id,
        judged.is_stale, m.override_id, m.observed_at
    from every_mark as m
    left join reference.instruments as i on i.symbol = m.symbol
    left join reference.markets as venue on venue.market_id = i.market_id
    left join reference.calendar_days as then_day
        on then_day.calendar_id = coalesce(venue.trading_calendar, 'WEEKDAYS')
        and then_day.calendar_date = m.mark_date
    left join reference.calendar_days as this_day
        on this_day.calendar_id = then_day.calendar_id
        and this_day.calendar_date = p_business_date
    left join lateral (
        select s.priority, s.days_old_max
        from reference.mark_sources as s
        where s.source_id = m.source_id
          and s.asset_class in (
              '*',
              case when m.mark_kind = 'PRICE' then coalesce(i.asset_class, '*') else m.mark_kind end
          )
          and s.effective_from <= p_business_date
        order by s.asset_class = '*', s.effective_from desc
        limit 1
    ) as policy on true
    cross join lateral (
        select
            -- beyond the calendar every day counts
            coalesce(
                this_day.business_day_ordinal - then_day.business_day_ordinal,
                p_business_date - m.mark_date
            ) > coalesce(policy.days_old_max, 0) as is_stale,
            coalesce(policy.priority, 0) as priority
    ) as judged
    -- a source that policy does not know (any more) states nothing
    where m.override_id is not null or policy.priority is not null
    order by
        m.symbol, m.mark_kind, m.tenor_days,
        (m.override_id is not null and m.mark_date = p_business_date) desc,
        (m.currency is not distinct from i.currency) desc,
        judged.is_stale,
        case when not judged.is_stale then judged.priority end,
        m.mark_date desc,
        judged.priority,
        m.currency
$$;

COMMENT ON FUNCTION market.best_marks(p_business_date date, p_known_at timestamp with time zone) IS 'Of every instrument, pair and curve point the one mark that counts on a date, of what was known at an instant. Where none is fresh: the newest, marked stale.';

CREATE FUNCTION market.curve_points_on(p_business_date date, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(curve text, currency text, tenor_days integer, rate numeric, mark_date date, source text, is_stale boolean, override_id integer)
    LANGUAGE sql STABLE
    AS $$
    select symbol, currency, tenor_days, price, mark_date, source, is_stale, override_id
    from market.best_marks(p_business_date, p_known_at)
    where mark_kind = 'CURVE'
$$;

COMMENT ON FUNCTION market.curve_points_on(p_business_date date, p_known_at timestamp with time zone) IS 'Points of every curve: the rate for a tenor in days, one row each.';

CREATE FUNCTION market.decide_override(p_override_id integer, p_decision text, p_decided_by text, p_comment text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    maker text := (select made_by from market.overrides where override_id = p_override_id);
begin
    if maker is null then
        raise exception using
            errcode = 'PT031',
            message = format('no override %s', p_override_id),
            hint = 'market.overrides lists what was asked for.';
    end if;
    if coalesce(btrim(p_decided_by), '') = ''
        or lower(btrim(p_decided_by)) = lower(btrim(maker))
    then
        raise exception using
            errcode = 'PT034',
            message = format(
                'the second person must be another one than %s, who asked for override %s',
                maker, p_override_id
            ),
            hint = 'Let someone else decide, under their own name.';
    end if;
    insert into market.override_decisions (override_id, made_by, decision, decided_by, comment)
    values (p_override_id, maker, p_decision, p_decided_by, p_comment);
end
$$;

COMMENT ON FUNCTION market.decide_override(p_override_id integer, p_decision text, p_decided_by text, p_comment text) IS 'APPROVED or REFUSED, once, by someone else than who asked; takes effect at once.';

CREATE FUNCTION market.fx_rates_on(p_business_date date, p_base_currency text DEFAULT 'USD'::text, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(currency text, base_currency text, rate numeric, mark_date date, source text, is_stale boolean, override_id integer)
    LANGUAGE sql STABLE
    AS $$
    with pairs as (
        select left(symbol, 3) as bought, m.*
        from market.best_marks(p_business_date, p_known_at) as m
        where mark_kind = 'FX'
          and price > 0
    ),
    -- against the US dollar, which every pair that is quoted leads to; a direct quote before one
    -- that has to be turned round
    dollars as (
        select distinct on (q.currency)
            q.currency, q.rate, q.mark_date, q.source, q.is_stale, q.override_id
        from (
            select
                bought as currency, price as rate, mark_date, source, is_stale, override_id,
                0 as turns
            from pairs
            where pairs.currency = 'USD'
            union all
            select pairs.currency, 1 / price, mark_date, source, is_stale, override_id, 1
            from pairs
            where bought = 'USD'
        ) as q
        order by q.currency, q.turns
    ),
    every_rate as (
        select * from dollars
        union all
        select 'USD', 1::numeric, p_business_date, 'identity', false, null
    )
    select
        r.currency,
        p_base_currency,
        case when r.currency = p_base_currency then 1 else r.rate / base.rate end,
        least(r.mark_date, base.mark_date),
        case when r.currency = p_base_currency then 'identity' else r.source end,
        r.currency <> p_base_currency and (r.is_stale or base.is_stale),
        coalesce(r.override_id, base.override_id)
    from every_rate as r
    join every_rate as base on base.currency = p_base_currency
$$;

COMMENT ON FUNCTION market.fx_rates_on(p_business_date date, p_base_currency text, p_known_at timestamp with time zone) IS 'Units of the base currency for one unit of each currency, through the US dollar. The base itself is 1. No row: no rate, and what is in that currency stays unvalued in the base.';

CREATE FUNCTION market.goes_below_nought(asset_class text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce(asset_class in ('DERIVATIVE', 'COMMODITY'), false)
$$;

COMMENT ON FUNCTION market.goes_below_nought(asset_class text) IS 'Whether an instrument of the class may be worth nought or less: futures may (the WTI contract for May 2020 settled at -37.63 USD on 20 April 2020), options run out worthless; shares, funds, bonds and currency pairs are above nought. False where the class is not known.';

CREATE FUNCTION market.history(p_from date, p_to date) RETURNS TABLE(mark_kind text, symbol text, currency text, mark_date date, price numeric)
    LANGUAGE sql STABLE
    AS $$
    with decided as (
        select distinct on (o.symbol, o.mark_date)
            o.mark_kind, o.symbol, o.currency, o.mark_date, o.price
        from market.overrides as o
        join market.override_decisions as d
            on d.override_id = o.override_id
            and d.decision = 'APPROVED'
        where o.mark_date between p_from and p_to
          and o.mark_kind <> 'CURVE'
        order by o.symbol, o.mark_date, d.decided_at desc, o.override_id desc
    ),
    every_mark as (
        select
            m.mark_kind, m.symbol, m.currency, m.mark_date, m.price, m.source_id, m.observed_at
        from market.marks as m
        where m.mark_date between p_from and p_to
          and m.mark_kind <> 'CURVE'
        union all
        select
            case i.asset_class when 'FX' then 'FX' else 'PRICE' end, m.symbol, m.currency,
            m.business_date, m.mark_price, m.mark_source, null
        from books.marks as m
        left join reference.instruments as i on i.symbol = m.symbol
        where m.business_date between p_from and p_to
        union all
        select mark_kind, symbol, currency, mark_date, price, 'override', null
        from decided
        where price is not null
    ),
    -- * stands below a row of the class: its priority counts only where there is none
    ranks as (
        select distinct on (source_id, asset_class)
            source_id, asset_class, priority
        from reference.mark_sources
        where effective_from <= p_to
        order by source_id, asset_class, effective_from desc
    )
    select distinct on (m.symbol, m.mark_date)
        m.mark_kind, m.symbol, m.currency, m.mark_date,
        case when m.symbol in (select symbol from reference.share_splits)
            then m.price / books.split_ratio(m.symbol, m.mark_date, p_to)
            else m.price
        end
    from every_mark as m
    left join reference.instruments as i on i.symbol = m.symbol
    left join ranks as own
        on own.source_id = m.source_id
        and own.asset_class = case m.mark_kind when 'FX' then 'FX' else i.asset_class end
    left join ranks as any_class
        on any_class.source_id = m.source_id
        and any_class.asset_class = '*'
    where m.source_id = 'override'
       or own.priority is not null
       or any_class.priority is not null
    order by
        m.symbol, m.mark_date, m.source_id = 'override' desc,
        m.currency is not distinct from i.currency desc,
        coalesce(own.priority, any_class.priority), m.observed_at desc nulls last, m.currency
$$;

COMMENT ON FUNCTION market.history(p_from date, p_to date) IS 'Of each instrument and pair the mark that counts for each day of a span, of the marks of that very day, in units of its end (after splits): nothing is carried forward. Priorities as in force at its end.';

CREATE FUNCTION market.is_plausible(price numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    -- NaN is above every number
    select abs(price) <= 1000000000
$$;

COMMENT ON FUNCTION market.is_plausible(price numeric) IS 'Whether a number can be a price at all: the bound of the feed''s rule price_out_of_range. NaN and Infinity cannot.';

CREATE FUNCTION market.marks_on(p_business_date date, p_known_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone) RETURNS TABLE(symbol text, price numeric, currency text, mark_date date, source text, is_stale boolean, override_id integer, observed_at timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
    select
        symbol,
        case
            when mark_date < p_business_date
                and symbol in (select symbol from reference.share_splits)
                then trim_scale(
                    round(price / books.split_ratio(symbol, mark_date, p_business_date), 10)
                )
            else price
        end,
        currency, mark_date, source, is_stale, override_id, observed_at
    from market.best_marks(p_business_date, p_known_at)
    where mark_kind <> 'CURVE'
$$;

COMMENT ON FUNCTION market.marks_on(p_business_date date, p_known_at timestamp with time zone) IS 'At most one mark per instrument, in units of the date: a price from before a split is divided by its ratio, to 10 decimals. No row: unpriced. A stale one is a row with is_stale; what may be valued by it is for the reader to say.';

CREATE FUNCTION market.overrides_on(p_business_date date) RETURNS TABLE(override_id integer, mark_kind text, symbol text, tenor_days integer, currency text, mark_date date, state text, old_price numeric, old_source text, override_price numeric, new_price numeric, reason text, made_by text, made_at timestamp with time zone, decided_by text, decided_at timestamp with time zone, decision_comment text)
    LANGUAGE sql STABLE
    AS $$
    with listed as (
        select
            o.*, d.decision, d.decided_by, d.decided_at, d.comment,
            -- what counted before the decision is what it replaced; while it waits, what counts now
            coalesce(d.decided_at, 'infinity') - interval '1 microsecond' as before_at,
            d.decision = 'APPROVED' and exists (
                select
                from market.overrides as other
                join market.override_decisions as later on later.override_id = other.override_id
                where (other.symbol, other.mark_kind, other.tenor_days, other.mark_date)
                    = (o.symbol, o.mark_kind, o.tenor_days, o.mark_date)
                  and later.decision = 'APPROVED'
                  and (later.decided_at, later.override_id) > (d.decided_at, d.override_id)
            ) as is_superseded
        from market.overrides as o
        left join market.override_decisions as d on d.override_id = o.override_id
        where o.mark_date = p_business_date
           or (o.symbol, o.currency, o.mark_date) in (
               select c.symbol, c.currency, c.mark_date
               from books.close_marks as c
               where c.business_date = p_business_date
                 and c.mark_source = 'override'
           )
    ),
    -- once for each instant that is asked of, however many overrides were decided by then
    asked as (
        select mark_date, before_at as known_at from listed
        union
        select mark_date, decided_at from listed where decision = 'APPROVED' and price is null
    ),
    known as (
        select a.mark_date as asked_date, a.known_at, m.*
        from asked as a
        cross join lateral market.best_marks(a.mark_date, a.known_at) as m
        where m.symbol in (select symbol from listed)
    )
    select
        l.override_id, l.mark_kind, l.symbol, l.tenor_days, l.currency, l.mark_date,
        case
            when l.is_superseded then 'SUPERSEDED'
            else coalesce(l.decision, 'PENDING')
        end,
        old.price, old.source, l.price, coalesce(l.price, again.price), l.reason, l.made_by,
        l.made_at, l.decided_by, l.decided_at, l.comment
    from listed as l
    left join known as old
        on (old.asked_date, old.known_at, old.symbol, old.mark_kind, old.tenor_days, old.currency)
        = (l.mark_date, l.before_at, l.symbol, l.mark_kind, l.tenor_days, l.currency)
    left join known as again
        on l.price is null
        and (
            again.asked_date, again.known_at, again.symbol, again.mark_kind, again.tenor_days,
            again.currency
        ) = (l.mark_date, l.decided_at, l.symbol, l.mark_kind, l.tenor_days, l.currency)
$$;

COMMENT ON FUNCTION market.overrides_on(p_business_date date) IS 'Every override of the marks of a date, and of an earlier one that its close still valued by. old: the mark it replaced, or would (none: unpriced); new: what stands instead, null where a pending one asks for what the sources say again. PENDING: waits for a second person and changes nothing; SUPERSEDED: approved, and another was approved after it.';

CREATE FUNCTION market.propose_override(p_symbol text, p_mark_date date, p_price numeric, p_currency text, p_reason text, p_made_by text, p_mark_kind text DEFAULT 'PRICE'::text, p_tenor_days integer DEFAULT 0) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    own_currency text := (
        select currency
        from reference.instruments
        where symbol = p_symbol
          and p_mark_kind <> 'CURVE'
    );
    own_class text := (select asset_class from reference.instruments where symbol = p_symbol);
    new_id integer;
begin
    if p_price is not null and not market.is_plausible(p_price) then
        raise exception using
            errcode = 'PT032',
            message = format('%s is not a price', p_price),
            hint = 'State a number within a thousand million on either side of nought.';
    end if;
    if p_price <= 0 and (
        p_mark_kind = 'FX' or (p_mark_kind = 'PRICE' and not market.goes_below_nought(own_class))
    ) then
        raise exception using
            errcode = 'PT032',
            message = format(
                '%s of %s is not above nought, as a price of %s must be',
                p_price, p_symbol, coalesce(own_class, 'an unknown instrument')
            ),
            hint = 'Only futures, options and curve points may stand at nought or below. To take an '
                'override back, propose null: the sources count again.';
    end if;
    if not exists (select from reference.instruments where symbol = p_symbol)
        and not exists (select from market.marks where symbol = p_symbol)
    then
        raise exception using
            errcode = 'PT033',
            message = format('no instrument %s, and no mark of it', coalesce(p_symbol, '(null)')),
            hint = 'State a symbol of reference.instruments or of market.marks as it stands there.';
    end if;
    if own_currency <> p_currency then
        raise exception using
            errcode = 'PT030',
            message = format('%s is quoted in %s, not in %s', p_symbol, own_currency, p_currency),
            hint = 'State the price in the currency of the instrument.';
    end if;
    insert into market.overrides (
        mark_kind, symbol, currency, tenor_days, mark_date, price, reason, made_by
    )
    values (
        p_mark_kind, p_symbol, p_currency, p_tenor_days, p_mark_date, p_price, p_reason, p_made_by
    )
    returning override_id into new_id;
    return new_id;
end
$$;

COMMENT ON FUNCTION market.propose_override(p_symbol text, p_mark_date date, p_price numeric, p_currency text, p_reason text, p_made_by text, p_mark_kind text, p_tenor_days integer) IS 'Asks for another mark of a date (null: what the sources say again). Gives the id that a second person decides with market.decide_override; until then nothing changes.';

CREATE FUNCTION market.rate_history(p_from date, p_to date, p_base_currency text) RETURNS TABLE(currency text, mark_date date, rate numeric)
    LANGUAGE sql STABLE
    AS $$
    with dollars as (
        select distinct on (q.currency, q.mark_date) q.currency, q.mark_date, q.rate
        from (
            select left(symbol, 3) as currency, mark_date, price as rate, 0 as turns
            from market.history(p_from, p_to)
            where mark_kind = 'FX'
              and currency = 'USD'
              and price > 0
            union all
            select currency, mark_date, 1 / price, 1
            from market.history(p_from, p_to)
            where mark_kind = 'FX'
              and left(symbol, 3) = 'USD'
              and price > 0
        ) as q
        order by q.currency, q.mark_date, q.turns
    ),
    every_rate as (
        select currency, mark_date, rate from dollars
        union all
        select 'USD', day::date, 1
        from generate_series(p_from, p_to, interval '1 day') as day
    )
    select
        r.currency, r.mark_date,
        case when r.currency = base.currency then 1 else r.rate / base.rate end
    from every_rate as r
    join every_rate as base
        on base.mark_date = r.mark_date
        and base.currency = p_base_currency
$$;

COMMENT ON FUNCTION market.rate_history(p_from date, p_to date, p_base_currency text) IS 'Rates into the base currency day by day, of the marks of that very day; the dollar has one always.';

CREATE FUNCTION quality.add_flags(p_flags text[], p_rules text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT array_agg(DISTINCT flag.flag ORDER BY flag.flag) AS array_agg FROM unnest((add_flags.p_flags || add_flags.p_rules)) flag(flag));

COMMENT ON FUNCTION quality.add_flags(p_flags text[], p_rules text[]) IS 'The flags of a row with further ones, once each.';

CREATE FUNCTION quality.fee_permille(p_fees numeric, p_quantity numeric, p_price numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ceil(((p_fees * (1000)::numeric) / GREATEST(abs((p_quantity * p_price)), (1000)::numeric)));

COMMENT ON FUNCTION quality.fee_permille(p_fees numeric, p_quantity numeric, p_price numeric) IS 'Fees in thousandths of the traded value, rounded up; a value below 1000 counts as 1000, so that a minimum fee on a small trade is no finding.';

CREATE FUNCTION quality.is_isin_checked(p_symbol text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN ((length(p_symbol) <> 12) OR (p_symbol !~ '^[A-Z][A-Z][A-Z0-9]*[0-9]$'::text)) THEN NULL::boolean ELSE (SELECT ((sum(CASE WHEN ((places.place % (2)::bigint) = 1) THEN places.digit ELSE (((places.digit * 2) / 10) + ((places.digit * 2) % 10)) END) % (10)::bigint) = 0) FROM (SELECT (digits.digit)::integer AS digit, row_number() OVER (ORDER BY letters.place DESC, digits.place DESC) AS place FROM (string_to_table(is_isin_checked.p_symbol, NULL::text) WITH ORDINALITY letters(letter, place) CROSS JOIN LATERAL string_to_table(((strpos('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text, letters.letter) - 1))::text, NULL::text) WITH ORDINALITY digits(digit, place))) places) END;

COMMENT ON FUNCTION quality.is_isin_checked(p_symbol text) IS 'Whether a symbol of an ISIN''s shape ends with the right check digit (ISO 6166); null for symbols of any other shape.';

CREATE FUNCTION quality.is_key_enforced(p_table text) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (EXISTS (SELECT 1 FROM pg_index WHERE ((pg_index.indrelid = ((is_key_enforced.p_table)::regclass)::oid) AND pg_index.indisprimary AND pg_index.indisvalid)));

COMMENT ON FUNCTION quality.is_key_enforced(p_table text) IS 'Whether a table''s primary key stands and is valid in every partition.';

CREATE FUNCTION quality.notional_gap_cents(p_notional numeric, p_quantity numeric, p_price numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ceil((abs((p_notional - (p_quantity * p_price))) * (100)::numeric));

COMMENT ON FUNCTION quality.notional_gap_cents(p_notional numeric, p_quantity numeric, p_price numeric) IS 'Distance between the stated notional and quantity x price, in hundredths of the currency, rounded up.';

CREATE FUNCTION quality.outright_price(p_price numeric, p_asset_class text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (p_asset_class = ANY (ARRAY['COMMODITY'::text, 'DERIVATIVE'::text])) THEN NULL::numeric ELSE p_price END;

COMMENT ON FUNCTION quality.outright_price(p_price numeric, p_asset_class text) IS 'The price where it must be positive; null for commodities and derivatives, which may trade at or below zero.';

CREATE FUNCTION recon.change_match() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op <> 'INSERT' then
        delete from recon.single_matches
        where business_date = old.business_date
          and trade_id = old.trade_id;
        if not found then
            insert into recon.match_set_exceptions (business_date, trade_id)
            values (old.business_date, old.trade_id)
            on conflict (business_date, trade_id) do nothing;
        end if;
    end if;
    if tg_op = 'DELETE' then
        return old;
    end if;
    insert into recon.single_matches (
        business_date, trade_id, execution_version, confirmation_version, pnl_snapshot_version,
        run_id, matched_at
    )
    values (
        new.business_date, new.trade_id, new.execution_version, new.confirmation_version,
        new.pnl_snapshot_version, new.run_id, new.matched_at
    );
    return new;
end
$$;

COMMENT ON FUNCTION recon.change_match() IS 'What a change of one row of the view recon.matches does to the tables behind it.';

CREATE FUNCTION recon.find_doubtful_matches(p_business_date date, p_first_trade_id text, p_end_trade_id text) RETURNS TABLE(trade_id text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select trade_id
    from (
        select x.trade_id, x.version
        from trade.confirmations as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as c
    full join (
        select x.trade_id, x.business_date
        from recon.single_matches as x
        where x.business_date = p_business_date
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as m using (trade_id)
    where c.version is null
       or m.business_date is null
$$;

COMMENT ON FUNCTION recon.find_doubtful_matches(p_business_date date, p_first_trade_id text, p_end_trade_id text) IS 'Trades in the same range with a confirmation or a single match, but not both.';

CREATE FUNCTION recon.find_doubtful_trades(p_business_date date, p_first_trade_id text, p_end_trade_id text, p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) RETURNS SETOF recon.joined_trade
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select *
    from recon.join_doubtful_trades(
        p_business_date, p_first_trade_id, p_end_trade_id, p_silent_source_ids, p_first_batch_id,
        p_last_batch_id, p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max,
        p_price_delta_max, p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select
        trade_id, false, null, null, null, null, null, null, null, null, null, null, null, null,
        null, null, null, null, null, null, null, null, null
    from recon.find_doubtful_matches(p_business_date, p_first_trade_id, p_end_trade_id)
    where p_first_batch_id is null
$$;

COMMENT ON FUNCTION recon.find_doubtful_trades(p_business_date date, p_first_trade_id text, p_end_trade_id text, p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) IS 'Both; a trade may come more than once. Where is_joined is true, the row shows the first version of every side, but for the snapshot of a trade without an execution. Without batches no set holds the matches of the date: single ones are looked at.';

CREATE FUNCTION recon.find_doubtful_trades_by_range(p_business_date date, p_cuts text[], p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) RETURNS SETOF recon.joined_trade
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select *
    from recon.find_doubtful_trades(
        p_business_date, '', p_cuts[1], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[1], p_cuts[2], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[2], p_cuts[3], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[3], p_cuts[4], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[4], p_cuts[5], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[5], p_cuts[6], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[6], p_cuts[7], p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
    union all
    select *
    from recon.find_doubtful_trades(
        p_business_date, p_cuts[7], null, p_silent_source_ids, p_first_batch_id, p_last_batch_id,
        p_excluded_batch_ids, p_excluded_source_ids, p_quantity_delta_max, p_price_delta_max,
        p_timestamp_delta_ms_max, p_pnl_delta_limit
    )
$$;

COMMENT ON FUNCTION recon.find_doubtful_trades_by_range(p_business_date date, p_cuts text[], p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) IS 'Those of the whole date, in eight ranges between seven cuts: each is one process''s at a time, and enough of them that none is left working alone for long.';

CREATE FUNCTION recon.instant_text(p_instant timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select to_char(p_instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

COMMENT ON FUNCTION recon.instant_text(p_instant timestamp with time zone) IS 'How an instant stands among the values of a break: ISO 8601, UTC, six decimals.';

CREATE FUNCTION recon.join_doubtful_trades(p_business_date date, p_first_trade_id text, p_end_trade_id text, p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) RETURNS SETOF recon.joined_trade
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        trade_id,
        (c.status = 'CANCELLED' or e.pnl_status = 'CANCELLED') is not true,
        e.version, e.status, e.source_id, e.batch_id, e.symbol, e.currency, e.counterparty_id,
        e.quantity, e.price, e.executed_at,
        c.version, c.quantity, c.price, c.confirmed_at, c.symbol, c.currency, c.counterparty_id,
        e.pnl_version, e.pnl_impact, e.commission, e.pnl_currency
    from (
        select
            x.trade_id, x.version, x.status, x.source_id, x.batch_id, x.symbol, x.currency,
            x.counterparty_id, x.quantity, x.price, x.executed_at,
            p.version as pnl_version, p.pnl_impact, p.commission, p.currency as pnl_currency,
            p.status as pnl_status, x.feed
        from trade.executions as x
        left join (
            select s.trade_id, s.version, s.pnl_impact, s.commission, s.currency, s.status
            from trade.pnl_snapshots as s
            where s.business_date = p_business_date
              and s.version = 1
              and s.trade_id >= p_first_trade_id
              and (p_end_trade_id is null or s.trade_id < p_end_trade_id)
        ) as p on p.trade_id = x.trade_id
        where x.business_date = p_business_date
          and x.version = 1
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as e
    full join (
        select
            x.trade_id, x.version, x.quantity, x.price, x.confirmed_at, x.status, x.symbol,
            x.currency, x.counterparty_id
        from trade.confirmations as x
        where x.business_date = p_business_date
          and x.version = 1
          and x.trade_id >= p_first_trade_id
          and (p_end_trade_id is null or x.trade_id < p_end_trade_id)
    ) as c using (trade_id)
    where (
        recon.quantities_agree(e.quantity, c.quantity, p_quantity_delta_max)
        and recon.prices_agree(e.price, c.price, p_price_delta_max)
        and recon.timestamps_agree(e.executed_at, c.confirmed_at, p_timestamp_delta_ms_max)
        and recon.pnl_agrees(e.quantity, e.price, e.commission, e.pnl_impact, p_pnl_delta_limit)
        and e.status <> 'CANCELLED'
        and c.status <> 'CANCELLED'
        and e.pnl_status <> 'CANCELLED'
        and e.source_id <> all(p_silent_source_ids || p_excluded_source_ids)
        and (p_first_batch_id is null or e.batch_id between p_first_batch_id and p_last_batch_id)
        and (coalesce(p_excluded_batch_ids, '{}') = '{}' or e.batch_id <> all(p_excluded_batch_ids))
    ) is not true
    and (
        c.version is not null
        or e.pnl_version is not null
        or e.source_id <> all(p_silent_source_ids)
        or e.feed <> e.source_id
    )
$$;

COMMENT ON FUNCTION recon.join_doubtful_trades(p_business_date date, p_first_trade_id text, p_end_trade_id text, p_silent_source_ids text[], p_first_batch_id bigint, p_last_batch_id bigint, p_excluded_batch_ids bigint[], p_excluded_source_ids text[], p_quantity_delta_max numeric, p_price_delta_max numeric, p_timestamp_delta_ms_max integer, p_pnl_delta_limit numeric) IS 'Trades from the first id to before the end (null: no end) with an execution or a confirmation, whose three sides are not all there and agree. Of a silent source, which expects no other side: those that have one, and those that another feed than its own brought. With batches: also those whose execution is of another batch, or of an excluded source.';

CREATE FUNCTION recon.look_up_match(p_business_dates date[], p_business_date date, p_trade_id text, p_execution_version integer, p_batch_id bigint, p_source_id text) RETURNS TABLE(has_match boolean, execution_version integer, confirmation_version integer, pnl_snapshot_version integer)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        single.trade_id is not null
        or exception.trade_id is null and coalesce(
            match_set.business_date is not null and p_execution_version > 1
            or p_batch_id between match_set.first_batch_id and match_set.last_batch_id
            and p_batch_id <> all(match_set.excluded_batch_ids)
            and p_source_id <> all(match_set.excluded_source_ids),
            false
        ),
        case when single.trade_id is null then 1 else single.execution_version end,
        case when single.trade_id is null then 1 else single.confirmation_version end,
        case when single.trade_id is null then 1 else single.pnl_snapshot_version end
    from (values (1)) as one (row_number)
    left join lateral (
        select x.*
        from recon.single_matches as x
        where x.business_date = any(p_business_dates)
          and x.business_date = p_business_date
          and x.trade_id = p_trade_id
        limit 1
    ) as single on true
    left join recon.match_sets as match_set on match_set.business_date = p_business_date
    left join recon.match_set_exceptions as exception
        on exception.business_date = match_set.business_date
        and exception.trade_id = p_trade_id
$$;

COMMENT ON FUNCTION recon.look_up_match(p_business_dates date[], p_business_date date, p_trade_id text, p_execution_version integer, p_batch_id bigint, p_source_id text) IS 'What the view recon.matches says of one trade whose highest execution is known, in two look-ups. A set counts for a later version of an execution, too: it may cover the first one.';

CREATE FUNCTION recon.pnl_agrees(p_quantity numeric, p_price numeric, p_commission numeric, p_pnl_impact numeric, p_limit numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select abs(p_price * p_quantity - p_commission - p_pnl_impact) < p_limit
$$;

COMMENT ON FUNCTION recon.pnl_agrees(p_quantity numeric, p_price numeric, p_commission numeric, p_pnl_impact numeric, p_limit numeric) IS '|price x quantity - commission - pnl_impact| < limit, strict. Null where a side is missing.';

CREATE FUNCTION recon.prices_agree(p_execution numeric, p_confirmation numeric, p_delta_max numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select p_execution = p_confirmation or abs(p_confirmation - p_execution) <= p_delta_max
$$;

COMMENT ON FUNCTION recon.prices_agree(p_execution numeric, p_confirmation numeric, p_delta_max numeric) IS '|confirmation - execution| <= bound, inclusive. Null where a side is missing.';

CREATE FUNCTION recon.quantities_agree(p_execution numeric, p_confirmation numeric, p_delta_max numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select p_execution = p_confirmation or abs(p_confirmation - p_execution) <= p_delta_max
$$;

COMMENT ON FUNCTION recon.quantities_agree(p_execution numeric, p_confirmation numeric, p_delta_max numeric) IS '|confirmation - execution| <= bound, inclusive. Null where a side is missing.';

CREATE FUNCTION recon.record_break_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_advisory_xact_lock(hashtext('recon'));
    if tg_op = 'INSERT' then
        insert into recon.break_events (
            business_date, trade_id, break_type, event, expected_value, actual_value, delta,
            exposure_amount, currency, counterparty_id, symbol, run_id, occurred_at
        )
        select
            business_date, trade_id, break_type, 'OPENED', expected_value, actual_value, delta,
            exposure_amount, currency, counterparty_id, symbol, opened_run_id, now()
        from new_rows
        where status = 'OPEN';
        return null;
    end if;
    insert into recon.break_events (
        business_date, trade_id, break_type, event, expected_value, actual_value, delta,
        exposure_amount, currency, counterparty_id, symbol, reason, run_id, occurred_at
    )
    select
        n.business_date, n.trade_id, n.break_type,
        case n.status when 'OPEN' then 'REOPENED' else 'RESOLVED' end,
        n.expected_value, n.actual_value, n.delta, n.exposure_amount, n.currency,
        n.counterparty_id, n.symbol, n.resolved_reason,
        coalesce(n.resolved_run_id, n.opened_run_id), now()
    from new_rows as n
    join old_rows as o
        on o.trade_id = n.trade_id
        and o.break_type = n.break_type
        and o.business_date = n.business_date
    where o.status <> n.status;
    return null;
end
$$;

COMMENT ON FUNCTION recon.record_break_events() IS 'Writes recon.break_events for the rows of one statement on recon.breaks.';

CREATE FUNCTION recon.timestamps_agree(p_executed_at timestamp with time zone, p_confirmed_at timestamp with time zone, p_delta_ms_max integer) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select
        p_confirmed_at between p_executed_at - p_delta_ms_max * interval '1 millisecond'
        and p_executed_at + p_delta_ms_max * interval '1 millisecond'
$$;

COMMENT ON FUNCTION recon.timestamps_agree(p_executed_at timestamp with time zone, p_confirmed_at timestamp with time zone, p_delta_ms_max integer) IS '|confirmed - executed| <= bound in milliseconds, inclusive. Null where a side is missing.';

CREATE FUNCTION reference.add_weekdays(p_date date, p_days integer) RETURNS date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
    -- a weekend counts as its Friday
    select (
        p_date - greatest(extract(isodow from p_date)::integer - 5, 0) + p_days
        + 2 * ((least(extract(isodow from p_date)::integer, 5) - 1 + p_days) / 5)
    )
$$;

COMMENT ON FUNCTION reference.add_weekdays(p_date date, p_days integer) IS 'The date n Mondays-to-Fridays later; stands in where no calendar reaches.';

CREATE FUNCTION reference.adjust_date(p_calendar_id text, p_date date, p_convention text) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    select case p_convention
        when 'FOLLOWING' then next.day
        when 'PRECEDING' then last.day
        when 'MODIFIED_FOLLOWING' then
            case when date_trunc('month', next.day) = date_trunc('month', p_date)
                then next.day else last.day
            end
        when 'MODIFIED_PRECEDING' then
            case when date_trunc('month', last.day) = date_trunc('month', p_date)
                then last.day else next.day
            end
    end
    from (
        select min(calendar_date) as day
        from reference.calendar_days
        where calendar_id = p_calendar_id
          and is_business_day
          and calendar_date between p_date and p_date + 40
    ) as next
    cross join (
        select max(calendar_date) as day
        from reference.calendar_days
        where calendar_id = p_calendar_id
          and is_business_day
          and calendar_date between p_date - 40 and p_date
    ) as last
$$;

COMMENT ON FUNCTION reference.adjust_date(p_calendar_id text, p_date date, p_convention text) IS 'A date moved to a business day by a convention: FOLLOWING, PRECEDING, MODIFIED_FOLLOWING (not into the next month), MODIFIED_PRECEDING. Null for another name, or beyond the calendar.';

CREATE FUNCTION reference.find_netting_agreement(p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date) RETURNS TABLE(agreement text, method text, netting_centre text)
    LANGUAGE sql STABLE
    AS $$
    select
        a.agreement,
        a.method,
        a.netting_centre
    from reference.netting_agreements as a
    where coalesce(a.counterparty_id, p_counterparty_id) = p_counterparty_id
      and coalesce(a.market_id, p_market_id) = p_market_id
      and coalesce(a.asset_class, p_asset_class) = p_asset_class
      and coalesce(a.currency, p_currency) = p_currency
      and a.effective_from <= p_date
      and (a.effective_until is null or a.effective_until > p_date)
      and a.withdrawn_at is null
    order by
        a.counterparty_id is null,
        a.market_id is null,
        a.asset_class is null,
        a.currency is null,
        a.effective_from desc
    limit 1
$$;

COMMENT ON FUNCTION reference.find_netting_agreement(p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date) IS 'The one in force that says most, the newest of those; no row: settled gross.';

CREATE FUNCTION reference.find_standing_instruction(p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date) RETURNS TABLE(standing_instruction_id integer, found_count bigint)
    LANGUAGE sql STABLE
    AS $$
    with in_force as (
        select
            s.standing_instruction_id,
            rank() over (
                order by (s.asset_class is not null)::integer + (s.currency is not null)::integer desc
            ) as place
        from reference.standing_instructions as s
        where s.counterparty_id = p_counterparty_id
          and s.market_id = p_market_id
          and coalesce(s.asset_class, p_asset_class) = p_asset_class
          and coalesce(s.currency, p_currency) = p_currency
          and s.effective_from <= p_date
          and (s.effective_until is null or s.effective_until > p_date)
          and s.withdrawn_at is null
    )
    select
        min(f.standing_instruction_id),
        count(*)
    from in_force as f
    where f.place = 1
$$;

COMMENT ON FUNCTION reference.find_standing_instruction(p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date) IS 'The most specific one in force on a settlement date, and how many are equally specific: 0 is missing, more than 1 ambiguous.';

CREATE FUNCTION reference.lay_calendar(p_calendar_id text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    with newest as (
        select distinct on (calendar_date)
            calendar_date,
            is_open
        from reference.calendar_overrides
        where calendar_id = p_calendar_id
        order by calendar_date, override_id desc
    ),
    wanted as (
        select
            d.calendar_date,
            coalesce(n.is_open, d.is_open_by_rule) as is_open,
            count(*) filter (where coalesce(n.is_open, d.is_open_by_rule))
                over (order by d.calendar_date) as ordinal
        from reference.calendar_days as d
        left join newest as n on n.calendar_date = d.calendar_date
        where d.calendar_id = p_calendar_id
    )
    update reference.calendar_days as d
    set is_business_day = w.is_open,
        business_day_ordinal = -w.ordinal,
        recorded_at = now()
    from wanted as w
    where d.calendar_id = p_calendar_id
      and d.calendar_date = w.calendar_date
      and (d.is_business_day, d.business_day_ordinal) <> (w.is_open, w.ordinal);
    update reference.calendar_days
    set business_day_ordinal = -business_day_ordinal
    where calendar_id = p_calendar_id
      and business_day_ordinal < 0;
end
$$;

COMMENT ON FUNCTION reference.lay_calendar(p_calendar_id text) IS 'Brings a calendar in line with its rule and what people said of its days. Changes what differs.';

CREATE FUNCTION reference.override_day(p_calendar_id text, p_date date, p_is_open boolean, p_reason text, p_decided_by text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    new_id integer;
begin
    if not exists (
        select
        from reference.calendar_days
        where (calendar_id, calendar_date) = (p_calendar_id, p_date)
    ) then
        raise exception using
            errcode = 'PT020',
            message = format('calendar %s does not reach %s', p_calendar_id, p_date),
            hint = 'See reference.calendar_days for the calendars and their span.';
    end if;
    insert into reference.calendar_overrides (
        calendar_id, calendar_date, is_open, reason, decided_by
    )
    values (p_calendar_id, p_date, p_is_open, p_reason, p_decided_by)
    returning override_id into new_id;
    perform reference.lay_calendar(p_calendar_id);
    return new_id;
end
$$;

COMMENT ON FUNCTION reference.override_day(p_calendar_id text, p_date date, p_is_open boolean, p_reason text, p_decided_by text) IS 'A person''s word over one day: open, closed, or (null) the rule again. Takes effect at once.';

CREATE FUNCTION reference.settlement_date(p_market_id text, p_asset_class text, p_trade_date date) RETURNS date
    LANGUAGE sql STABLE
    AS $$
    select settlement_date
    from reference.settlement_dates(array[p_trade_date], array[p_market_id])
    where asset_class = p_asset_class
$$;

COMMENT ON FUNCTION reference.settlement_date(p_market_id text, p_asset_class text, p_trade_date date) IS 'When a trade of a market and asset class settles; null where no cycle or calendar reaches. For many trades join reference.settlement_dates.';

CREATE FUNCTION reference.settlement_dates(p_business_dates date[], p_market_ids text[] DEFAULT NULL::text[]) RETURNS TABLE(business_date date, market_id text, asset_class text, settlement_date date)
    LANGUAGE sql STABLE
    AS $$
    select
        traded.business_date,
        cycle.market_id,
        cycle.asset_class,
        settles.calendar_date
    from unnest(p_business_dates) as traded (business_date)
    cross join lateral (
        select distinct on (c.market_id, c.asset_class)
            c.market_id,
            c.asset_class,
            c.days_after_trade
        from reference.settlement_cycles as c
        where c.effective_from <= traded.business_date
        order by c.market_id, c.asset_class, c.effective_from desc
    ) as cycle
    join reference.markets as m
        on m.market_id = cycle.market_id
        and (p_market_ids is null or m.market_id = any(p_market_ids))
    join reference.calendar_days as trade_day
        on trade_day.calendar_id = coalesce(m.counting_calendar, m.settlement_calendar)
        and trade_day.calendar_date = traded.business_date
    -- a trade on a holiday settles at the earliest on the next settlement day, also when n is 0
    join reference.calendar_days as counted
        on counted.calendar_id = trade_day.calendar_id
        and counted.is_business_day
        and counted.business_day_ordinal = trade_day.business_day_ordinal
            + greatest(cycle.days_after_trade, (not trade_day.is_business_day)::integer)
    join reference.calendar_days as due
        on due.calendar_id = m.settlement_calendar
        and due.calendar_date = counted.calendar_date
    join reference.calendar_days as settles
        on settles.calendar_id = m.settlement_calendar
        and settles.is_business_day
        and settles.business_day_ordinal
            = due.business_day_ordinal + (not due.is_business_day)::integer
$$;

COMMENT ON FUNCTION reference.settlement_dates(p_business_dates date[], p_market_ids text[]) IS 'Settlement date for each trade date, market (all, or some) and asset class. No row where no cycle is in force or the calendar does not reach.';

CREATE FUNCTION reference.settlement_driver(p_market_id text, p_settlement_date date) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(
        (
            select d.driver
            from reference.settlement_drivers as d
            where d.market_id = p_market_id
              and d.effective_from <= p_settlement_date
            order by d.effective_from desc
            limit 1
        ),
        'ASSUMPTION'
    )
$$;

COMMENT ON FUNCTION reference.settlement_driver(p_market_id text, p_settlement_date date) IS 'ASSUMPTION: what is due and not withheld settles; DEPOSITORY: only what a depository says.';

CREATE FUNCTION report.affirmation_rates(p_business_date date) RETURNS TABLE(business_date date, market_id text, counterparty_id text, trade_count bigint, affirmed_count bigint, in_time_count bigint, affirmation_rate numeric, rate_target numeric, is_target_met boolean)
    LANGUAGE sql STABLE
    SET enable_nestloop TO 'off'
    AS $$
    select
        p_business_date,
        market_id,
        counterparty_id,
        sum(trade_count)::bigint,
        sum(affirmed_count)::bigint,
        sum(in_time_count)::bigint,
        round(sum(in_time_count) / sum(trade_count), 4),
        max(rate_target),
        sum(in_time_count) >= max(rate_target) * sum(trade_count)
    -- counted by counterparty first, by several processes, which grouping sets rule out
    from (
        select
            a.market_id,
            a.counterparty_id,
            count(*) as trade_count,
            count(a.affirmed_at) as affirmed_count,
            count(*) filter (where a.is_in_time) as in_time_count,
            max(a.rate_target) as rate_target
        from settlement.affirmations as a
        where a.business_date = p_business_date
        group by a.market_id, a.counterparty_id
    ) as counted
    group by grouping sets ((market_id, counterparty_id), (market_id))
$$;

COMMENT ON FUNCTION report.affirmation_rates(p_business_date date) IS 'Share of a date''s trades affirmed by the cutoff, per market and counterparty; counterparty_id null: the whole market. Whether the target is met is decided before rounding.';

CREATE FUNCTION report.instant(p_instant timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select to_char(p_instant at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

COMMENT ON FUNCTION report.instant(p_instant timestamp with time zone) IS 'ISO 8601 in UTC, always six decimals.';

CREATE FUNCTION report.neutralise(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_text collate "C" between 'A' and '{' or p_text collate "C" between '0' and ':'
            then p_text
        when p_text ~ '^([[:space:]]*[=+@''＝＋－＠-]|[\t\r\n])' then '''' || p_text
        else p_text
    end
$$;

COMMENT ON FUNCTION report.neutralise(p_text text) IS 'The text with an apostrophe before it where a spreadsheet would take it for a formula.';

CREATE FUNCTION report.neutralise_value(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case
        when p_text ~ '^-[0-9]+(\.[0-9]+)?$' then p_text
        else report.neutralise(p_text)
    end
$_$;

COMMENT ON FUNCTION report.neutralise_value(p_text text) IS 'Like neutralise, for columns that hold numbers or words: a plain decimal number stays as it is.';

CREATE FUNCTION risk.count_flow_inputs(p_business_date date) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    select
        (
            select count(*)
            from control.received_counts
            where business_date = p_business_date
              and feed in ('executions', 'trades')
        )
        + (
            select count(distinct (trade_id, allocation_version))
            from trade.allocations
            where business_date = p_business_date
        )
$$;

COMMENT ON FUNCTION risk.count_flow_inputs(p_business_date date) IS 'Counts of received executions, and allocations of blocks, of a date: only grows, so that a date whose flows were built of fewer is behind.';

CREATE FUNCTION risk.net_to_gross(p_net_cost numeric, p_gross_cost numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case when p_gross_cost = 0 then 1 else greatest(p_net_cost, 0) / p_gross_cost end
$$;

COMMENT ON FUNCTION risk.net_to_gross(p_net_cost numeric, p_gross_cost numeric) IS 'Net replacement cost (not below nought) over gross; 1 where the gross one is nought.';

CREATE FUNCTION risk.standard_margin(p_gross_margin numeric, p_net_cost numeric, p_gross_cost numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_gross_cost = 0 then p_gross_margin
        -- one division, at the end
        else p_gross_margin * (0.4 * p_gross_cost + 0.6 * greatest(p_net_cost, 0)) / p_gross_cost
    end
$$;

COMMENT ON FUNCTION risk.standard_margin(p_gross_margin numeric, p_net_cost numeric, p_gross_cost numeric) IS 'Net margin = 0.4 x gross + 0.6 x net-to-gross ratio x gross.';

CREATE FUNCTION settlement.accrued_interest(p_symbol text, p_settlement_date date) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select c.accrued_interest * t.multiplier
    from reference.instrument_terms as t
    cross join lateral books.coupon_interest(
        p_settlement_date, t.coupon_rate, t.coupons_per_year, t.maturity_date, t.day_count
    ) as c
    where t.symbol = p_symbol
      and t.coupon_rate is not null
$$;

COMMENT ON FUNCTION settlement.accrued_interest(p_symbol text, p_settlement_date date) IS 'Interest since the last coupon that the buyer of a bond pays the seller for each unit of its quantity on a settlement date, times the multiplier as the price is, as the books count it; null where none is borne.';

CREATE FUNCTION settlement.age_bucket(p_age integer) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_age <= 0 then '0'
        when p_age = 1 then '1'
        when p_age <= 3 then '2-3'
        when p_age <= 5 then '4-5'
        when p_age <= 10 then '6-10'
        when p_age <= 30 then '11-30'
        else '>30'
    end
$$;

COMMENT ON FUNCTION settlement.age_bucket(p_age integer) IS 'The ageing buckets of breaks and fails (convention), in business days.';

CREATE FUNCTION settlement.age_in_business_days(p_market_id text, p_from date, p_to date) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
    select
        coalesce(later.business_day_ordinal - earlier.business_day_ordinal, p_to - p_from)::integer
    from (select p_to) as asked
    left join reference.markets as m on m.market_id = p_market_id
    left join reference.calendar_days as earlier
        on (earlier.calendar_id, earlier.calendar_date) = (m.settlement_calendar, p_from)
    left join reference.calendar_days as later
        on (later.calendar_id, later.calendar_date) = (m.settlement_calendar, p_to)
$$;

COMMENT ON FUNCTION settlement.age_in_business_days(p_market_id text, p_from date, p_to date) IS 'Settlement days of a market from one date to another: 0 on the day itself. Of a market that is not known, calendar days.';

CREATE FUNCTION settlement.analyze_partitions(p_settlement_date date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    table_name text;
begin
    foreach table_name in array array['instructions', 'events']
    loop
        -- rows are only added: as many pages as were counted are the rows that were counted
        if exists (
            select
            from pg_catalog.pg_class as c
            where c.relnamespace = 'settlement'::regnamespace
              and c.relname = table_name || to_char(p_settlement_date, '"_"YYYYMMDD')
              and (
                  c.relpages < 0.9 * pg_relation_size(c.oid) / 8192
                  or not exists (
                      select
                      from pg_catalog.pg_stats as s
                      where (s.schemaname, s.tablename) = ('settlement', c.relname)
                  )
              )
        ) then
            execute format(
                'analyze settlement.%I', table_name || to_char(p_settlement_date, '"_"YYYYMMDD')
            );
        end if;
    end loop;
end
$$;

COMMENT ON FUNCTION settlement.analyze_partitions(p_settlement_date date) IS 'Counts a settlement date''s partitions anew where they have grown: a plan made for a few rows takes hours for a million.';

CREATE FUNCTION settlement.attach_partition(p_table text, p_laid_table text, p_date date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    partition_name constant text :=
        format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'));
    constraint_list constant text := (
        select string_agg(
            format('add constraint %I %s', conname, pg_get_constraintdef(oid)), ', ' order by conname
        )
        from pg_catalog.pg_constraint
        where conrelid = format('settlement.%I', p_table)::regclass
          and contype in ('c', 'n')
    );
    key_column constant name := (
        select a.attname
        from pg_catalog.pg_partitioned_table as p
        join pg_catalog.pg_attribute as a
            on a.attrelid = p.partrelid
            and a.attnum = p.partattrs[0]
        where p.partrelid = format('settlement.%I', p_table)::regclass
    );
    sampled constant text := current_setting('default_statistics_target');
begin
    if settlement.has_partition(p_table, p_date) then
        execute format('drop table settlement.%I', p_laid_table);
        return;
    end if;
    execute format('alter table settlement.%I rename to %I', p_laid_table, partition_name);
    -- one pass over the rows for all of them
    execute format(
        'alter table settlement.%I %s, add constraint %I check (%I = %L)',
        partition_name, constraint_list, key_column || '_is', key_column, p_date
    );
    execute format(
        'alter table settlement.%I attach partition settlement.%I for values in (%L)',
        p_table, partition_name, p_date
    );
    execute format(
        'create trigger %I before truncate on settlement.%I'
        ' for each statement execute function control.refuse_change()',
        p_table || '_never_emptied', partition_name
    );
    if p_table = 'events' then
        execute format(
            'create trigger events_checked after insert on settlement.%I'
            ' referencing new table as new_rows'
            ' for each statement execute function settlement.check_new_events()',
            partition_name
        );
    end if;
    -- a small sample: enough to be read by several processes, until autovacuum takes a large one
    perform set_config('default_statistics_target', '10', true);
    execute format('analyze settlement.%I', partition_name);
    perform set_config('default_statistics_target', sampled, true);
end
$$;

COMMENT ON FUNCTION settlement.attach_partition(p_table text, p_laid_table text, p_date date) IS 'Makes a laid table the partition of a date, with every constraint, key and trigger. Where the date has one, the laid table goes.';

CREATE FUNCTION settlement.charge(p_base numeric, p_term settlement.fee_term) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        p_term.fixed_amount,
        floor(
            least(greatest(p_base * p_term.rate, p_term.amount_min), p_term.amount_max)
            * p_term.factor + p_term.addend
        ) * p_term.unit
    )
$$;

COMMENT ON FUNCTION settlement.charge(p_base numeric, p_term settlement.fee_term) IS 'Base x rate, at least the one and at most the other bound (null: none), rounded. Base: not negative.';

CREATE FUNCTION settlement.check_chains(p_dates date[], p_instruction_ids bigint[]) RETURNS void
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
declare
    faulty record;
begin
    select
        min(place) filter (where not is_following) as broken,
        min(place) filter (where not is_mirror) as unlike,
        min(place) filter (where is_last and not is_summed) as wrong_sum
    into faulty
    from settlement.judge_chains(p_dates, p_instruction_ids);
    perform settlement.refuse_event('PT010', faulty.broken);
    perform settlement.refuse_event('PT012', faulty.unlike);
    perform settlement.refuse_event('PT013', faulty.wrong_sum);
end
$$;

COMMENT ON FUNCTION settlement.check_chains(p_dates date[], p_instruction_ids bigint[]) IS 'Judges all events of instructions that have more than a first one; these are few.';

CREATE FUNCTION settlement.check_new_events() RETURNS trigger
    LANGUAGE plpgsql
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
declare
    dates constant date[] := (
        select coalesce(array_agg(distinct settlement_date), '{}') from new_rows
    );
    later_ids bigint[];
    faulty text;
begin
    select format('%s.%s of %s', n.instruction_id, n.sequence, n.settlement_date)
    into faulty
    from new_rows as n
    left join settlement.instructed_movements as m
        on m.settlement_date = n.settlement_date
        and m.instruction_id = n.instruction_id
        and m.settlement_date = any(dates)
    where m.instruction_id is null
       or settlement.is_as_instructed(
           n.kind, n.sequence, n.to_state,
           (n.symbol, n.delivered_currency, n.deliverer_id, n.receiver_id)
           is not distinct from (m.symbol, m.delivered_currency, m.deliverer_id, m.receiver_id)
           and (
               n.amount is null
               or (n.currency, n.payer_id, n.payee_id) = (m.currency, m.payer_id, m.payee_id)
           ),
           n.quantity, n.amount, m.quantity, m.amount
       ) is not true
    limit 1;
    perform settlement.refuse_event('PT011', faulty);
    later_ids := (select array_agg(distinct instruction_id) from new_rows where sequence > 1);
    if later_ids is not null then
        perform settlement.check_chains(dates, later_ids);
    end if;
    return null;
end
$$;

COMMENT ON FUNCTION settlement.check_new_events() IS 'Once per statement, as a set: every new event belongs to an instruction, moves what that says, and follows on the event before it.';

CREATE FUNCTION settlement.count_fee_rates(p_business_date date) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
    select count(*) + count(withdrawn_at)
    from reference.fee_rates
    -- of the trade date, or of a settlement date of it
    where effective_from <= p_business_date + 40
      and coalesce(effective_until > p_business_date, true)
$$;

COMMENT ON FUNCTION settlement.count_fee_rates(p_business_date date) IS 'Rates that can apply to trades of a date, each once more when it is withdrawn: only grows.';

CREATE FUNCTION settlement.differing_terms(p_kept jsonb, p_refused jsonb) RETURNS TABLE(kept_terms text, refused_terms text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select
        string_agg(kept.key || '=' || coalesce(kept.value #>> '{}', ''), ', ' order by kept.key),
        string_agg(
            kept.key || '=' || coalesce(refused.value #>> '{}', ''), ', ' order by kept.key
        )
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value is distinct from refused.value
      and kept.key in (
          'account', 'as_of_date', 'line_count', 'statement_number', 'entry_type', 'asset',
          'amount', 'entry_reference', 'settlement_date', 'reason_code', 'settled_quantity',
          'settled_amount', 'currency', 'settled_on', 'depository_id'
      )
$$;

COMMENT ON FUNCTION settlement.differing_terms(p_kept jsonb, p_refused jsonb) IS 'Terms that the second states otherwise than the first: name=value, in name order; both null where the second says the same again.';

CREATE FUNCTION settlement.divide_rounded(p_dividend numeric, p_divisor numeric, p_digits integer) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select round(
        sign(p_dividend) * div(
            2 * abs(p_dividend) * power(10::numeric, p_digits) + p_divisor, 2 * p_divisor
        ) * power(10::numeric, -p_digits),
        p_digits
    )
$$;

COMMENT ON FUNCTION settlement.divide_rounded(p_dividend numeric, p_divisor numeric, p_digits integer) IS 'Quotient rounded half away from zero, once: the plain division rounds before round() does. The divisor is positive.';

CREATE FUNCTION settlement.draw(p_left numeric, p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric, p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_digits integer) RETURNS numeric
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
    available constant numeric := coalesce(p_left, p_available);
    part constant numeric := settlement.releasable_quantity(
        available, p_is_payment, p_wanted, p_lot, p_quantity, p_amount, p_settled_quantity,
        p_settled_amount, p_digits
    );
begin
    if part = 0 then
        return available;
    elsif p_is_payment then
        return available - settlement.part_amount(
            p_quantity, p_amount, p_settled_quantity, p_settled_amount, part, p_digits
        );
    end if;
    return available - part;
end
$$;

COMMENT ON FUNCTION settlement.draw(p_left numeric, p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric, p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_digits integer) IS 'What is left of a pool after one more demand was served; null before the first.';

CREATE FUNCTION settlement.ensure_fee_partition(p_business_date date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    partition_name constant text := 'trade_fees_' || to_char(p_business_date, 'YYYYMMDD');
begin
    -- the lock of settlement keeps a second maker away
    if to_regclass('settlement.' || partition_name) is null then
        execute format(
            'create table settlement.%I partition of settlement.trade_fees for values in (%L)',
            partition_name, p_business_date
        );
    elsif exists (
        select
        from pg_catalog.pg_class as c
        where c.oid = to_regclass('settlement.' || partition_name)
          and c.relpages < 0.9 * pg_relation_size(c.oid) / 8192
    ) then
        execute format('analyze settlement.%I', partition_name);
    end if;
end
$$;

COMMENT ON FUNCTION settlement.ensure_fee_partition(p_business_date date) IS 'Makes a business date''s partition of settlement.trade_fees where it is missing, and counts it anew where it has grown: a plan made for no rows takes minutes for a million.';

CREATE FUNCTION settlement.ensure_partition(p_table text, p_settlement_date date) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    laid_table constant text := 'laid_empty_' || p_table;
begin
    if settlement.has_partition(p_table, p_settlement_date) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('settlement.ensure_partitions'));
    if not settlement.has_partition(p_table, p_settlement_date) then
        execute format('create table settlement.%I (like settlement.%I)', laid_table, p_table);
        perform settlement.attach_partition(p_table, laid_table, p_settlement_date);
    end if;
end
$$;

COMMENT ON FUNCTION settlement.ensure_partition(p_table text, p_settlement_date date) IS 'Makes a settlement date''s empty partition of instructions or of events where it is missing.';

CREATE FUNCTION settlement.ensure_partitions(p_settlement_date date) RETURNS void
    LANGUAGE sql
    AS $$
    select settlement.ensure_partition('instructions', p_settlement_date);
    select settlement.ensure_partition('events', p_settlement_date);
$$;

COMMENT ON FUNCTION settlement.ensure_partitions(p_settlement_date date) IS 'Makes both partitions of a settlement date where they are missing.';

CREATE FUNCTION settlement.fail_reason_of(p_reason_code text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select min(reason) from reference.fail_reasons where iso_reason = p_reason_code
$$;

COMMENT ON FUNCTION settlement.fail_reason_of(p_reason_code text) IS 'The reason of reference.fail_reasons for a depository''s code (LACK, MONY, CLAC, CMON); null for any other.';

CREATE FUNCTION settlement.has_partition(p_table text, p_date date) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select exists (
        select
        from pg_catalog.pg_class as c
        where c.relnamespace = 'settlement'::regnamespace
          and c.relname = format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'))
    )
$$;

COMMENT ON FUNCTION settlement.has_partition(p_table text, p_date date) IS 'Whether a date has its partition of settlement.instructions, settlement.events (settlement dates) or settlement.trade_fees (trade dates).';

CREATE FUNCTION settlement.is_allowed(p_kind text, p_from_state text, p_to_state text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_kind = 'REVERSAL' then p_to_state = 'CANCELLED'
        when p_kind = 'SETTLEMENT'
            then p_to_state in ('PARTIALLY_SETTLED', 'SETTLED')
                and p_from_state not in ('SETTLED', 'CANCELLED')
        when p_kind = 'NETTED'
            then p_to_state = 'SETTLED' and p_from_state not in ('SETTLED', 'CANCELLED')
        else case p_from_state
            when 'INSTRUCTED' then p_to_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
            when 'MATCHED' then p_to_state in ('PENDING', 'FAILING', 'CANCELLED')
            when 'PENDING' then p_to_state in ('INSTRUCTED', 'MATCHED', 'FAILING', 'CANCELLED')
            when 'PARTIALLY_SETTLED' then p_to_state in ('PENDING', 'FAILING')
            when 'FAILING' then p_to_state in ('MATCHED', 'PENDING', 'FAILING', 'CANCELLED')
            else false
        end
    end
$$;

COMMENT ON FUNCTION settlement.is_allowed(p_kind text, p_from_state text, p_to_state text) IS 'Whether an instruction may pass from one state to another by an event of this kind. FAILING to FAILING: another day of fail. What has settled in part or whole ends by reversals only.';

CREATE FUNCTION settlement.is_as_instructed(p_kind text, p_sequence smallint, p_to_state text, p_sides_fit boolean, p_quantity numeric, p_amount numeric, p_whole_quantity numeric, p_whole_amount numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_kind <> 'SETTLEMENT' then true
        when p_sides_fit is not true then false
        when p_to_state = 'SETTLED' and p_sequence = 1 then
            p_quantity is not distinct from p_whole_quantity
            and p_amount is not distinct from p_whole_amount
        when p_whole_quantity is null then p_amount <= p_whole_amount
        else
            p_quantity <= p_whole_quantity
            -- each part is paid by its share, but for the rounding of its neighbours
            and abs(
                coalesce(p_amount, 0) * p_whole_quantity
                - coalesce(p_whole_amount, 0) * p_quantity
            ) <= p_whole_quantity
    end
$$;

COMMENT ON FUNCTION settlement.is_as_instructed(p_kind text, p_sequence smallint, p_to_state text, p_sides_fit boolean, p_quantity numeric, p_amount numeric, p_whole_quantity numeric, p_whole_amount numeric) IS 'Whether one event moves what its instruction says: the whole at once, or a part and its share.';

CREATE FUNCTION settlement.judge_chains(p_dates date[], p_instruction_ids bigint[]) RETURNS TABLE(place text, is_following boolean, is_mirror boolean, is_last boolean, is_summed boolean)
    LANGUAGE plpgsql STABLE
    SET plan_cache_mode TO 'force_custom_plan'
    AS $$
begin
    return query
    with files as (
        select
            e.*,
            lag(e.sequence, 1, 0::smallint) over file as previous_sequence,
            lag(e.to_state, 1, 'INSTRUCTED') over file as previous_state,
            row_number() over file = count(*) over whole as is_last,
            bool_or(e.kind = 'NETTED') over whole as is_netted,
            sum(case e.kind when 'REVERSAL' then -e.quantity else e.quantity end) over whole
                as settled_quantity,
            sum(case e.kind when 'REVERSAL' then -e.amount else e.amount end) over whole
                as settled_amount
        from settlement.events as e
        where e.settlement_date = any(p_dates)
          and e.instruction_id = any(p_instruction_ids)
        window
            whole as (partition by e.settlement_date, e.instruction_id),
            file as (whole order by e.sequence)
    )
    select
        format('%s.%s of %s', e.instruction_id, e.sequence, e.settlement_date),
        e.sequence = e.previous_sequence + 1 and e.from_state = e.previous_state,
        e.kind <> 'REVERSAL' or coalesce(o.kind in ('SETTLEMENT', 'NETTED'), false) and (
            e.symbol, e.delivered_currency, e.quantity, e.deliverer_id, e.receiver_id,
            e.currency, e.amount, e.payer_id, e.payee_id
        ) is not distinct from (
            o.symbol, o.delivered_currency, o.quantity, o.receiver_id, o.deliverer_id,
            o.currency, o.amount, o.payee_id, o.payer_id
        ),
        e.is_last,
        case
            when e.to_state = 'CANCELLED'
                then coalesce(e.settled_quantity, 0) = 0 and coalesce(e.settled_amount, 0) = 0
            when e.is_netted then true
            when e.to_state = 'SETTLED'
                then coalesce(e.settled_quantity, 0) = coalesce(m.quantity, 0)
                    and coalesce(e.settled_amount, 0) = coalesce(m.amount, 0)
            when m.quantity is not null then coalesce(e.settled_quantity, 0) < m.quantity
            else coalesce(e.settled_amount, 0) < m.amount
        end
    from files as e
    join settlement.instructed_movements as m
        on m.settlement_date = e.settlement_date
        and m.instruction_id = e.instruction_id
    left join files as o
        on o.settlement_date = e.settlement_date
        and o.instruction_id = e.instruction_id
        and o.sequence = e.reverses_sequence;
end
$$;

COMMENT ON FUNCTION settlement.judge_chains(p_dates date[], p_instruction_ids bigint[]) IS 'Each event of some instructions: does it follow on the one before; is a reversal the mirror of its original; and does what has settled in all fit the state that the last one leaves.';

CREATE TABLE reference.fee_rates (
    fee_rate_id integer NOT NULL,
    fee_type text NOT NULL,
    authority text,
    booked_in text,
    market_id text,
    asset_class text,
    counterparty_id text,
    account text,
    currency text,
    side text,
    effective_from date NOT NULL,
    effective_until date,
    date_rule text NOT NULL,
    basis text NOT NULL,
    rate numeric NOT NULL,
    amount_min numeric,
    amount_max numeric,
    rounding text NOT NULL,
    rounding_digits smallint NOT NULL,
    is_taxed boolean NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT fee_rates_amounts_have_currency CHECK (((currency IS NOT NULL) OR ((basis = ANY (ARRAY['NOTIONAL'::text, 'CHARGES'::text])) AND (num_nonnulls(amount_min, amount_max) = 0)))),
    CONSTRAINT fee_rates_basis_known CHECK ((basis = ANY (ARRAY['NOTIONAL'::text, 'QUANTITY'::text, 'TRADE'::text, 'CHARGES'::text]))),
    CONSTRAINT fee_rates_booked_in_known CHECK ((booked_in = ANY (ARRAY['brokerage_fee'::text, 'clearing_fee'::text, 'exchange_fee'::text]))),
    CONSTRAINT fee_rates_booked_or_owed CHECK ((num_nonnulls(authority, booked_in) = 1)),
    CONSTRAINT fee_rates_bounds_ordered CHECK (((amount_min <= amount_max) AND (amount_min >= (0)::numeric))),
    CONSTRAINT fee_rates_date_rule_known CHECK ((date_rule = ANY (ARRAY['TRADE_DATE'::text, 'SETTLEMENT_DATE'::text]))),
    CONSTRAINT fee_rates_digits_range CHECK (((rounding_digits >= 0) AND (rounding_digits <= 6))),
    CONSTRAINT fee_rates_rebates_have_no_bounds CHECK (((rate >= (0)::numeric) OR (num_nonnulls(amount_min, amount_max) = 0))),
    CONSTRAINT fee_rates_rounding_known CHECK ((rounding = ANY (ARRAY['HALF_UP'::text, 'UP'::text, 'DOWN'::text]))),
    CONSTRAINT fee_rates_side_known CHECK ((side = ANY (ARRAY['BUY'::text, 'SELL'::text]))),
    CONSTRAINT fee_rates_source_given CHECK ((source <> ''::text)),
    CONSTRAINT fee_rates_span CHECK ((effective_until > effective_from)),
    CONSTRAINT fee_rates_tax_is_owed CHECK (((basis <> 'CHARGES'::text) OR ((authority IS NOT NULL) AND (NOT is_taxed)))),
    CONSTRAINT fee_rates_type_is_a_name CHECK ((fee_type ~ '^[A-Z][A-Z0-9_]*$'::text))
);

COMMENT ON TABLE reference.fee_rates IS 'What is charged on a trade, in force from effective_from until the day before effective_until. A scope left null is any; of several rows of a fee type that fit a trade the most specific counts: account before counterparty before market before asset class before currency. A row that the file changes or no longer has is withdrawn and stays: charges name it.';

COMMENT ON COLUMN reference.fee_rates.authority IS 'To whom it is owed beside the broker; null: it is part of a fee that the execution books.';

COMMENT ON COLUMN reference.fee_rates.booked_in IS 'Which field of the execution books it, and so the commission of the snapshot; null: none.';

COMMENT ON COLUMN reference.fee_rates.date_rule IS 'Whether the rate of the trade''s or of the settlement''s day counts.';

COMMENT ON COLUMN reference.fee_rates.basis IS 'NOTIONAL: rate x |price x quantity|. QUANTITY: rate x quantity. TRADE: the rate, once a trade (no record names its order). CHARGES: a tax, rate x what the trade pays under is_taxed rows.';

COMMENT ON COLUMN reference.fee_rates.rate IS 'Negative: a rebate.';

COMMENT ON COLUMN reference.fee_rates.rounding IS 'Of the bounded amount to rounding_digits decimals. HALF_UP: halves away from zero. UP, DOWN: away from, towards zero.';

CREATE FUNCTION settlement.make_fee_term(p_rate reference.fee_rates) RETURNS settlement.fee_term
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    -- floor(x), -floor(-x) and floor(x + 0.5) of the size of the amount, in its last digit
    select row(
        t.fee_rate_id, t.basis, t.rate, t.amount_min, t.amount_max, t.factor, t.addend, t.unit,
        case t.basis when 'TRADE' then settlement.charge(1, t) end
    )::settlement.fee_term
    from (
        select (row(
            p_rate.fee_rate_id,
            p_rate.basis,
            p_rate.rate,
            p_rate.amount_min,
            p_rate.amount_max,
            way.sign * ('1e' || p_rate.rounding_digits)::numeric,
            case p_rate.rounding when 'HALF_UP' then 0.5 else 0 end,
            way.sign * ('1e-' || p_rate.rounding_digits)::numeric,
            null
        )::settlement.fee_term).*
        from (
            select
                case when p_rate.rate < 0 then -1 else 1 end
                * case p_rate.rounding when 'UP' then -1 else 1 end as sign
        ) as way
        offset 0
    ) as t
$$;

COMMENT ON FUNCTION settlement.make_fee_term(p_rate reference.fee_rates) IS 'A rate, ready to be worked out a million times. Rounding is of the amount without its sign.';

CREATE FUNCTION settlement.merge_partition(p_table text, p_laid_table text, p_date date) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
    partition_name constant text :=
        format('%s_%s', p_table, to_char(p_date, 'YYYYMMDD'));
    column_list constant text := (
        select string_agg(quote_ident(attname), ', ' order by attnum)
        from pg_catalog.pg_attribute
        where attrelid = format('settlement.%I', p_table)::regclass
          and attnum > 0
          and not attisdropped
    );
    copied constant text := 'insert into settlement.%I (%s) select %2$s from settlement.%I';
    timeout constant text := current_setting('lock_timeout');
begin
    if not settlement.has_partition(p_table, p_date) then
        perform settlement.attach_partition(p_table, p_laid_table, p_date);
        return;
    end if;
    begin
        perform set_config('lock_timeout', '2s', true);
        execute format('lock table settlement.%I in access exclusive mode', p_table);
        perform set_config('lock_timeout', timeout, true);
    exception when lock_not_available then
        -- somebody reads on and on: slower, but nobody waits
        execute format(copied, p_table, column_list, p_laid_table);
        execute format('drop table settlement.%I', p_laid_table);
        return;
    end;
    execute format(copied, p_laid_table, column_list, partition_name);
    execute format('alter table settlement.%I detach partition settlement.%I', p_table, partition_name);
    execute format('drop table settlement.%I', partition_name);
    perform settlement.attach_partition(p_table, p_laid_table, p_date);
end
$_$;

COMMENT ON FUNCTION settlement.merge_partition(p_table text, p_laid_table text, p_date date) IS 'Adds the rows of a laid table to a date, with every constraint, key and trigger: the rows that the date has are copied to it, and it takes their partition''s place.';

CREATE FUNCTION settlement.open_account(p_kind text, p_name text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
    found_id integer;
begin
    select account_id into found_id
    from settlement.accounts
    where (account_kind, account_name) = (p_kind, p_name);
    if found_id is null then
        insert into settlement.accounts (account_kind, account_name) values (p_kind, p_name)
        on conflict (account_kind, account_name) do nothing;
        select account_id into strict found_id
        from settlement.accounts
        where (account_kind, account_name) = (p_kind, p_name);
    end if;
    return found_id;
end
$$;

COMMENT ON FUNCTION settlement.open_account(p_kind text, p_name text) IS 'An account''s id; opens it if need be.';

CREATE FUNCTION settlement.open_act(p_cause text, p_actor text, p_run_id text, p_occurred_at timestamp with time zone) RETURNS integer
    LANGUAGE sql
    AS $$
    insert into settlement.acts (cause, actor, run_id, occurred_at)
    values (p_cause, p_actor, p_run_id, p_occurred_at)
    returning act_id
$$;

COMMENT ON FUNCTION settlement.open_act(p_cause text, p_actor text, p_run_id text, p_occurred_at timestamp with time zone) IS 'Writes the act that instructions and events of this statement name; gives its id.';

CREATE FUNCTION settlement.part_amount(p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_part numeric, p_digits integer) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_settled_quantity + p_part = p_quantity then p_amount - p_settled_amount
        else settlement.divide_rounded(
            p_amount * (p_settled_quantity + p_part), p_quantity, p_digits
        ) - p_settled_amount
    end
$$;

COMMENT ON FUNCTION settlement.part_amount(p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_part numeric, p_digits integer) IS 'Cash of the next part: what all parts so far are worth, less what was paid. The last one takes the rest, so that the parts add up to the whole.';

CREATE FUNCTION settlement.record_break_events() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    perform pg_advisory_xact_lock(hashtext('recon'));
    if tg_op = 'INSERT' then
        insert into recon.break_events (
            business_date, trade_id, subject_kind, break_type, event, expected_value, actual_value,
            delta, exposure_amount, currency, counterparty_id, symbol, run_id, occurred_at
        )
        select
            business_date, subject_id, subject_kind, break_type, 'OPENED', expected_value,
            actual_value, delta, exposure_amount, currency, counterparty_id, symbol,
            opened_run_id, now()
        from new_rows
        where status = 'OPEN';
        return null;
    end if;
    insert into recon.break_events (
        business_date, trade_id, subject_kind, break_type, event, expected_value, actual_value,
        delta, exposure_amount, currency, counterparty_id, symbol, reason, run_id, occurred_at
    )
    select
        n.business_date, n.subject_id, n.subject_kind, n.break_type,
        case n.status when 'OPEN' then 'REOPENED' else 'RESOLVED' end,
        n.expected_value, n.actual_value, n.delta, n.exposure_amount, n.currency,
        n.counterparty_id, n.symbol, n.resolved_reason,
        coalesce(n.resolved_run_id, n.opened_run_id), now()
    from new_rows as n
    join old_rows as o
        on o.business_date = n.business_date
        and o.subject_kind = n.subject_kind
        and o.subject_id = n.subject_id
        and o.break_type = n.break_type
    where o.status <> n.status;
    return null;
end
$$;

COMMENT ON FUNCTION settlement.record_break_events() IS 'Writes recon.break_events for the rows of one statement on settlement.breaks.';

CREATE FUNCTION settlement.refuse_event(p_sqlstate text, p_place text) RETURNS void
    LANGUAGE plpgsql PARALLEL RESTRICTED
    AS $$
begin
    if p_place is null then
        return;
    end if;
    raise exception using
        errcode = p_sqlstate,
        message = format('settlement event %s %s', p_place, case p_sqlstate
            when 'PT010' then 'does not follow on the event before it'
            when 'PT011' then 'does not move what its instruction says'
            when 'PT012' then 'does not take back what it points at'
            else 'leaves a state that what has settled does not fit'
        end),
        hint = 'Look at the instruction in settlement.instruction_events; nothing was written.';
end
$$;

COMMENT ON FUNCTION settlement.refuse_event(p_sqlstate text, p_place text) IS 'Raises where a place is named.';

CREATE FUNCTION settlement.releasable_quantity(p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric, p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_digits integer) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_available <= 0 or p_wanted <= 0 then 0
        when not p_is_payment and p_wanted <= p_available then p_wanted
        when p_is_payment and settlement.part_amount(
            p_quantity, p_amount, p_settled_quantity, p_settled_amount, p_wanted, p_digits
        ) <= p_available then p_wanted
        when p_lot is null then 0
        when not p_is_payment then div(p_available, p_lot) * p_lot
        else greatest(
            div(
                (p_settled_amount + trunc(p_available, p_digits)) * p_quantity
                - p_settled_quantity * p_amount,
                p_amount * p_lot
            ) * p_lot,
            0
        )
    end
$$;

COMMENT ON FUNCTION settlement.releasable_quantity(p_available numeric, p_is_payment boolean, p_wanted numeric, p_lot numeric, p_quantity numeric, p_amount numeric, p_settled_quantity numeric, p_settled_amount numeric, p_digits integer) IS 'How much of the wanted quantity can be delivered (or, p_is_payment, paid) out of what is available: all, or else whole lots, or nothing where p_lot is null: no parts are allowed.';

CREATE FUNCTION settlement.reserve_instruction_ids(p_count bigint) RETURNS bigint
    LANGUAGE sql
    AS $$
    update settlement.instruction_counter
    set next_instruction_id = next_instruction_id + p_count
    returning next_instruction_id - p_count
$$;

COMMENT ON FUNCTION settlement.reserve_instruction_ids(p_count bigint) IS 'The first of a block of free ids. Other writers wait until this transaction ends.';

CREATE FUNCTION settlement.round_to_minor_unit(p_amount numeric, p_digits smallint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select round(p_amount, p_digits)
$$;

COMMENT ON FUNCTION settlement.round_to_minor_unit(p_amount numeric, p_digits smallint) IS 'Half up, away from zero: numeric, never binary.';

CREATE FUNCTION settlement.stages() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select array[
        'FAILING', 'PENDING', 'PARTIALLY_SETTLED', 'INSTRUCTED', 'MATCHED', 'SETTLED', 'CANCELLED'
    ]
$$;

COMMENT ON FUNCTION settlement.stages() IS 'The least advanced first: of several parts or legs it decides. A cancelled one counts last.';

CREATE FUNCTION settlement.told_fail_reason(p_instruction_id bigint) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select settlement.fail_reason_of(
        (
            select s.reason_code
            from settlement.statuses as s
            where s.instruction_reference = p_instruction_id::text
            order by s.status_at desc, s.status desc
            limit 1
        )
    )
$$;

COMMENT ON FUNCTION settlement.told_fail_reason(p_instruction_id bigint) IS 'Why an instruction fails, by what its depository said of it last; null where that is no reason.';

CREATE FUNCTION settlement.trade_amount(p_price numeric, p_quantity numeric, p_multiplier numeric, p_accrued_interest numeric, p_digits integer) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_multiplier is null and p_accrued_interest is null
            then round(p_price * p_quantity, p_digits)
        else round(p_price * p_quantity * coalesce(p_multiplier, 1), p_digits)
            + round(p_quantity * coalesce(p_accrued_interest, 0), p_digits)
    end
$$;

COMMENT ON FUNCTION settlement.trade_amount(p_price numeric, p_quantity numeric, p_multiplier numeric, p_accrued_interest numeric, p_digits integer) IS 'What a trade pays: price x quantity x multiplier, and the interest that a bond has accrued, each rounded half up to the minor unit.';

CREATE FUNCTION trade.business_terms(p_record jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select jsonb_object_agg(term.key, term.value order by term.key)
    from jsonb_each(p_record) as term (key, value)
    where term.key not in (
        'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'message_at', 'business_date',
        'is_date_stated', 'flags'
    )
    -- an instant that the message does not state is that of its arrival, and says nothing
    and not (
        term.key in ('executed_at', 'confirmed_at') and term.value = p_record -> 'message_at'
    )
$$;

COMMENT ON FUNCTION trade.business_terms(p_record jsonb) IS 'Terms of a staged record as JSON: equal for two messages with the same content.';

CREATE FUNCTION trade.compare_terms(p_kept jsonb, p_refused jsonb, p_kept_stated text[], p_refused_stated text[]) RETURNS TABLE(kept_terms text, refused_terms text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select
        string_agg(kept.key || '=' || (kept.value #>> '{}'), ', ' order by kept.key),
        string_agg(kept.key || '=' || (refused.value #>> '{}'), ', ' order by kept.key)
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value <> refused.value
      and kept.value <> 'null'::jsonb
      and refused.value <> 'null'::jsonb
      -- an instant that the message does not state is the broker's, and says nothing
      and not (
          kept.key in ('executed_at', 'confirmed_at')
          and refused.value = p_refused -> 'message_at'
      )
      and kept.key not in (
          'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'flags', 'business_date',
          'recorded_at', 'message_at'
      )
      and (
          coalesce(
              kept.key = any(p_kept_stated) and kept.key = any(p_refused_stated), true
          )
          -- a trade that is off is never the same as one that is on
          or kept.key = 'status' and '"CANCELLED"'::jsonb in (kept.value, refused.value)
      )
$$;

COMMENT ON FUNCTION trade.compare_terms(p_kept jsonb, p_refused jsonb, p_kept_stated text[], p_refused_stated text[]) IS 'Terms that both records state, and state otherwise; null for what a message states takes every term as stated.';

CREATE FUNCTION trade.differing_order_terms(p_kept jsonb, p_refused jsonb) RETURNS TABLE(kept_terms text, refused_terms text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select
        string_agg(kept.key || '=' || coalesce(kept.value #>> '{}', ''), ', ' order by kept.key),
        string_agg(
            kept.key || '=' || coalesce(refused.value #>> '{}', ''), ', ' order by kept.key
        )
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value is distinct from refused.value
      and kept.key in (
          'symbol', 'side', 'quantity', 'price', 'currency', 'counterparty_id', 'account',
          'response', 'reason'
      )
$$;

COMMENT ON FUNCTION trade.differing_order_terms(p_kept jsonb, p_refused jsonb) IS 'Terms that the second states otherwise than the first: name=value, in name order; both null where the second says the same again.';

CREATE FUNCTION trade.differing_terms(p_kept jsonb, p_refused jsonb) RETURNS TABLE(kept_terms text, refused_terms text)
    LANGUAGE plpgsql STABLE
    AS $$
declare
    kept_stated text[];
    refused_stated text[];
begin
    if p_kept @> jsonb_strip_nulls(
        p_refused - array[
            'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'flags', 'business_date',
            'recorded_at', 'message_at', 'is_date_stated'
        ]
    ) then
        return next;
        return;
    end if;
    select t.* into kept_terms, refused_terms
    from trade.compare_terms(p_kept, p_refused, null, null) as t;
    if refused_terms is not null then
        kept_stated := trade.stated_terms(p_kept);
        refused_stated := trade.stated_terms(p_refused);
        select t.* into kept_terms, refused_terms
        from trade.compare_terms(p_kept, p_refused, kept_stated, refused_stated) as t;
    end if;
    return next;
end
$$;

COMMENT ON FUNCTION trade.differing_terms(p_kept jsonb, p_refused jsonb) IS 'Terms that the refused record states otherwise than the kept one; both null where it states none otherwise, which makes it a duplicate. A term that either leaves out contradicts nothing, whichever of them came first.';

CREATE FUNCTION trade.is_within_reach(p_record_type text, p_own_date date, p_execution_date date) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select p_record_type <> 'confirmation' or abs(p_execution_date - p_own_date) <= 7
$$;

COMMENT ON FUNCTION trade.is_within_reach(p_record_type text, p_own_date date, p_execution_date date) IS 'Whether a record without a trade date may stand under an execution''s date. A confirmation states its instant: an execution more than seven days from it is another trade with the same id. A P&L snapshot states none, its own date is that of its arrival: any distance will do.';

CREATE FUNCTION trade.refuse_record_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'DELETE' and current_setting('posttrade.records_leave', true) = 'on' then
        return old;
    end if;
    raise exception using
        errcode = 'PT001',
        message = format('%s.%s is append-only', tg_table_schema, tg_table_name),
        hint = 'Send a new version, or a cancellation, of the record instead.';
end
$$;

COMMENT ON FUNCTION trade.refuse_record_change() IS 'Refuses every change of an accepted record, and its removal, but by the steps that take it to the rejects (quality/quarantine_records) or to its execution''s date (lift_moving_records). Only updates and deletes ask it: what is inserted pays nothing.';

CREATE FUNCTION trade.stated_terms(p_record jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE
    AS $$
declare
    message jsonb;
begin
    select convert_from(m.payload, 'UTF8')::jsonb into message
    from landing.read_message(
        p_record ->> 'topic',
        (p_record ->> 'partition')::integer,
        (p_record ->> 'message_offset')::bigint
    ) as m
    limit 1;
    if jsonb_typeof(message) is distinct from 'object' or not message ? 'trade_id' then
        return null;
    end if;
    return array(
        select case field.key
            when 'ticker' then 'symbol'
            when 'counterparty' then 'counterparty_id'
            when 'source' then 'source_id'
            when 'timestamp' then
                case when p_record ? 'executed_at' then 'executed_at' else 'confirmed_at' end
            else field.key
        end
        from jsonb_each(message) as field (key, value)
        where field.value <> 'null'::jsonb
    );
exception
    -- fields that no contract names are ignored, also those that jsonb cannot hold
    when data_exception or program_limit_exceeded then
        return null;
end
$$;

COMMENT ON FUNCTION trade.stated_terms(p_record jsonb) IS 'Columns that a record''s own message states, everything else was filled in; null where the message is not there any more or cannot be read as jsonb.';

CREATE AGGREGATE books.average_cost(numeric, numeric) (
    SFUNC = books.add_at_average,
    STYPE = numeric[],
    INITCOND = '{0,0}',
    FINALFUNC = books.read_average_cost,
    PARALLEL = safe
);

COMMENT ON AGGREGATE books.average_cost(numeric, numeric) IS 'Cost of the position that signed quantities with their signed amounts leave, in their order.';

CREATE AGGREGATE books.product(numeric) (
    SFUNC = numeric_mul,
    STYPE = numeric,
    INITCOND = '1',
    PARALLEL = safe
);

COMMENT ON AGGREGATE books.product(numeric) IS 'Exact product.';

CREATE AGGREGATE settlement.left_after(numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer) (
    SFUNC = settlement.draw,
    STYPE = numeric
);

COMMENT ON AGGREGATE settlement.left_after(numeric, boolean, numeric, numeric, numeric, numeric, numeric, numeric, integer) IS 'As a window, in order of priority: what is left of the pool after each demand. A demand that cannot be served is passed over, so that a smaller one behind it may settle.';

CREATE TABLE books.close_marks (
    business_date date NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    update_id bigint NOT NULL,
    mark_price numeric,
    mark_date date,
    mark_source text,
    is_stale boolean,
    accrued_interest numeric NOT NULL,
    interest_to_date numeric NOT NULL
);

COMMENT ON TABLE books.close_marks IS 'The mark that a close valued each instrument by; a null price: unpriced from then on. Interest per unit on the settlement date of a trade of the date: since the last coupon, and counted from maturity backwards. Append-only.';

CREATE TABLE books.close_rates (
    business_date date NOT NULL,
    currency text NOT NULL,
    base_currency text NOT NULL,
    update_id bigint NOT NULL,
    rate numeric,
    rate_date date,
    rate_source text
);

COMMENT ON TABLE books.close_rates IS 'The rate by which a close told amounts in a base currency; null: none was known. Append-only.';

CREATE TABLE books.closing_positions (
    holding_id integer NOT NULL,
    business_date date NOT NULL,
    update_id bigint NOT NULL,
    cost_method text NOT NULL,
    split_ratio numeric NOT NULL,
    trade_count bigint NOT NULL,
    bought_quantity numeric NOT NULL,
    sold_quantity numeric NOT NULL,
    bought_amount numeric NOT NULL,
    sold_amount numeric NOT NULL,
    fee_amount numeric NOT NULL,
    interest_amount numeric NOT NULL,
    quantity numeric NOT NULL,
    cost_amount numeric NOT NULL,
    cash_flow_to_date_amount numeric NOT NULL,
    fee_to_date_amount numeric NOT NULL,
    interest_to_date_amount numeric NOT NULL,
    lot_trade_ids text[] NOT NULL,
    lot_dates date[] NOT NULL,
    lot_quantities numeric[] NOT NULL,
    lot_amounts numeric[] NOT NULL,
    due_dates date[] NOT NULL,
    due_quantities numeric[] NOT NULL
);

COMMENT ON TABLE books.closing_positions IS 'A holding after each date that moved it: what the date brought (trade_count to interest_amount), and where it stands since then. As true on D and known at X: the row of the greatest business_date up to D, of the greatest update_id up to X''s. cost_amount has the sign of quantity: realised P&L since the first trade is cash flow + cost. Append-only; a correction restates the dates after it. No foreign keys: ids are those that the same transaction looked up.';

COMMENT ON COLUMN books.closing_positions.split_ratio IS 'Units held per unit before, by splits since the holding''s row before.';

COMMENT ON COLUMN books.closing_positions.interest_amount IS 'Signed quantity x interest per unit up to each trade''s settlement date, counted from maturity backwards: what of the carry was bought. Null terms: 0.';

COMMENT ON COLUMN books.closing_positions.lot_trade_ids IS 'Open lots, oldest first: the trade each came of, when, how many units, and what they cost (quantity x price x multiplier). At average cost one lot without a trade.';

COMMENT ON COLUMN books.closing_positions.due_dates IS 'Settlement dates after business_date, and the signed quantity that is due on each.';

CREATE TABLE books.holdings (
    holding_id integer NOT NULL,
    account text NOT NULL,
    strategy text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    asset_class text NOT NULL
);

COMMENT ON TABLE books.holdings IS 'A book in an instrument, by a short name: everything else in this schema leans on it. The asset class is the newest that was traded under.';

CREATE VIEW books.daily_flows AS
 SELECT DISTINCT ON (c.business_date, c.holding_id) c.business_date,
    h.account,
    h.strategy,
    h.symbol,
    h.asset_class,
    h.currency,
    c.trade_count,
    c.bought_quantity,
    c.sold_quantity,
    c.bought_amount,
    c.sold_amount,
    c.fee_amount,
    c.quantity,
    c.cost_amount
   FROM (books.closing_positions c
     JOIN books.holdings h USING (holding_id))
  ORDER BY c.business_date, c.holding_id, c.update_id DESC;

COMMENT ON VIEW books.daily_flows IS 'What each date brought to each holding, as it is known now, and what it stands at since. Ask by business_date.';

CREATE TABLE books.flow_changes (
    change_id bigint NOT NULL,
    business_date date NOT NULL,
    run_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    update_id bigint
);

COMMENT ON TABLE books.flow_changes IS 'Each time a close gave a date other positions than it had before: the packs of all later dates open with them. Append-only.';

ALTER TABLE books.flow_changes ALTER COLUMN change_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME books.flow_changes_change_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE books.holdings ALTER COLUMN holding_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME books.holdings_holding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE books.levies (
    levy_id bigint NOT NULL,
    business_date date NOT NULL,
    account text NOT NULL,
    strategy text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    run_id text NOT NULL,
    known_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT levies_amount_moves CHECK ((amount <> (0)::numeric))
);

COMMENT ON TABLE books.levies IS 'What the computed fees of a date''s trades that no execution books come to in each book and instrument (SEC Section 31, FINRA TAF, STT, stamp duty and their like): each row is what the sum changed by, known since known_at. Negative: taken back. Append-only.';

ALTER TABLE books.levies ALTER COLUMN levy_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME books.levies_levy_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE books.marks (
    business_date date NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    mark_price numeric NOT NULL,
    mark_source text NOT NULL
);

COMMENT ON TABLE books.marks IS 'Price used to value a position at close: the last execution''s price.';

CREATE TABLE books.stale_dates (
    business_date date NOT NULL,
    marked_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE books.stale_dates IS 'Dates that were closed and got or lost an execution afterwards, or whose splits, terms or rules changed: the next close of this or a later date builds them anew, so that positions open right.';

CREATE TABLE books.updates (
    update_id bigint NOT NULL,
    business_date date NOT NULL,
    run_id text NOT NULL,
    known_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE books.updates IS 'Each time the books of a date were built: what it wrote is known since known_at. One at a time, so that ids and instants have the same order. Append-only.';

ALTER TABLE books.updates ALTER COLUMN update_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME books.updates_update_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE compliance.alert_events (
    alert_id bigint NOT NULL,
    sequence integer NOT NULL,
    event text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    evidence jsonb,
    run_id text,
    occurred_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT alert_events_begin_at_open CHECK (((sequence >= 1) AND ((sequence > 1) OR (from_state = 'OPEN'::text)))),
    CONSTRAINT alert_events_evidence_of_findings CHECK (((evidence IS NOT NULL) = (event = ANY (ARRAY['RESTATED'::text, 'REOPENED'::text])))),
    CONSTRAINT alert_events_says_who_and_why CHECK (((btrim(actor) <> ''::text) AND (btrim(reason) <> ''::text))),
    CONSTRAINT alert_events_transition_allowed CHECK (compliance.is_allowed(event, from_state, to_state))
);

COMMENT ON TABLE compliance.alert_events IS 'What became of an alert, in sequence. DISPOSED: a person''s decision; WITHDRAWN: its cause is gone; REOPENED: the cause is back; RESTATED: found again with other values. Append-only.';

CREATE TABLE compliance.alerts (
    alert_id bigint NOT NULL,
    business_date date NOT NULL,
    rule text NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    symbol text,
    account text,
    counterparty_id text,
    severity text NOT NULL,
    closing_needs_second_person boolean NOT NULL,
    evidence jsonb NOT NULL,
    run_id text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    CONSTRAINT alerts_has_evidence CHECK (((jsonb_typeof(evidence) = 'object'::text) AND (evidence <> '{}'::jsonb))),
    CONSTRAINT alerts_kind_known CHECK ((subject_kind = ANY (ARRAY['TRADE'::text, 'TRADE_PAIR'::text, 'POSITION'::text, 'FEED'::text, 'INSTRUMENT'::text, 'REFERENCE'::text])))
);

COMMENT ON TABLE compliance.alerts IS 'What a rule flagged, as it was first found: exact values as text in evidence. Once per date, rule and subject. What became of it: compliance.alert_events. Append-only.';

ALTER TABLE compliance.alerts ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME compliance.alerts_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE compliance.anomalies (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    rank integer NOT NULL,
    score numeric NOT NULL,
    is_flagged boolean NOT NULL,
    components jsonb NOT NULL,
    symbol text NOT NULL,
    account text NOT NULL,
    counterparty_id text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text NOT NULL,
    executed_at timestamp with time zone NOT NULL,
    run_id text NOT NULL
);

COMMENT ON TABLE compliance.anomalies IS 'The most unusual trades of a date, first of them rank 1: score, and each component with value, median and MAD. A ranking for reviewers; it blocks nothing. Scores are statistics, not money.';

CREATE TABLE compliance.coverage (
    business_date date NOT NULL,
    rule text NOT NULL,
    outcome text NOT NULL,
    subject_count bigint NOT NULL,
    run_id text NOT NULL,
    CONSTRAINT coverage_outcome_is_a_name CHECK ((outcome ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT coverage_positive CHECK ((subject_count >= 0))
);

COMMENT ON TABLE compliance.coverage IS 'How many subjects of a date each rule checked, and why it did not check the others: what is not checked has not passed.';

CREATE VIEW compliance.current_alerts AS
 SELECT a.alert_id,
    a.business_date,
    a.rule,
    a.severity,
    a.subject_kind,
    a.subject_id,
    a.symbol,
    a.account,
    a.counterparty_id,
    COALESCE(last.to_state, 'OPEN'::text) AS state,
    COALESCE(stated.evidence, a.evidence) AS evidence,
    a.evidence AS first_evidence,
    a.closing_needs_second_person,
    a.run_id,
    a.opened_at,
    decided.actor AS disposed_by,
    decided.occurred_at AS disposed_at,
    decided.reason AS disposition_reason,
    COALESCE((stated.sequence > decided.sequence), false) AS is_restated_since,
        CASE last.to_state
            WHEN 'WITHDRAWN'::text THEN last.reason
            ELSE NULL::text
        END AS withdrawn_reason
   FROM (((compliance.alerts a
     LEFT JOIN LATERAL ( SELECT e.to_state,
            e.reason
           FROM compliance.alert_events e
          WHERE (e.alert_id = a.alert_id)
          ORDER BY e.sequence DESC
         LIMIT 1) last ON (true))
     LEFT JOIN LATERAL ( SELECT e.sequence,
            e.evidence
           FROM compliance.alert_events e
          WHERE ((e.alert_id = a.alert_id) AND (e.evidence IS NOT NULL))
          ORDER BY e.sequence DESC
         LIMIT 1) stated ON (true))
     LEFT JOIN LATERAL ( SELECT e.sequence,
            e.actor,
            e.occurred_at,
            e.reason
           FROM compliance.alert_events e
          WHERE ((e.alert_id = a.alert_id) AND (e.event = 'DISPOSED'::text))
          ORDER BY e.sequence DESC
         LIMIT 1) decided ON (true));

COMMENT ON VIEW compliance.current_alerts IS 'One row per alert: its state, its newest evidence, and the last decision of a person. is_restated_since: found with other values after that decision.';

CREATE TABLE control.alert_deliveries (
    alert_id bigint NOT NULL,
    channel text NOT NULL,
    attempt_count integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    delivered_at timestamp with time zone,
    given_up_at timestamp with time zone,
    last_error text,
    CONSTRAINT alert_deliveries_channel_known CHECK ((channel = ANY (ARRAY['log'::text, 'mail'::text, 'webhook'::text]))),
    CONSTRAINT alert_deliveries_one_end CHECK (((delivered_at IS NULL) OR (given_up_at IS NULL)))
);

COMMENT ON TABLE control.alert_deliveries IS 'One row per alert and channel. An attempt is counted before it is made, so that a crash during it repeats the message once, later, and never without end.';

CREATE TABLE control.alert_findings (
    finding_id bigint NOT NULL,
    kind text NOT NULL,
    finding_key text NOT NULL,
    business_date date,
    summary text NOT NULL,
    next_step text NOT NULL,
    found_at timestamp with time zone NOT NULL,
    alert_id bigint,
    resolved_at timestamp with time zone,
    resolution text,
    CONSTRAINT alert_findings_resolved_whole CHECK (((resolved_at IS NULL) = (resolution IS NULL)))
);

COMMENT ON TABLE control.alert_findings IS 'What else people must hear of: stopped batches, lost offsets, failed steps, missed deadlines.';

COMMENT ON COLUMN control.alert_findings.resolved_at IS 'When the condition was seen to be over; null while it lasts, and for what has no end.';

ALTER TABLE control.alert_findings ALTER COLUMN finding_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME control.alert_findings_finding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE control.alerts (
    alert_id bigint NOT NULL,
    kind text NOT NULL,
    item_count integer NOT NULL,
    first_event_id bigint,
    last_event_id bigint,
    facts jsonb NOT NULL,
    raised_at timestamp with time zone NOT NULL,
    repeat_number integer DEFAULT 0 NOT NULL,
    resolves_alert_id bigint,
    CONSTRAINT alerts_repeat_not_negative CHECK ((repeat_number >= 0))
);

COMMENT ON TABLE control.alerts IS 'Messages to people, each over many items. Written in the transaction that moves the position or marks the findings: what was alerted is alerted once.';

COMMENT ON COLUMN control.alerts.repeat_number IS 'How many messages of the kind came before it without a quiet time; each doubles the pause.';

COMMENT ON COLUMN control.alerts.resolves_alert_id IS 'The alert of which this one tells the end; null for an alert of its own.';

ALTER TABLE control.alerts ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME control.alerts_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE control.closes (
    business_date date NOT NULL,
    is_business_day boolean NOT NULL,
    first_closed_at timestamp with time zone DEFAULT now() NOT NULL,
    last_closed_at timestamp with time zone DEFAULT now() NOT NULL,
    last_run_id text NOT NULL,
    input_count bigint,
    earlier_change_count bigint
);

COMMENT ON TABLE control.closes IS 'Business dates that were closed at least once.';

COMMENT ON COLUMN control.closes.input_count IS 'Rows of control.received_counts that the date had when its figures were made: more of them now means that records came after.';

COMMENT ON COLUMN control.closes.earlier_change_count IS 'Rows of books.flow_changes of earlier dates that the newest rendering of the pack saw: more of them now means that it opens with positions that have changed since.';

CREATE TABLE control.date_offsets (
    business_date date NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    end_offset bigint NOT NULL,
    offset_count bigint NOT NULL,
    message_count bigint NOT NULL,
    empty_count bigint NOT NULL,
    lost_count bigint NOT NULL,
    CONSTRAINT date_offsets_add_up CHECK ((offset_count = ((message_count + empty_count) + lost_count)))
);

COMMENT ON TABLE control.date_offsets IS 'Offsets = rows, for the topics that delivered to this date: over the batches that hold a message of the date, offsets covered, messages stored, offsets without a message, offsets lost.';

CREATE TABLE control.date_totals (
    business_date date NOT NULL,
    feed text NOT NULL,
    received_count bigint NOT NULL,
    accepted_count bigint NOT NULL,
    rejected_count bigint NOT NULL,
    duplicate_count bigint NOT NULL,
    accepted_quantity numeric,
    accepted_notional numeric,
    CONSTRAINT date_totals_add_up CHECK ((received_count = ((accepted_count + rejected_count) + duplicate_count)))
);

COMMENT ON TABLE control.date_totals IS 'Control totals of a closed date. received is what the drain counted; accepted, rejected and duplicate are counted anew from their tables at close: that they add up is a check.';

CREATE TABLE control.laid_definitions (
    fingerprint text NOT NULL,
    laid_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE control.laid_definitions IS 'SHA-256 over the files of sql/functions and sql/views that stand in the database; the newest row counts.';

CREATE TABLE trade.order_conflicts (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    feed text NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    order_id text NOT NULL,
    content jsonb NOT NULL,
    kept_terms text NOT NULL,
    refused_terms text NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE trade.order_conflicts IS 'A second order or answer of the same id and date with other content: accepted as evidence, never acted upon; each is a break.';

CREATE TABLE trade.order_responses (
    business_date date NOT NULL,
    order_id text,
    lane text NOT NULL,
    response text NOT NULL,
    reason text,
    counterparty_id text,
    responded_at timestamp with time zone NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT order_responses_response_known CHECK ((response = ANY (ARRAY['CONFIRM'::text, 'REJECT'::text])))
);

COMMENT ON TABLE trade.order_responses IS 'What counterparties answered. Append-only.';

CREATE TABLE trade.orders (
    business_date date NOT NULL,
    order_key text NOT NULL,
    order_id text,
    lane text NOT NULL,
    symbol text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text NOT NULL,
    counterparty_id text NOT NULL,
    account text NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    answer_form text NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT orders_answer_form_known CHECK ((answer_form = ANY (ARRAY['JSON'::text, 'TEXT'::text]))),
    CONSTRAINT orders_price_positive CHECK ((price > (0)::numeric)),
    CONSTRAINT orders_quantity_positive CHECK ((quantity > (0)::numeric)),
    CONSTRAINT orders_side_known CHECK ((side = ANY (ARRAY['BUY'::text, 'SELL'::text])))
);

COMMENT ON TABLE trade.orders IS 'Orders as they were accepted. An order id may come again on another business date. Append-only.';

CREATE VIEW control.order_records AS
 SELECT orders.business_date,
    orders.topic AS feed,
    orders.quantity,
    (orders.price * orders.quantity) AS notional,
    orders.recorded_at
   FROM trade.orders
UNION ALL
 SELECT order_responses.business_date,
    order_responses.topic AS feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    order_responses.recorded_at
   FROM trade.order_responses
UNION ALL
 SELECT order_conflicts.business_date,
    order_conflicts.feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    order_conflicts.recorded_at
   FROM trade.order_conflicts;

COMMENT ON VIEW control.order_records IS 'Every accepted order and answer, with those that were kept as evidence of a conflict.';

CREATE TABLE control.positions (
    reader text NOT NULL,
    last_event_id bigint NOT NULL,
    moved_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE control.positions IS 'Up to which recon.break_events.event_id each reader has come; moved in the transaction that writes what the reader made of the events.';

CREATE TABLE control.received_counts (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    business_date date NOT NULL,
    received_count bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE control.received_counts IS 'How many messages of a batch belong to a business date, written when the batch is promoted. Append-only: a record that moves to its execution''s date writes -1 and +1.';

CREATE TABLE landing.batches (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    status text DEFAULT 'DRAINED'::text NOT NULL,
    message_count integer NOT NULL,
    staged_count integer NOT NULL,
    reject_count integer NOT NULL,
    first_message_at timestamp with time zone,
    last_message_at timestamp with time zone,
    drained_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    status_reason text,
    run_id text NOT NULL,
    dates_allowed boolean DEFAULT false NOT NULL,
    CONSTRAINT batches_counts_add_up CHECK ((message_count = (staged_count + reject_count))),
    CONSTRAINT batches_status_known CHECK ((status = ANY (ARRAY['DRAINED'::text, 'VALIDATED'::text, 'PROMOTED'::text, 'RECONCILED'::text, 'STOPPED'::text, 'REJECTED'::text])))
);

COMMENT ON TABLE landing.batches IS 'DRAINED -> VALIDATED -> PROMOTED -> RECONCILED. STOPPED: a quality gate failed, a person decides (posttrade batches). REJECTED: a person refused it whole. staged_count and reject_count are those at drain time; later quarantine does not change them.';

COMMENT ON COLUMN landing.batches.dates_allowed IS 'True: a person let the batch open more new business dates than one batch usually may.';

CREATE TABLE landing.rejects (
    reject_id bigint NOT NULL,
    feed text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    trade_id text,
    payload bytea,
    rejected_at timestamp with time zone DEFAULT now() NOT NULL,
    replayed_at timestamp with time zone,
    is_date_stated boolean DEFAULT true NOT NULL,
    CONSTRAINT rejects_reason_snake_case CHECK ((reason ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT rejects_stage_known CHECK ((stage = ANY (ARRAY['contract'::text, 'quality'::text, 'close'::text, 'person'::text])))
);

COMMENT ON TABLE landing.rejects IS 'Messages that never became a record. reason: a sentence in snake case. detail: what was found and expected. A repaired message is replayed into the topic as a new message.';

COMMENT ON COLUMN landing.rejects.is_date_stated IS 'False: business_date is that of the message''s arrival until its batch is promoted, and then that of the execution with the same trade id nearest to it, where there is one.';

CREATE VIEW control.rejects AS
 SELECT business_date,
    feed,
    topic,
    partition,
    message_offset,
    stage,
    reason,
    detail,
    trade_id,
    rejected_at,
    replayed_at
   FROM landing.rejects r
  WHERE (NOT (EXISTS ( SELECT
           FROM landing.batches b
          WHERE ((b.batch_id = r.batch_id) AND (b.status = ANY (ARRAY['DRAINED'::text, 'VALIDATED'::text, 'STOPPED'::text]))))));

COMMENT ON VIEW control.rejects IS 'Refused messages by business date, without their raw bytes. A batch that is not promoted yet has not said what it received, so that its rejects are not among them.';

CREATE TABLE control.step_runs (
    step_run_id bigint NOT NULL,
    step text NOT NULL,
    business_date date,
    run_id text NOT NULL,
    rows_in bigint,
    rows_out bigint,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome text DEFAULT 'RUNNING'::text NOT NULL,
    detail text,
    CONSTRAINT step_runs_outcome_known CHECK ((outcome = ANY (ARRAY['RUNNING'::text, 'DONE'::text, 'FAILED'::text])))
);

COMMENT ON TABLE control.step_runs IS 'Every step of every Dag run: what, for which date, how much, how long.';

ALTER TABLE control.step_runs ALTER COLUMN step_run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME control.step_runs_step_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE market.mark_conflicts (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    mark_kind text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    tenor_days integer NOT NULL,
    source_id text NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    kept_price numeric NOT NULL,
    refused_price numeric NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE market.mark_conflicts IS 'A second price of one source for the same instant: accepted as evidence, never a mark. Append-only.';

CREATE TABLE market.marks (
    mark_id bigint NOT NULL,
    mark_kind text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    tenor_days integer NOT NULL,
    mark_date date NOT NULL,
    source_id text NOT NULL,
    observed_at timestamp with time zone NOT NULL,
    price numeric NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT marks_fx_of_a_pair CHECK (((mark_kind <> 'FX'::text) OR ((symbol ~ '^[A-Z]{6}$'::text) AND ("right"(symbol, 3) = currency) AND (price > (0)::numeric)))),
    CONSTRAINT marks_kind_known CHECK ((mark_kind = ANY (ARRAY['PRICE'::text, 'FX'::text, 'CURVE'::text]))),
    CONSTRAINT marks_tenor_of_curves CHECK (((tenor_days > 0) = (mark_kind = 'CURVE'::text)))
);

COMMENT ON TABLE market.marks IS 'Every mark as its source stated it. FX: price of one unit of the first currency of the pair in the second; CURVE: symbol names the curve, price is the rate. Append-only: a corrected mark is one of a later observed_at.';

CREATE TABLE settlement.record_conflicts (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    feed text NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    content jsonb NOT NULL,
    kept_terms text NOT NULL,
    refused_terms text NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE settlement.record_conflicts IS 'A status or statement line that was said before in other terms: accepted as evidence, never acted upon; each is a break.';

CREATE TABLE settlement.statement_lines (
    custodian_id text NOT NULL,
    statement_kind text NOT NULL,
    statement_id text NOT NULL,
    version integer NOT NULL,
    line_number integer NOT NULL,
    entry_type text NOT NULL,
    asset text,
    amount numeric,
    entry_reference text,
    business_date date NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT statement_lines_entry_fits_kind CHECK (
CASE statement_kind
    WHEN 'CASH'::text THEN ((entry_type = ANY (ARRAY['OPENING'::text, 'MOVEMENT'::text, 'CLOSING'::text])) AND (asset IS NOT NULL))
    ELSE (entry_type = 'POSITION'::text)
END),
    CONSTRAINT statement_lines_whole CHECK (((asset IS NULL) = (amount IS NULL)))
);

COMMENT ON TABLE settlement.statement_lines IS 'Their lines. Signs are ours: a negative position is short, negative cash is overdrawn. A position line without asset says that the account is empty. Append-only.';

CREATE TABLE settlement.statuses (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    instruction_reference text NOT NULL,
    settlement_date date,
    status text NOT NULL,
    reason_code text,
    settled_quantity numeric,
    settled_amount numeric,
    currency text,
    settled_on date,
    depository_id text,
    status_at timestamp with time zone NOT NULL,
    flags text[] NOT NULL,
    message_at timestamp with time zone NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE settlement.statuses IS 'What depositories said of our instructions. Quantities and amounts are what has settled in all so far, without signs: said twice or out of turn they say the same. Append-only.';

CREATE VIEW control.untraded_records AS
 SELECT order_records.business_date,
    order_records.feed,
    order_records.quantity,
    order_records.notional,
    order_records.recorded_at
   FROM control.order_records
UNION ALL
 SELECT marks.mark_date AS business_date,
    marks.topic AS feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    marks.recorded_at
   FROM market.marks
UNION ALL
 SELECT mark_conflicts.business_date,
    mark_conflicts.topic AS feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    mark_conflicts.recorded_at
   FROM market.mark_conflicts
UNION ALL
 SELECT statuses.business_date,
    statuses.topic AS feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    statuses.recorded_at
   FROM settlement.statuses
UNION ALL
 SELECT statement_lines.business_date,
    statement_lines.topic AS feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    statement_lines.recorded_at
   FROM settlement.statement_lines
UNION ALL
 SELECT record_conflicts.business_date,
    record_conflicts.feed,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    record_conflicts.recorded_at
   FROM settlement.record_conflicts;

COMMENT ON VIEW control.untraded_records IS 'Every accepted record of the feeds that carry no trade: orders, answers, marks, statuses, lines of statements.';

CREATE TABLE control.watch_rounds (
    watch text NOT NULL,
    last_round_at timestamp with time zone NOT NULL,
    waiting_since timestamp with time zone
);

COMMENT ON TABLE control.watch_rounds IS 'When each part of the watch last looked, and what it saw.';

CREATE TABLE landing.batch_ranges (
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    first_offset bigint NOT NULL,
    end_offset bigint NOT NULL,
    message_count integer NOT NULL,
    empty_count integer DEFAULT 0 NOT NULL,
    lost_count bigint DEFAULT 0 NOT NULL,
    CONSTRAINT batch_ranges_add_up CHECK (((end_offset - first_offset) = ((message_count + empty_count) + lost_count)))
);

COMMENT ON TABLE landing.batch_ranges IS 'Half-open offset ranges [first_offset, end_offset).';

ALTER TABLE landing.batches ALTER COLUMN batch_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME landing.batches_batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE landing.dropped_ranges (
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_count bigint NOT NULL,
    received_on date NOT NULL,
    dropped_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE landing.dropped_ranges IS 'Raw messages that housekeeping dropped, by the range they came in. Append-only.';

CREATE TABLE landing.duplicates (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    feed text NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL
);

COMMENT ON TABLE landing.duplicates IS 'The same record again, same content: counted, never compared, no break.';

CREATE TABLE landing.message_blocks (
    topic text NOT NULL,
    partition integer NOT NULL,
    first_offset bigint NOT NULL,
    last_offset bigint NOT NULL,
    batch_id bigint NOT NULL,
    received_on date NOT NULL,
    message_count integer NOT NULL,
    message_offsets bigint[],
    message_ats timestamp with time zone[] NOT NULL,
    message_keys bytea[] NOT NULL,
    headers jsonb[] NOT NULL,
    payloads bytea[] NOT NULL,
    CONSTRAINT message_blocks_are_whole CHECK (((cardinality(message_ats) = message_count) AND (cardinality(message_keys) = message_count) AND (cardinality(payloads) = message_count) AND ((cardinality(headers) = 1) OR (cardinality(headers) = message_count)) AND (message_count > 0))),
    CONSTRAINT message_blocks_name_offsets CHECK (
CASE
    WHEN (message_offsets IS NULL) THEN (((last_offset - first_offset) + 1) = message_count)
    ELSE ((cardinality(message_offsets) = message_count) AND (message_offsets[1] = first_offset) AND (message_offsets[message_count] = last_offset))
END),
    CONSTRAINT message_blocks_span_few_offsets CHECK (((last_offset >= first_offset) AND ((last_offset - first_offset) < 256)))
)
PARTITION BY RANGE (received_on);
ALTER TABLE ONLY landing.message_blocks ALTER COLUMN message_ats SET STORAGE EXTERNAL;
ALTER TABLE ONLY landing.message_blocks ALTER COLUMN message_keys SET STORAGE EXTERNAL;
ALTER TABLE ONLY landing.message_blocks ALTER COLUMN payloads SET STORAGE EXTERNAL;

COMMENT ON TABLE landing.message_blocks IS 'Every message as it came, byte for byte, also those that were rejected; the view landing.messages shows them one by one. received_on is the UTC date of the drain: retention drops whole partitions.';

CREATE TABLE landing.message_blocks_default (
    topic text CONSTRAINT message_blocks_topic_not_null NOT NULL,
    partition integer CONSTRAINT message_blocks_partition_not_null NOT NULL,
    first_offset bigint CONSTRAINT message_blocks_first_offset_not_null NOT NULL,
    last_offset bigint CONSTRAINT message_blocks_last_offset_not_null NOT NULL,
    batch_id bigint CONSTRAINT message_blocks_batch_id_not_null NOT NULL,
    received_on date CONSTRAINT message_blocks_received_on_not_null NOT NULL,
    message_count integer CONSTRAINT message_blocks_message_count_not_null NOT NULL,
    message_offsets bigint[],
    message_ats timestamp with time zone[] CONSTRAINT message_blocks_message_ats_not_null NOT NULL,
    message_keys bytea[] CONSTRAINT message_blocks_message_keys_not_null NOT NULL,
    headers jsonb[] CONSTRAINT message_blocks_headers_not_null NOT NULL,
    payloads bytea[] CONSTRAINT message_blocks_payloads_not_null NOT NULL,
    CONSTRAINT message_blocks_are_whole CHECK (((cardinality(message_ats) = message_count) AND (cardinality(message_keys) = message_count) AND (cardinality(payloads) = message_count) AND ((cardinality(headers) = 1) OR (cardinality(headers) = message_count)) AND (message_count > 0))),
    CONSTRAINT message_blocks_name_offsets CHECK (
CASE
    WHEN (message_offsets IS NULL) THEN (((last_offset - first_offset) + 1) = message_count)
    ELSE ((cardinality(message_offsets) = message_count) AND (message_offsets[1] = first_offset) AND (message_offsets[message_count] = last_offset))
END),
    CONSTRAINT message_blocks_span_few_offsets CHECK (((last_offset >= first_offset) AND ((last_offset - first_offset) < 256)))
)
WITH (toast_tuple_target='8160');
ALTER TABLE ONLY landing.message_blocks_default ALTER COLUMN message_ats SET STORAGE EXTERNAL;
ALTER TABLE ONLY landing.message_blocks_default ALTER COLUMN message_keys SET STORAGE EXTERNAL;
ALTER TABLE ONLY landing.message_blocks_default ALTER COLUMN payloads SET STORAGE EXTERNAL;

CREATE VIEW landing.messages AS
 SELECT b.topic,
    b.partition,
    COALESCE(b.message_offsets[m.place], ((b.first_offset + m.place) - 1)) AS message_offset,
    b.batch_id,
    m.message_at,
    m.message_key,
    b.headers[LEAST(m.place, (cardinality(b.headers))::bigint)] AS headers,
    m.payload,
    b.received_on
   FROM (landing.message_blocks b
     CROSS JOIN LATERAL UNNEST(b.message_ats, b.message_keys, b.payloads) WITH ORDINALITY m(message_at, message_key, payload, place));

COMMENT ON VIEW landing.messages IS 'Every message as it came, byte for byte, also those that were rejected, by topic, partition and offset.';

CREATE TABLE landing.offsets (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    offset_base bigint DEFAULT 0 NOT NULL,
    end_offset_seen bigint DEFAULT 0 NOT NULL,
    CONSTRAINT offsets_behind_base CHECK (((offset_base >= 0) AND (next_offset >= offset_base))),
    CONSTRAINT offsets_not_negative CHECK ((next_offset >= 0))
);

COMMENT ON TABLE landing.offsets IS 'Where the next drain begins. Moved by compare-and-set in the transaction that stores the rows; the broker''s own group offsets are never used.';

COMMENT ON COLUMN landing.offsets.offset_base IS 'Added to Kafka''s offset to give message_offset: 0 for the first topic of the name, and for each later one the end of those before it, so that no two messages share a place. next_offset, end_offset_seen and all offsets elsewhere hold it.';

COMMENT ON COLUMN landing.offsets.end_offset_seen IS 'Where the partition ended when it was last drained: what a deleted topic is known to have held.';

ALTER TABLE landing.rejects ALTER COLUMN reject_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME landing.rejects_reject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE landing.topic_adoptions (
    topic text NOT NULL,
    generation integer NOT NULL,
    partition integer NOT NULL,
    old_topic_id text,
    new_topic_id text,
    offset_base bigint NOT NULL,
    lost_count bigint NOT NULL,
    adopted_by text NOT NULL,
    adopted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE landing.topic_adoptions IS 'Every time a person let a feed go on with a topic made anew. Append-only.';

CREATE TABLE landing.topics (
    topic text NOT NULL,
    topic_id text,
    generation integer DEFAULT 1 NOT NULL,
    identified_at timestamp with time zone,
    stopped_at timestamp with time zone,
    stop_reason text,
    CONSTRAINT topics_stopped_for_a_reason CHECK (((stopped_at IS NULL) = (stop_reason IS NULL)))
);

COMMENT ON TABLE landing.topics IS 'Which topic it is that was drained, and why its feed is stopped, if it is. The first id that is told of a topic that was not identified yet is taken for its own.';

ALTER TABLE market.marks ALTER COLUMN mark_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market.marks_mark_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE market.override_decisions (
    override_id integer NOT NULL,
    made_by text NOT NULL,
    decision text NOT NULL,
    decided_by text NOT NULL,
    comment text,
    decided_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT override_decisions_known CHECK ((decision = ANY (ARRAY['APPROVED'::text, 'REFUSED'::text]))),
    CONSTRAINT override_decisions_second_person CHECK (((btrim(decided_by) <> ''::text) AND (lower(btrim(decided_by)) <> lower(btrim(made_by)))))
);

COMMENT ON TABLE market.override_decisions IS 'What a second person said of an override: once, and never the one who asked. Append-only.';

CREATE TABLE market.overrides (
    override_id integer NOT NULL,
    mark_kind text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    tenor_days integer NOT NULL,
    mark_date date NOT NULL,
    price numeric,
    reason text NOT NULL,
    made_by text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT overrides_fx_positive CHECK (((mark_kind <> 'FX'::text) OR (price > (0)::numeric))),
    CONSTRAINT overrides_kind_known CHECK ((mark_kind = ANY (ARRAY['PRICE'::text, 'FX'::text, 'CURVE'::text]))),
    CONSTRAINT overrides_reason_given CHECK (((btrim(reason) <> ''::text) AND (btrim(made_by) <> ''::text))),
    CONSTRAINT overrides_tenor_of_curves CHECK (((tenor_days > 0) = (mark_kind = 'CURVE'::text)))
);

COMMENT ON TABLE market.overrides IS 'A person''s word over the mark of one date, as it was asked for. Without an approval in market.override_decisions it changes nothing. Append-only.';

ALTER TABLE market.overrides ALTER COLUMN override_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME market.overrides_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE outbox.announcements (
    announcement_id bigint NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    piece integer NOT NULL,
    topic text NOT NULL,
    trade_ids text[] NOT NULL,
    versions integer[] NOT NULL,
    message_count integer NOT NULL,
    counterparties jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    withdrawn_count integer,
    CONSTRAINT announcements_published_is_counted CHECK (((published_at IS NULL) = (withdrawn_count IS NULL))),
    CONSTRAINT announcements_whole CHECK (((message_count > 0) AND (cardinality(trade_ids) = message_count) AND (cardinality(versions) = message_count)))
);

COMMENT ON TABLE outbox.announcements IS 'Executions of one promotion and date, written in the transaction that accepts them. The message of each is built from its stored version, which never changes, when it is sent: sent again after a crash, it has the same id and the same bytes.';

COMMENT ON COLUMN outbox.announcements.withdrawn_count IS 'Executions that were quarantined before their message was sent: they are not announced.';

ALTER TABLE outbox.announcements ALTER COLUMN announcement_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME outbox.announcements_announcement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE outbox.messages (
    outbox_id bigint NOT NULL,
    message_id text NOT NULL,
    topic text NOT NULL,
    message_key text,
    payload jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    published_at timestamp with time zone,
    is_text boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE outbox.messages IS 'Written in the transaction that causes it, published afterwards in outbox_id order by an idempotent producer; a crash between publishing and marking repeats a message with the same id.';

COMMENT ON COLUMN outbox.messages.is_text IS 'The payload is a JSON string, and what is sent is its text.';

ALTER TABLE outbox.messages ALTER COLUMN outbox_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME outbox.messages_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.counterparties (
    counterparty_id text NOT NULL,
    counterparty_name text NOT NULL,
    lei text,
    country text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE reference.instruments (
    symbol text NOT NULL,
    instrument_name text NOT NULL,
    asset_class text NOT NULL,
    currency text NOT NULL,
    market_id text NOT NULL,
    isin text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    settlement_market_id text,
    CONSTRAINT instruments_asset_class_known CHECK ((asset_class = ANY (ARRAY['EQUITY'::text, 'BOND'::text, 'DERIVATIVE'::text, 'FX'::text, 'COMMODITY'::text])))
);

COMMENT ON COLUMN reference.instruments.settlement_market_id IS 'The market whose cycle and calendars settle it, where that is not market_id.';

CREATE TABLE staging.records (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    business_date date NOT NULL,
    is_date_stated boolean DEFAULT true NOT NULL,
    trade_id text,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT records_are_of_a_kind CHECK (false) NO INHERIT
);

COMMENT ON TABLE staging.records IS 'Staged records of every kind: the tables below it hold them, it holds none itself.';

CREATE TABLE staging.confirmations (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    business_date date NOT NULL,
    is_date_stated boolean DEFAULT true NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    symbol text NOT NULL,
    side text,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text,
    counterparty_id text,
    account text,
    confirmed_at timestamp with time zone NOT NULL,
    settlement_date date,
    status text NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL
)
INHERITS (staging.records);

CREATE VIEW quality.batch_confirmations AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.trade_id,
    staged.version,
    staged.symbol,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.account,
    staged.status,
        CASE
            WHEN (length(staged.symbol) = 12) THEN quality.is_isin_checked(staged.symbol)
            ELSE NULL::boolean
        END AS is_isin_checked,
    GREATEST(length(staged.trade_id), length(staged.symbol), length(staged.counterparty_id), length(staged.account)) AS longest_text,
    quality.outright_price(staged.price, instruments.asset_class) AS outright_price,
    (staged.settlement_date - staged.business_date) AS settlement_lag_days,
    (((staged.confirmed_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS confirmation_lag_days,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS message_lag_days,
    (instruments.symbol IS NOT NULL) AS is_symbol_known,
    ((staged.counterparty_id IS NULL) OR (counterparties.counterparty_id IS NOT NULL)) AS is_counterparty_known
   FROM ((staging.confirmations staged
     LEFT JOIN reference.instruments instruments ON ((staged.symbol = instruments.symbol)))
     LEFT JOIN reference.counterparties counterparties ON ((staged.counterparty_id = counterparties.counterparty_id)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE staging.executions (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    source_id text NOT NULL,
    symbol text NOT NULL,
    asset_class text,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text,
    notional numeric,
    brokerage_fee numeric,
    clearing_fee numeric,
    exchange_fee numeric,
    counterparty_id text,
    venue text,
    account text,
    strategy text,
    executed_at timestamp with time zone NOT NULL,
    settlement_date date,
    status text NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    is_date_stated boolean DEFAULT true NOT NULL
)
INHERITS (staging.records);

COMMENT ON TABLE staging.executions IS 'Feeds trades and executions, lifted to the newest contract.';

CREATE VIEW quality.batch_executions AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.trade_id,
    staged.version,
    staged.symbol,
    COALESCE(staged.asset_class, instruments.asset_class) AS asset_class,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.venue,
    staged.account,
    staged.strategy,
    staged.status,
        CASE
            WHEN (length(staged.symbol) = 12) THEN quality.is_isin_checked(staged.symbol)
            ELSE NULL::boolean
        END AS is_isin_checked,
    GREATEST(length(staged.trade_id), length(staged.symbol), length(staged.counterparty_id), length(staged.venue), length(staged.account), length(staged.strategy)) AS longest_text,
    quality.outright_price(staged.price, COALESCE(staged.asset_class, instruments.asset_class)) AS outright_price,
    quality.notional_gap_cents(staged.notional, staged.quantity, staged.price) AS notional_gap_cents,
    LEAST(staged.brokerage_fee, staged.clearing_fee, staged.exchange_fee) AS lowest_fee,
    quality.fee_permille(((COALESCE(staged.brokerage_fee, (0)::numeric) + COALESCE(staged.clearing_fee, (0)::numeric)) + COALESCE(staged.exchange_fee, (0)::numeric)), staged.quantity, staged.price) AS fee_permille,
    (staged.settlement_date - staged.business_date) AS settlement_lag_days,
    (((staged.executed_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS execution_lag_days,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS message_lag_days,
    (instruments.symbol IS NOT NULL) AS is_symbol_known,
    ((staged.counterparty_id IS NULL) OR (counterparties.counterparty_id IS NOT NULL)) AS is_counterparty_known
   FROM ((staging.executions staged
     LEFT JOIN reference.instruments instruments ON ((staged.symbol = instruments.symbol)))
     LEFT JOIN reference.counterparties counterparties ON ((staged.counterparty_id = counterparties.counterparty_id)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE reference.mark_sources (
    source_id text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    priority integer NOT NULL,
    days_old_max integer NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT mark_sources_class_known CHECK ((asset_class = ANY (ARRAY['*'::text, 'EQUITY'::text, 'BOND'::text, 'DERIVATIVE'::text, 'FX'::text, 'COMMODITY'::text, 'CURVE'::text]))),
    CONSTRAINT mark_sources_days_not_negative CHECK ((days_old_max >= 0)),
    CONSTRAINT mark_sources_priority_positive CHECK ((priority > 0))
);

COMMENT ON TABLE reference.mark_sources IS 'Who may state marks, by asset class (* where it has no row of its own) and date: the lowest priority that is not stale counts. Stale: more than days_old_max business days of the instrument''s trading calendar old.';

CREATE TABLE staging.marks (
    symbol text NOT NULL,
    mark_kind text NOT NULL,
    tenor_days integer NOT NULL,
    price numeric NOT NULL,
    currency text NOT NULL,
    source_id text NOT NULL,
    observed_at timestamp with time zone NOT NULL
)
INHERITS (staging.records);

COMMENT ON TABLE staging.marks IS 'Feed marks.';

CREATE VIEW quality.batch_marks AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.symbol,
    staged.mark_kind,
    staged.price,
    staged.currency,
    GREATEST(length(staged.symbol), length(staged.source_id)) AS longest_text,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (sources.source_id IS NOT NULL) AS is_source_known,
    ((staged.mark_kind <> 'FX'::text) OR ((staged.symbol ~ '^[A-Z]{6}$'::text) AND ("right"(staged.symbol, 3) = staged.currency) AND (staged.price > (0)::numeric))) AS is_pair_sound,
    ((staged.mark_kind <> 'PRICE'::text) OR (staged.price > (0)::numeric) OR market.goes_below_nought(instruments.asset_class)) AS is_price_above_nought,
    ((staged.tenor_days > 0) = (staged.mark_kind = 'CURVE'::text)) AS is_tenor_sound,
    ((staged.mark_kind <> 'PRICE'::text) OR (instruments.symbol IS NOT NULL)) AS is_symbol_known,
    ((staged.mark_kind = 'CURVE'::text) OR (COALESCE(instruments.currency, staged.currency) = staged.currency)) AS is_currency_own
   FROM ((staging.marks staged
     LEFT JOIN reference.instruments instruments ON ((staged.symbol = instruments.symbol)))
     LEFT JOIN ( SELECT DISTINCT mark_sources.source_id
           FROM reference.mark_sources mark_sources) sources ON ((staged.source_id = sources.source_id)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE staging.order_responses (
    order_id text,
    response text NOT NULL,
    reason text,
    counterparty_id text,
    responded_at timestamp with time zone NOT NULL,
    source_id text NOT NULL
)
INHERITS (staging.records);

COMMENT ON TABLE staging.order_responses IS 'Feed Counter_party, from JSON or the short text form.';

CREATE VIEW quality.batch_order_responses AS
 SELECT topic,
    partition,
    message_offset,
    feed,
    order_id,
    response,
    reason,
    counterparty_id,
    GREATEST(length(order_id), length(counterparty_id)) AS longest_text,
    (EXTRACT(year FROM business_date))::integer AS business_year,
    (business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((message_at AT TIME ZONE 'UTC'::text))::date - business_date) AS message_lag_days
   FROM staging.order_responses staged
  WHERE (batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE staging.orders (
    order_id text,
    symbol text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text NOT NULL,
    counterparty_id text NOT NULL,
    account text NOT NULL,
    ordered_at timestamp with time zone NOT NULL,
    answer_form text NOT NULL,
    source_id text NOT NULL
)
INHERITS (staging.records);

COMMENT ON TABLE staging.orders IS 'Feed Trade_Order, from JSON or the short text form.';

CREATE VIEW quality.batch_orders AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.order_id,
    staged.symbol,
    staged.side,
    staged.quantity,
    staged.price,
    staged.currency,
    staged.counterparty_id,
    staged.account,
    staged.answer_form,
    GREATEST(length(staged.order_id), length(staged.symbol), length(staged.counterparty_id), length(staged.account)) AS longest_text,
    (((staged.ordered_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS order_lag_days,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS message_lag_days,
    (instruments.symbol IS NOT NULL) AS is_symbol_known,
    (counterparties.counterparty_id IS NOT NULL) AS is_counterparty_known
   FROM ((staging.orders staged
     LEFT JOIN reference.instruments instruments ON ((staged.symbol = instruments.symbol)))
     LEFT JOIN reference.counterparties counterparties ON ((staged.counterparty_id = counterparties.counterparty_id)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE staging.pnl_snapshots (
    batch_id bigint NOT NULL,
    feed text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    message_at timestamp with time zone NOT NULL,
    business_date date NOT NULL,
    is_date_stated boolean DEFAULT true NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    pnl_impact numeric NOT NULL,
    commission numeric NOT NULL,
    currency text,
    status text NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL
)
INHERITS (staging.records);

CREATE VIEW quality.batch_pnl_snapshots AS
 SELECT topic,
    partition,
    message_offset,
    feed,
    trade_id,
    version,
    currency,
    status,
    commission,
    length(trade_id) AS longest_text,
    abs(pnl_impact) AS pnl_impact_size,
    (EXTRACT(year FROM business_date))::integer AS business_year,
    (business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((message_at AT TIME ZONE 'UTC'::text))::date - business_date) AS message_lag_days
   FROM staging.pnl_snapshots staged
  WHERE (batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE reference.status_codes (
    code text NOT NULL,
    scheme text NOT NULL,
    state text NOT NULL,
    meaning text NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT status_codes_scheme_known CHECK ((scheme = ANY (ARRAY['OWN'::text, 'FIX'::text, 'ISO15022'::text, 'ISO20022'::text]))),
    CONSTRAINT status_codes_state_known CHECK ((state = ANY (ARRAY['INSTRUCTED'::text, 'MATCHED'::text, 'UNMATCHED'::text, 'PENDING'::text, 'FAILING'::text, 'PARTIALLY_SETTLED'::text, 'SETTLED'::text, 'CANCELLED'::text, 'REJECTED'::text])))
);

COMMENT ON TABLE reference.status_codes IS 'What a depository''s status means to us. UNMATCHED and REJECTED are no states of an instruction: they are breaks. INSTRUCTED: received, nothing changes.';

CREATE TABLE staging.settlement_statuses (
    instruction_reference text NOT NULL,
    settlement_date date,
    status text NOT NULL,
    reason_code text,
    settled_quantity numeric,
    settled_amount numeric,
    currency text,
    settled_on date,
    depository_id text,
    status_at timestamp with time zone NOT NULL
)
INHERITS (staging.records);

COMMENT ON TABLE staging.settlement_statuses IS 'Feed settlement_statuses.';

CREATE VIEW quality.batch_settlement_statuses AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.instruction_reference,
    staged.status,
    staged.reason_code,
    staged.depository_id,
    staged.currency,
    (codes.code IS NOT NULL) AS is_status_known,
        CASE
            WHEN (codes.state = ANY (ARRAY['SETTLED'::text, 'PARTIALLY_SETTLED'::text])) THEN true
            ELSE (num_nonnulls(staged.settled_quantity, staged.settled_amount, staged.settled_on) = 0)
        END AS is_settled_if_it_says_so,
    ((codes.state IS DISTINCT FROM 'PARTIALLY_SETTLED'::text) OR (COALESCE(GREATEST(staged.settled_quantity, staged.settled_amount), (0)::numeric) > (0)::numeric)) AS is_part_stated,
    GREATEST(length(staged.instruction_reference), length(staged.status), length(staged.reason_code), length(staged.depository_id)) AS longest_text,
    (((staged.status_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS status_lead_days,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS message_lag_days
   FROM (staging.settlement_statuses staged
     LEFT JOIN reference.status_codes codes ON ((staged.status = codes.code)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE staging.statement_lines (
    statement_id text NOT NULL,
    version integer NOT NULL,
    custodian_id text NOT NULL,
    account text NOT NULL,
    statement_number integer,
    line_number integer NOT NULL,
    line_count integer NOT NULL,
    entry_type text,
    asset text,
    amount numeric,
    entry_reference text
)
INHERITS (staging.records);

COMMENT ON TABLE staging.statement_lines IS 'Feeds custodian_positions (asset: the instrument) and custodian_cash (asset: the currency).';

CREATE VIEW quality.batch_statement_lines AS
 SELECT staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.statement_id,
    staged.custodian_id,
    staged.account,
    staged.asset,
    staged.entry_type,
    staged.entry_reference,
    staged.line_count,
    (staged.line_count - staged.line_number) AS lines_behind,
    abs(staged.amount) AS amount_size,
    (((staged.asset IS NULL) = (staged.amount IS NULL)) AND ((staged.asset IS NOT NULL) OR (staged.line_count = 1))) AS is_line_whole,
    ((staged.asset IS NULL) OR (instruments.symbol IS NOT NULL)) AS is_symbol_known,
    GREATEST(length(staged.statement_id), length(staged.custodian_id), length(staged.account), length(staged.asset), length(staged.entry_reference)) AS longest_text,
    (EXTRACT(year FROM staged.business_date))::integer AS business_year,
    (staged.business_date - CURRENT_DATE) AS days_ahead_of_today,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - CURRENT_DATE) AS message_lead_days,
    (((staged.message_at AT TIME ZONE 'UTC'::text))::date - staged.business_date) AS message_lag_days
   FROM (staging.statement_lines staged
     LEFT JOIN reference.instruments instruments ON ((staged.asset = instruments.symbol)))
  WHERE (staged.batch_id = (current_setting('gx.batch_id'::text))::bigint);

CREATE TABLE trade.confirmations (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    symbol text NOT NULL,
    side text,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text,
    counterparty_id text,
    account text,
    confirmed_at timestamp with time zone NOT NULL,
    settlement_date date,
    status text NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT confirmations_quantity_positive CHECK ((quantity > (0)::numeric))
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE trade.confirmations IS 'The other side''s record. business_date is the trade''s: stated, or taken from the execution.';

CREATE VIEW quality.day_confirmations WITH (security_barrier='true') AS
 SELECT accepted.topic,
    accepted.partition,
    accepted.message_offset,
    accepted.trade_id,
    accepted.version,
    accepted.symbol,
    accepted.side,
    accepted.quantity,
    accepted.price,
    accepted.currency,
    accepted.counterparty_id,
    accepted.account,
    accepted.status,
        CASE
            WHEN (length(accepted.symbol) = 12) THEN quality.is_isin_checked(accepted.symbol)
            ELSE NULL::boolean
        END AS is_isin_checked,
    GREATEST(length(accepted.trade_id), length(accepted.symbol), length(accepted.counterparty_id), length(accepted.account)) AS longest_text,
    quality.outright_price(accepted.price, instruments.asset_class) AS outright_price,
    (accepted.settlement_date - accepted.business_date) AS settlement_lag_days,
    (((accepted.confirmed_at AT TIME ZONE 'UTC'::text))::date - accepted.business_date) AS confirmation_lag_days,
    (EXTRACT(year FROM accepted.business_date))::integer AS business_year,
    (accepted.business_date - ((accepted.recorded_at AT TIME ZONE 'UTC'::text))::date) AS record_lead_days,
    (instruments.symbol IS NOT NULL) AS is_symbol_known,
    ((accepted.counterparty_id IS NULL) OR (counterparties.counterparty_id IS NOT NULL)) AS is_counterparty_known
   FROM ((trade.confirmations accepted
     LEFT JOIN reference.instruments instruments ON ((accepted.symbol = instruments.symbol)))
     LEFT JOIN reference.counterparties counterparties ON ((accepted.counterparty_id = counterparties.counterparty_id)))
  WHERE ((accepted.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)) AND (accepted.topic = ( SELECT current_setting('gx.feed'::text) AS current_setting)));

CREATE TABLE trade.executions (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    feed text NOT NULL,
    source_id text NOT NULL,
    symbol text NOT NULL,
    asset_class text NOT NULL,
    side text NOT NULL,
    quantity numeric NOT NULL,
    price numeric NOT NULL,
    currency text NOT NULL,
    notional numeric NOT NULL,
    brokerage_fee numeric NOT NULL,
    clearing_fee numeric NOT NULL,
    exchange_fee numeric NOT NULL,
    counterparty_id text NOT NULL,
    venue text,
    account text NOT NULL,
    strategy text NOT NULL,
    executed_at timestamp with time zone NOT NULL,
    settlement_date date NOT NULL,
    status text NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT executions_quantity_positive CHECK ((quantity > (0)::numeric)),
    CONSTRAINT executions_side_known CHECK ((side = ANY (ARRAY['BUY'::text, 'SELL'::text]))),
    CONSTRAINT executions_status_known CHECK ((status = ANY (ARRAY['EXECUTED'::text, 'ALLOCATED'::text, 'CORRECTED'::text, 'CANCELLED'::text])))
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE trade.executions IS 'Our own record of a trade. A correction or cancellation is a further row with a higher version; the highest version is the one compared. Amounts are in currency; price per unit.';

CREATE VIEW quality.day_executions WITH (security_barrier='true') AS
 SELECT accepted.topic,
    accepted.partition,
    accepted.message_offset,
    accepted.trade_id,
    accepted.version,
    accepted.symbol,
    accepted.asset_class,
    accepted.side,
    accepted.quantity,
    accepted.price,
    accepted.currency,
    accepted.counterparty_id,
    accepted.venue,
    accepted.account,
    accepted.strategy,
    accepted.status,
        CASE
            WHEN (length(accepted.symbol) = 12) THEN quality.is_isin_checked(accepted.symbol)
            ELSE NULL::boolean
        END AS is_isin_checked,
    GREATEST(length(accepted.trade_id), length(accepted.symbol), length(accepted.counterparty_id), length(accepted.venue), length(accepted.account), length(accepted.strategy)) AS longest_text,
    quality.outright_price(accepted.price, accepted.asset_class) AS outright_price,
    quality.notional_gap_cents(accepted.notional, accepted.quantity, accepted.price) AS notional_gap_cents,
    LEAST(accepted.brokerage_fee, accepted.clearing_fee, accepted.exchange_fee) AS lowest_fee,
    quality.fee_permille(((accepted.brokerage_fee + accepted.clearing_fee) + accepted.exchange_fee), accepted.quantity, accepted.price) AS fee_permille,
    (accepted.settlement_date - accepted.business_date) AS settlement_lag_days,
    (((accepted.executed_at AT TIME ZONE 'UTC'::text))::date - accepted.business_date) AS execution_lag_days,
    (EXTRACT(year FROM accepted.business_date))::integer AS business_year,
    (accepted.business_date - ((accepted.recorded_at AT TIME ZONE 'UTC'::text))::date) AS record_lead_days,
    (instruments.symbol IS NOT NULL) AS is_symbol_known,
    (counterparties.counterparty_id IS NOT NULL) AS is_counterparty_known
   FROM ((trade.executions accepted
     LEFT JOIN reference.instruments instruments ON ((accepted.symbol = instruments.symbol)))
     LEFT JOIN reference.counterparties counterparties ON ((accepted.counterparty_id = counterparties.counterparty_id)))
  WHERE ((accepted.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)) AND (accepted.feed = ( SELECT current_setting('gx.feed'::text) AS current_setting)));

CREATE TABLE trade.pnl_snapshots (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    pnl_impact numeric NOT NULL,
    commission numeric NOT NULL,
    currency text,
    status text NOT NULL,
    flags text[] NOT NULL,
    batch_id bigint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE trade.pnl_snapshots IS 'What accounting booked for a trade.';

CREATE VIEW quality.day_pnl_snapshots WITH (security_barrier='true') AS
 SELECT topic,
    partition,
    message_offset,
    trade_id,
    version,
    currency,
    status,
    commission,
    length(trade_id) AS longest_text,
    abs(pnl_impact) AS pnl_impact_size,
    (EXTRACT(year FROM business_date))::integer AS business_year,
    (business_date - ((recorded_at AT TIME ZONE 'UTC'::text))::date) AS record_lead_days
   FROM trade.pnl_snapshots accepted
  WHERE ((business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)) AND (topic = ( SELECT current_setting('gx.feed'::text) AS current_setting)));

CREATE TABLE reference.sources (
    source_id text NOT NULL,
    timezone text NOT NULL,
    market_id text NOT NULL,
    currency text NOT NULL,
    counterparty_id text NOT NULL,
    expects_confirmation boolean NOT NULL,
    expects_pnl_snapshot boolean NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE reference.sources IS 'A system that sends executions. Its zone gives the business date; currency and counterparty stand in where a message states none; the two flags say which other sides must arrive.';

CREATE TABLE trade.conflicts (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    feed text NOT NULL,
    record_type text NOT NULL,
    batch_id bigint NOT NULL,
    business_date date NOT NULL,
    trade_id text NOT NULL,
    version integer NOT NULL,
    quantity numeric,
    price numeric,
    occurred_at timestamp with time zone,
    recorded_at timestamp with time zone NOT NULL,
    content jsonb NOT NULL,
    kept_terms text,
    refused_terms text NOT NULL,
    CONSTRAINT conflicts_record_type_known CHECK ((record_type = ANY (ARRAY['execution'::text, 'confirmation'::text, 'pnl_snapshot'::text])))
);

COMMENT ON TABLE trade.conflicts IS 'A second record for the same trade and version with other content: accepted as evidence, never compared; each trade that has one carries a duplicate_... break.';

COMMENT ON COLUMN trade.conflicts.content IS 'The refused record as it stood in staging: evidence, and promoted anew when the records of its trade move to another date. It does not take the place of a kept record that is quarantined.';

COMMENT ON COLUMN trade.conflicts.kept_terms IS 'Terms of the record that stays, where the two differ: name=value, in name order.';

COMMENT ON COLUMN trade.conflicts.refused_terms IS 'The same terms as the refused record states them.';

CREATE VIEW quality.day_totals AS
 WITH feeds(feed, record_type) AS (
         VALUES ('trades'::text,'execution'::text), ('executions'::text,'execution'::text), ('broker_confirmations'::text,'confirmation'::text), ('pnl_snapshot'::text,'pnl_snapshot'::text), ('Trade_Order'::text,'order'::text), ('Counter_party'::text,'order_response'::text), ('marks'::text,'mark'::text), ('settlement_statuses'::text,'settlement_status'::text), ('custodian_positions'::text,'statement_line'::text), ('custodian_cash'::text,'statement_line'::text)
        ), received AS (
         SELECT received_counts.feed,
            sum(received_counts.received_count) AS received_count
           FROM control.received_counts received_counts
          WHERE (received_counts.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY received_counts.feed
        ), executed AS (
         SELECT executions.feed,
            executions.source_id,
            count(*) AS record_count
           FROM trade.executions executions
          WHERE (executions.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY executions.feed, executions.source_id
        ), records AS (
         SELECT executed.feed,
            executed.record_count
           FROM executed
        UNION ALL
         SELECT confirmations.topic,
            count(*) AS count
           FROM trade.confirmations confirmations
          WHERE (confirmations.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY confirmations.topic
        UNION ALL
         SELECT pnl_snapshots.topic,
            count(*) AS count
           FROM trade.pnl_snapshots pnl_snapshots
          WHERE (pnl_snapshots.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY pnl_snapshots.topic
        UNION ALL
         SELECT untraded_records.feed,
            count(*) AS count
           FROM control.untraded_records untraded_records
          WHERE (untraded_records.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY untraded_records.feed
        UNION ALL
         SELECT conflicts.feed,
            count(*) AS count
           FROM trade.conflicts conflicts
          WHERE (conflicts.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY conflicts.feed
        UNION ALL
         SELECT rejects.feed,
            count(*) AS count
           FROM control.rejects rejects
          WHERE (rejects.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY rejects.feed
        UNION ALL
         SELECT duplicates.feed,
            count(*) AS count
           FROM landing.duplicates duplicates
          WHERE (duplicates.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
          GROUP BY duplicates.feed
        ), accounted AS (
         SELECT records.feed,
            sum(records.record_count) AS record_count
           FROM records
          GROUP BY records.feed
        ), repeated(record_type, repeated_key_count) AS (
         SELECT 'execution'::text AS "?column?",
            (count(*) - count(DISTINCT ROW(executions.trade_id, executions.version))) AS "?column?"
           FROM trade.executions executions
          WHERE ((NOT quality.is_key_enforced('trade.executions'::text)) AND (executions.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)))
        UNION ALL
         SELECT 'confirmation'::text,
            (count(*) - count(DISTINCT ROW(confirmations.trade_id, confirmations.version)))
           FROM trade.confirmations confirmations
          WHERE ((NOT quality.is_key_enforced('trade.confirmations'::text)) AND (confirmations.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)))
        UNION ALL
         SELECT 'pnl_snapshot'::text,
            (count(*) - count(DISTINCT ROW(pnl_snapshots.trade_id, pnl_snapshots.version)))
           FROM trade.pnl_snapshots pnl_snapshots
          WHERE ((NOT quality.is_key_enforced('trade.pnl_snapshots'::text)) AND (pnl_snapshots.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)))
        ), expected(record_type) AS (
         SELECT DISTINCT expectations.record_type
           FROM ((executed
             JOIN reference.sources sources ON ((executed.source_id = sources.source_id)))
             CROSS JOIN LATERAL ( VALUES ('confirmation'::text,sources.expects_confirmation), ('pnl_snapshot'::text,sources.expects_pnl_snapshot)) expectations(record_type, is_expected))
          WHERE expectations.is_expected
        ), staged AS (
         SELECT DISTINCT records.feed,
            records.batch_id
           FROM staging.records records
          WHERE (records.business_date = ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting))
        ), stopped AS (
         SELECT staged.feed,
            count(*) AS batch_count
           FROM (staged
             JOIN landing.batches batches ON ((staged.batch_id = batches.batch_id)))
          WHERE (batches.status = 'STOPPED'::text)
          GROUP BY staged.feed
        ), usual AS (
         SELECT recent.feed,
            percentile_disc((0.5)::double precision) WITHIN GROUP (ORDER BY recent.received_count) AS received_count
           FROM ( SELECT date_totals.feed,
                    date_totals.received_count,
                    row_number() OVER (PARTITION BY date_totals.feed ORDER BY date_totals.business_date DESC) AS place
                   FROM control.date_totals date_totals
                  WHERE ((date_totals.business_date < ( SELECT (current_setting('gx.business_date'::text))::date AS current_setting)) AND (date_totals.received_count > 0))) recent
          WHERE (recent.place <= 20)
          GROUP BY recent.feed
         HAVING (count(*) >= 5)
        )
 SELECT feeds.feed,
    COALESCE(received.received_count, (0)::numeric) AS received_count,
    (COALESCE(received.received_count, (0)::numeric) - COALESCE(accounted.record_count, (0)::numeric)) AS unaccounted_count,
    COALESCE(repeated.repeated_key_count, (0)::bigint) AS repeated_key_count,
    COALESCE(stopped.batch_count, (0)::bigint) AS stopped_batch_count,
    ((expected.record_type IS NOT NULL) AND (COALESCE(received.received_count, (0)::numeric) = (0)::numeric)) AS is_silent,
    ((COALESCE(received.received_count, (0)::numeric) * (100)::numeric) / (usual.received_count)::numeric) AS percent_of_usual
   FROM ((((((feeds
     LEFT JOIN repeated ON ((feeds.record_type = repeated.record_type)))
     LEFT JOIN received ON ((feeds.feed = received.feed)))
     LEFT JOIN accounted ON ((feeds.feed = accounted.feed)))
     LEFT JOIN expected ON ((feeds.record_type = expected.record_type)))
     LEFT JOIN stopped ON ((feeds.feed = stopped.feed)))
     LEFT JOIN usual ON ((feeds.feed = usual.feed)));

CREATE TABLE quality.results (
    result_id bigint NOT NULL,
    suite text NOT NULL,
    batch_id bigint,
    business_date date,
    run_id text NOT NULL,
    is_success boolean NOT NULL,
    worst_severity text,
    evaluated_count integer NOT NULL,
    failed_count integer NOT NULL,
    errored_count integer NOT NULL,
    quarantined_count integer NOT NULL,
    duration_ms integer NOT NULL,
    result jsonb NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE quality.results ALTER COLUMN result_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME quality.results_result_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE recon.breaks (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    break_type text NOT NULL,
    status text DEFAULT 'OPEN'::text NOT NULL,
    expected_value text,
    actual_value text,
    delta numeric,
    exposure_amount numeric,
    currency text,
    counterparty_id text,
    symbol text,
    opened_run_id text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    resolved_run_id text,
    resolved_at timestamp with time zone,
    resolved_reason text,
    CONSTRAINT breaks_resolved_has_reason CHECK (((status = 'RESOLVED'::text) = ((resolved_at IS NOT NULL) AND (resolved_reason IS NOT NULL)))),
    CONSTRAINT breaks_status_known CHECK ((status = ANY (ARRAY['OPEN'::text, 'RESOLVED'::text]))),
    CONSTRAINT breaks_type_known CHECK ((break_type = ANY (ARRAY['quantity_mismatch'::text, 'price_mismatch'::text, 'timestamp_mismatch'::text, 'pnl_mismatch'::text, 'missing_confirmation'::text, 'missing_execution'::text, 'missing_pnl_snapshot'::text, 'duplicate_execution'::text, 'duplicate_confirmation'::text, 'duplicate_pnl_snapshot'::text])))
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE recon.breaks IS 'One row per trade and type. expected_value is the execution''s (for P&L: price x quantity - commission), actual_value the other side''s, delta = actual - expected (milliseconds for timestamps), exposure_amount the money at risk. A repaired break is RESOLVED and stays; it becomes OPEN again, with its first opened_at, when it comes back.';

CREATE TABLE settlement.breaks (
    business_date date NOT NULL,
    subject_kind text NOT NULL,
    subject_id text NOT NULL,
    break_type text NOT NULL,
    status text DEFAULT 'OPEN'::text NOT NULL,
    expected_value text,
    actual_value text,
    delta numeric,
    exposure_amount numeric,
    currency text,
    counterparty_id text,
    symbol text,
    opened_run_id text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    resolved_run_id text,
    resolved_at timestamp with time zone,
    resolved_reason text,
    CONSTRAINT settlement_breaks_resolved_has_reason CHECK (((status = 'RESOLVED'::text) = ((resolved_at IS NOT NULL) AND (resolved_reason IS NOT NULL)))),
    CONSTRAINT settlement_breaks_status_known CHECK ((status = ANY (ARRAY['OPEN'::text, 'RESOLVED'::text]))),
    CONSTRAINT settlement_breaks_subject_known CHECK ((subject_kind = ANY (ARRAY['TRADE'::text, 'STANDING_INSTRUCTION'::text, 'INSTRUCTION'::text, 'ORDER'::text, 'FEE'::text, 'STATEMENT'::text]))),
    CONSTRAINT settlement_breaks_type_is_a_name CHECK ((break_type ~ '^[a-z][a-z0-9_]*$'::text))
);

COMMENT ON TABLE settlement.breaks IS 'Breaks of settlement, of the shape and life of recon.breaks; the reconciliation leaves them alone. subject_id: the trade, order, fee or instruction concerned; of a standing instruction counterparty/market/asset class/currency: what lacks is one break, however many trades wait.';

CREATE VIEW recon.all_breaks AS
 SELECT breaks.business_date,
    'TRADE'::text AS subject_kind,
    breaks.trade_id,
    breaks.break_type,
    breaks.status,
    breaks.expected_value,
    breaks.actual_value,
    breaks.delta,
    breaks.exposure_amount,
    breaks.currency,
    breaks.counterparty_id,
    breaks.symbol,
    breaks.opened_run_id,
    breaks.opened_at,
    breaks.resolved_run_id,
    breaks.resolved_at,
    breaks.resolved_reason
   FROM recon.breaks
UNION ALL
 SELECT breaks.business_date,
    breaks.subject_kind,
    breaks.subject_id AS trade_id,
    breaks.break_type,
    breaks.status,
    breaks.expected_value,
    breaks.actual_value,
    breaks.delta,
    breaks.exposure_amount,
    breaks.currency,
    breaks.counterparty_id,
    breaks.symbol,
    breaks.opened_run_id,
    breaks.opened_at,
    breaks.resolved_run_id,
    breaks.resolved_at,
    breaks.resolved_reason
   FROM settlement.breaks;

COMMENT ON VIEW recon.all_breaks IS 'recon.breaks and settlement.breaks together; trade_id names the subject, which subject_kind says the kind of.';

CREATE TABLE recon.break_events (
    event_id bigint NOT NULL,
    business_date date NOT NULL,
    trade_id text NOT NULL,
    break_type text NOT NULL,
    event text NOT NULL,
    expected_value text,
    actual_value text,
    delta numeric,
    exposure_amount numeric,
    currency text,
    counterparty_id text,
    symbol text,
    reason text,
    run_id text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    subject_kind text DEFAULT 'TRADE'::text NOT NULL,
    CONSTRAINT break_events_event_known CHECK ((event = ANY (ARRAY['OPENED'::text, 'REOPENED'::text, 'RESOLVED'::text])))
);

COMMENT ON TABLE recon.break_events IS 'Every time a break opened, opened again or was resolved, with its values then. Written by triggers of recon.breaks in the same transaction, in the order in which transactions commit. Append-only.';

COMMENT ON COLUMN recon.break_events.subject_kind IS 'What trade_id names: a TRADE, or another subject of settlement.breaks.';

ALTER TABLE recon.break_events ALTER COLUMN event_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME recon.break_events_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE recon.match_set_exceptions (
    business_date date NOT NULL,
    trade_id text NOT NULL
);

COMMENT ON TABLE recon.match_set_exceptions IS 'Trades that do not belong to the set of their date, or no longer: they were compared one by one.';

CREATE TABLE recon.match_sets (
    business_date date NOT NULL,
    first_batch_id bigint NOT NULL,
    last_batch_id bigint NOT NULL,
    excluded_batch_ids bigint[] NOT NULL,
    excluded_source_ids text[] NOT NULL,
    run_id text NOT NULL,
    matched_at timestamp with time zone NOT NULL,
    CONSTRAINT match_sets_batches_ordered CHECK ((first_batch_id <= last_batch_id))
);

COMMENT ON TABLE recon.match_sets IS 'Trades of a date that a close found to agree, all at once: every execution of version 1 from the batches first_batch_id to last_batch_id, whose trade has no row in recon.match_set_exceptions. The versions that agree are 1, 1 and 1.';

COMMENT ON COLUMN recon.match_sets.excluded_batch_ids IS 'Batches in that range that were not promoted when the date was compared.';

COMMENT ON COLUMN recon.match_sets.excluded_source_ids IS 'Sources that expect no other side: their trades match one by one.';

CREATE TABLE recon.single_matches (
    business_date date CONSTRAINT matches_business_date_not_null NOT NULL,
    trade_id text CONSTRAINT matches_trade_id_not_null NOT NULL,
    execution_version integer CONSTRAINT matches_execution_version_not_null NOT NULL,
    confirmation_version integer,
    pnl_snapshot_version integer,
    run_id text CONSTRAINT matches_run_id_not_null NOT NULL,
    matched_at timestamp with time zone CONSTRAINT matches_matched_at_not_null NOT NULL
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE recon.single_matches IS 'Matches stored trade by trade. All matches of a date: view recon.matches.';

CREATE VIEW recon.matches AS
 SELECT single_matches.business_date,
    single_matches.trade_id,
    single_matches.execution_version,
    single_matches.confirmation_version,
    single_matches.pnl_snapshot_version,
    single_matches.run_id,
    single_matches.matched_at
   FROM recon.single_matches
UNION ALL
 SELECT e.business_date,
    e.trade_id,
    1 AS execution_version,
    1 AS confirmation_version,
    1 AS pnl_snapshot_version,
    s.run_id,
    s.matched_at
   FROM (recon.match_sets s
     JOIN trade.executions e ON ((e.business_date = s.business_date)))
  WHERE ((e.version = 1) AND ((e.batch_id >= s.first_batch_id) AND (e.batch_id <= s.last_batch_id)) AND (e.batch_id <> ALL (s.excluded_batch_ids)) AND (e.source_id <> ALL (s.excluded_source_ids)) AND (NOT (EXISTS ( SELECT
           FROM recon.match_set_exceptions x
          WHERE ((x.business_date = e.business_date) AND (x.trade_id = e.trade_id))))));

COMMENT ON VIEW recon.matches IS 'Trades whose terms agree on every expected side (reconciled = true), with the versions that agree. A newer version of any side removes the row and the trade is compared again.';

CREATE TABLE recon.pending (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    due_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE recon.pending IS 'Trades that wait for a missing side. When due_at has passed, the missing side is a break.';

CREATE VIEW recon.trades AS
 WITH current_executions AS (
         SELECT e_1.business_date,
            e_1.trade_id,
            e_1.version,
            e_1.feed,
            e_1.source_id,
            e_1.symbol,
            e_1.asset_class,
            e_1.side,
            e_1.quantity,
            e_1.price,
            e_1.currency,
            e_1.notional,
            e_1.brokerage_fee,
            e_1.clearing_fee,
            e_1.exchange_fee,
            e_1.counterparty_id,
            e_1.venue,
            e_1.account,
            e_1.strategy,
            e_1.executed_at,
            e_1.settlement_date,
            e_1.status,
            e_1.flags,
            e_1.batch_id,
            e_1.topic,
            e_1.partition,
            e_1.message_offset,
            e_1.recorded_at
           FROM trade.executions e_1
          WHERE (NOT (EXISTS ( SELECT
                   FROM trade.executions newer
                  WHERE ((newer.business_date = e_1.business_date) AND (newer.trade_id = e_1.trade_id) AND (newer.version > e_1.version) AND (newer.version > 1)))))
        ), current_confirmations AS (
         SELECT c_1.business_date,
            c_1.trade_id,
            c_1.version,
            c_1.symbol,
            c_1.side,
            c_1.quantity,
            c_1.price,
            c_1.currency,
            c_1.counterparty_id,
            c_1.account,
            c_1.confirmed_at,
            c_1.settlement_date,
            c_1.status,
            c_1.flags,
            c_1.batch_id,
            c_1.topic,
            c_1.partition,
            c_1.message_offset,
            c_1.recorded_at
           FROM trade.confirmations c_1
          WHERE ((c_1.status <> 'CANCELLED'::text) AND (NOT (EXISTS ( SELECT
                   FROM trade.confirmations newer
                  WHERE ((newer.business_date = c_1.business_date) AND (newer.trade_id = c_1.trade_id) AND (newer.version > c_1.version) AND (newer.version > 1))))))
        ), current_pnl_snapshots AS (
         SELECT p_1.business_date,
            p_1.trade_id,
            p_1.version,
            p_1.pnl_impact,
            p_1.commission,
            p_1.currency,
            p_1.status,
            p_1.flags,
            p_1.batch_id,
            p_1.topic,
            p_1.partition,
            p_1.message_offset,
            p_1.recorded_at
           FROM trade.pnl_snapshots p_1
          WHERE ((p_1.status <> 'CANCELLED'::text) AND (NOT (EXISTS ( SELECT
                   FROM trade.pnl_snapshots newer
                  WHERE ((newer.business_date = p_1.business_date) AND (newer.trade_id = p_1.trade_id) AND (newer.version > p_1.version) AND (newer.version > 1))))))
        ), open_breaks AS (
         SELECT breaks.business_date,
            breaks.trade_id,
            array_agg(breaks.break_type ORDER BY breaks.break_type) AS break_types,
            bool_or((breaks.break_type ~~ '%mismatch'::text)) AS is_mismatched,
            bool_or((breaks.break_type ~~ 'missing%'::text)) AS is_unmatched
           FROM recon.breaks
          WHERE (breaks.status = 'OPEN'::text)
          GROUP BY breaks.business_date, breaks.trade_id
        )
 SELECT business_date,
    trade_id,
    e.version AS execution_version,
    c.version AS confirmation_version,
    p.version AS pnl_snapshot_version,
    e.status AS execution_status,
    e.source_id,
    COALESCE(e.symbol, c.symbol) AS symbol,
    e.asset_class,
    e.side,
    e.quantity,
    c.quantity AS confirmed_quantity,
    e.price,
    c.price AS confirmed_price,
    e.executed_at,
    c.confirmed_at,
    p.pnl_impact,
    p.commission,
    ((e.price * e.quantity) - p.commission) AS expected_pnl,
    (c.quantity - e.quantity) AS quantity_delta,
    (c.price - e.price) AS price_delta,
    (EXTRACT(epoch FROM (c.confirmed_at - e.executed_at)) * (1000)::numeric) AS timestamp_delta_ms,
    (p.pnl_impact - ((e.price * e.quantity) - p.commission)) AS pnl_delta,
    COALESCE(e.currency, c.currency, p.currency) AS currency,
    COALESCE(e.counterparty_id, c.counterparty_id) AS counterparty_id,
    e.settlement_date,
    (m.trade_id IS NOT NULL) AS reconciled,
    COALESCE(b.break_types, '{}'::text[]) AS open_break_types,
        CASE
            WHEN (e.status = 'CANCELLED'::text) THEN 'cancelled'::text
            WHEN (m.trade_id IS NOT NULL) THEN 'matched'::text
            WHEN b.is_mismatched THEN 'mismatched'::text
            WHEN b.is_unmatched THEN 'unmatched'::text
            WHEN (w.trade_id IS NOT NULL) THEN 'pending'::text
            WHEN ((NOT s.expects_confirmation) AND (NOT s.expects_pnl_snapshot) AND (c.version IS NULL) AND (p.version IS NULL)) THEN 'not_expected'::text
            ELSE 'uncompared'::text
        END AS outcome
   FROM ((((((current_executions e
     FULL JOIN current_confirmations c USING (business_date, trade_id))
     FULL JOIN current_pnl_snapshots p USING (business_date, trade_id))
     LEFT JOIN recon.matches m USING (business_date, trade_id))
     LEFT JOIN open_breaks b USING (business_date, trade_id))
     LEFT JOIN recon.pending w USING (business_date, trade_id))
     LEFT JOIN reference.sources s ON ((s.source_id = e.source_id)));

COMMENT ON VIEW recon.trades IS 'One row per date and trade with exactly one outcome. reconciled: it matches, and later batches skip it. uncompared: between promotion and the comparison of the same run, never after a close.';

CREATE TABLE reference.account_margin_rates (
    side text NOT NULL,
    price_from numeric NOT NULL,
    effective_from date NOT NULL,
    initial_rate numeric NOT NULL,
    maintenance_rate numeric NOT NULL,
    maintenance_per_unit numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_margin_rates_side_known CHECK ((side = ANY (ARRAY['LONG'::text, 'SHORT'::text])))
);

COMMENT ON TABLE reference.account_margin_rates IS 'Share of market value that an account must hold: initially, and from then on (the greater of the share and an amount per unit), for prices from price_from on.';

CREATE TABLE reference.affirmation_cutoffs (
    market_id text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    cutoff_time time without time zone NOT NULL,
    rate_target numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT affirmation_cutoffs_source_given CHECK ((source <> ''::text)),
    CONSTRAINT affirmation_cutoffs_target_range CHECK (((rate_target >= (0)::numeric) AND (rate_target <= (1)::numeric)))
);

COMMENT ON TABLE reference.affirmation_cutoffs IS 'By when a trade is to be affirmed: a time of its trade date in the market''s zone, and the share that is aimed at. A market and asset class without a row has none.';

CREATE TABLE reference.alert_policies (
    kind text NOT NULL,
    channels text[] NOT NULL,
    settle_seconds integer NOT NULL,
    window_seconds integer NOT NULL,
    listed_max integer NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT alert_policies_channels_known CHECK ((channels <@ '{log,mail,webhook}'::text[])),
    CONSTRAINT alert_policies_sensible CHECK (((settle_seconds >= 0) AND (window_seconds >= 0) AND ((listed_max >= 1) AND (listed_max <= 100))))
);

COMMENT ON TABLE reference.alert_policies IS 'Per kind of alert: where it goes; seconds that the first item waits for more to come; seconds between two alerts of the kind, in which everything new is gathered; items listed one by one.';

CREATE TABLE reference.anomaly_policies (
    effective_from date NOT NULL,
    score_above numeric NOT NULL,
    points_min integer NOT NULL,
    kept_max integer NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT anomaly_policies_positive CHECK (((score_above > (0)::numeric) AND (points_min > 0) AND (kept_max > 0)))
);

COMMENT ON TABLE reference.anomaly_policies IS 'Modified z strictly above score_above is flagged; a group of fewer than points_min is unscored; the kept_max highest of a date are kept: what people can review.';

CREATE TABLE reference.backtest_zones (
    exceptions_from integer NOT NULL,
    effective_from date NOT NULL,
    zone text NOT NULL,
    plus_factor numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT backtest_zones_known CHECK ((zone = ANY (ARRAY['GREEN'::text, 'YELLOW'::text, 'RED'::text])))
);

COMMENT ON TABLE reference.backtest_zones IS 'The traffic light: from this number of exceptions in 250 days on, zone and increase of the multiplication factor.';

CREATE TABLE reference.beneficial_owners (
    account text NOT NULL,
    effective_from date NOT NULL,
    beneficial_owner text NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE reference.beneficial_owners IS 'Who an account is traded for, by date.';

CREATE TABLE reference.block_accounts (
    account text NOT NULL,
    effective_from date NOT NULL,
    effective_until date,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT block_accounts_span CHECK ((effective_until > effective_from))
);

COMMENT ON TABLE reference.block_accounts IS 'Accounts whose trades are blocks: they settle in the accounts to which they are allocated, never in this one. By business date of the trade; until the day before effective_until.';

CREATE TABLE reference.book_rules (
    account text NOT NULL,
    strategy text NOT NULL,
    effective_from date NOT NULL,
    cost_method text NOT NULL,
    base_currency text NOT NULL,
    unexplained_limit numeric NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT book_rules_limit_not_negative CHECK ((unexplained_limit >= (0)::numeric)),
    CONSTRAINT book_rules_method_known CHECK ((cost_method = ANY (ARRAY['FIFO'::text, 'LIFO'::text, 'AVERAGE'::text])))
);

COMMENT ON TABLE reference.book_rules IS 'How a book (account x strategy; * any) takes its cost, its base currency, and the unexplained P&L of a day in that currency beyond which a person must look. The narrowest row in force counts: account and strategy, then strategy, then account, then neither.';

CREATE TABLE reference.calendar_days (
    calendar_id text NOT NULL,
    calendar_date date NOT NULL,
    is_business_day boolean NOT NULL,
    business_day_ordinal integer NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    is_open_by_rule boolean NOT NULL
);

COMMENT ON TABLE reference.calendar_days IS 'One row per calendar and date. Trading and settlement calendars are different calendar_ids.';

COMMENT ON COLUMN reference.calendar_days.is_open_by_rule IS 'What the calendar''s library says; is_business_day is that, or what an override says.';

CREATE TABLE reference.calendar_overrides (
    override_id integer NOT NULL,
    calendar_id text NOT NULL,
    calendar_date date NOT NULL,
    is_open boolean,
    reason text NOT NULL,
    decided_by text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT calendar_overrides_reason_given CHECK (((reason <> ''::text) AND (decided_by <> ''::text)))
);

COMMENT ON TABLE reference.calendar_overrides IS 'A person''s word over a day of a trading or settlement calendar: the newest row of a day counts, and one without is_open takes the word back. Append-only.';

ALTER TABLE reference.calendar_overrides ALTER COLUMN override_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reference.calendar_overrides_override_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.chaser_steps (
    age_business_days integer NOT NULL,
    addressee text NOT NULL,
    effective_from date NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT chaser_steps_addressee_known CHECK ((addressee = ANY (ARRAY['operations'::text, 'counterparty'::text, 'management'::text]))),
    CONSTRAINT chaser_steps_age_not_negative CHECK ((age_business_days >= 0))
);

COMMENT ON TABLE reference.chaser_steps IS 'At which age a fail is chased, and whom it is written to.';

CREATE TABLE reference.compliance_rules (
    rule text NOT NULL,
    effective_from date NOT NULL,
    severity text NOT NULL,
    closing_needs_second_person boolean NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT compliance_rules_severity_known CHECK ((severity = ANY (ARRAY['LOW'::text, 'MEDIUM'::text, 'HIGH'::text])))
);

COMMENT ON TABLE reference.compliance_rules IS 'The rules that alerts name. closing_needs_second_person: an alert is escalated by one person and closed by another; otherwise one person may close it with no issue.';

CREATE TABLE reference.currencies (
    currency text NOT NULL,
    minor_unit_digits smallint NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT currencies_digits_range CHECK (((minor_unit_digits >= 0) AND (minor_unit_digits <= 4)))
);

COMMENT ON TABLE reference.currencies IS 'ISO 4217: a currency and the digits of its minor unit.';

CREATE TABLE reference.custodian_accounts (
    custodian_id text NOT NULL,
    account text NOT NULL,
    statement_kind text NOT NULL,
    calendar_id text NOT NULL,
    effective_from date NOT NULL,
    effective_until date,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT custodian_accounts_kind_known CHECK ((statement_kind = ANY (ARRAY['POSITION'::text, 'CASH'::text]))),
    CONSTRAINT custodian_accounts_span CHECK ((effective_until > effective_from))
);

COMMENT ON TABLE reference.custodian_accounts IS 'Of which accounts a custodian sends a statement for each open day of a calendar. One that does not come is a break. In force until the day before effective_until.';

CREATE TABLE reference.deadlines (
    deadline_id text NOT NULL,
    subject text NOT NULL,
    feed text,
    source_id text,
    calendar_id text,
    timezone text,
    due_time time without time zone,
    minutes_max integer,
    effective_from date,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deadlines_subject_known CHECK ((subject = ANY (ARRAY['feed'::text, 'close'::text, 'capture'::text]))),
    CONSTRAINT deadlines_whole CHECK (
CASE subject
    WHEN 'capture'::text THEN (minutes_max > 0)
    ELSE ((calendar_id IS NOT NULL) AND (timezone IS NOT NULL) AND (due_time IS NOT NULL) AND ((subject = 'close'::text) OR (feed IS NOT NULL)))
END)
);

COMMENT ON TABLE reference.deadlines IS 'By when a feed (or one source of it) must have delivered, and a date be closed, on business days of a calendar, in local time; and for how long capture may do nothing while messages wait.';

CREATE TABLE reference.fail_reasons (
    reason text NOT NULL,
    failing_party text NOT NULL,
    is_lack_of_cash boolean NOT NULL,
    iso_reason text,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fail_reasons_party_known CHECK ((failing_party = ANY (ARRAY['HOUSE'::text, 'COUNTERPARTY'::text, 'UNKNOWN'::text])))
);

COMMENT ON TABLE reference.fail_reasons IS 'Who fails, by the reason: of a shortage, or of the hold. * stands for every other. UNKNOWN: the reason does not tell, and somebody has to say.';

ALTER TABLE reference.fee_rates ALTER COLUMN fee_rate_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reference.fee_rates_fee_rate_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.instrument_identifiers (
    symbol text NOT NULL,
    scheme text NOT NULL,
    identifier text NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT instrument_identifiers_scheme_known CHECK ((scheme = ANY (ARRAY['CUSIP'::text, 'SEDOL'::text, 'FIGI'::text])))
);

COMMENT ON TABLE reference.instrument_identifiers IS 'Further identifiers of instruments, beside the ISIN. Their form is checked daily, not refused.';

CREATE TABLE reference.instrument_terms (
    symbol text NOT NULL,
    multiplier numeric NOT NULL,
    coupon_rate numeric,
    coupons_per_year smallint,
    maturity_date date,
    day_count text,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT instrument_terms_coupons_per_year_known CHECK ((coupons_per_year = ANY (ARRAY[1, 2, 4, 12]))),
    CONSTRAINT instrument_terms_coupons_whole CHECK ((num_nulls(coupon_rate, coupons_per_year, maturity_date, day_count) = ANY (ARRAY[0, 4]))),
    CONSTRAINT instrument_terms_day_count_known CHECK ((day_count = ANY (ARRAY['30/360'::text, 'ACT/ACT'::text]))),
    CONSTRAINT instrument_terms_multiplier_positive CHECK ((multiplier > (0)::numeric))
);

COMMENT ON TABLE reference.instrument_terms IS 'multiplier: what one unit of quantity is worth at a price of 1; without a row it is 1, which is right where quantities count what the price is for. Coupons: yearly rate in price points (4.25 of 100), so that interest and clean price add up; ACT/ACT is the ICMA rule.';

CREATE TABLE reference.inventory_controls (
    account text NOT NULL,
    market_id text NOT NULL,
    asset_kind text NOT NULL,
    effective_from date NOT NULL,
    is_controlled boolean NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT inventory_controls_cash_has_no_market CHECK (((asset_kind = 'SECURITY'::text) OR (market_id = '*'::text))),
    CONSTRAINT inventory_controls_kind_known CHECK ((asset_kind = ANY (ARRAY['SECURITY'::text, 'CASH'::text])))
);

COMMENT ON TABLE reference.inventory_controls IS 'Whether an account of ours delivers (SECURITY, by market; * for every other) or pays (CASH) only what it has. Without a row: where it has an opening holding of the asset, and else not.';

CREATE TABLE reference.life_cycle_states (
    state text NOT NULL,
    operational_status text,
    fix_codes text,
    iso_codes text,
    meaning text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT life_cycle_states_status_known CHECK ((operational_status = ANY (ARRAY['pending confirmation'::text, 'confirmed'::text, 'settlement pending'::text, 'settled'::text, 'break'::text])))
);

COMMENT ON TABLE reference.life_cycle_states IS 'The states of a trade''s life with the five statuses that users see; null: none of them.';

CREATE TABLE reference.loads (
    load_id integer NOT NULL,
    fingerprint text NOT NULL,
    row_count bigint NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE reference.loads IS 'Each load of reference data with the fingerprint of its input: the same input is not loaded twice.';

ALTER TABLE reference.loads ALTER COLUMN load_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reference.loads_load_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.margin_accounts (
    account text NOT NULL,
    effective_from date NOT NULL,
    currency text NOT NULL,
    minimum_transfer_amount numeric NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT margin_accounts_not_negative CHECK ((minimum_transfer_amount >= (0)::numeric))
);

COMMENT ON TABLE reference.margin_accounts IS 'Accounts that hold equities on margin under Regulation T, in one currency.';

CREATE TABLE reference.margin_instruments (
    symbol text NOT NULL,
    margin_class text NOT NULL,
    duration_years numeric NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT margin_instruments_duration_not_negative CHECK ((duration_years >= (0)::numeric))
);

COMMENT ON TABLE reference.margin_instruments IS 'Derivatives that are margined between the two parties, with their class and duration (0 where the class has none). What is not named here needs no initial margin.';

CREATE TABLE reference.margin_rates (
    margin_class text NOT NULL,
    duration_over numeric NOT NULL,
    effective_from date NOT NULL,
    rate numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT margin_rates_class_known CHECK ((margin_class = ANY (ARRAY['CREDIT'::text, 'COMMODITY'::text, 'EQUITY'::text, 'FX'::text, 'RATES'::text, 'OTHER'::text]))),
    CONSTRAINT margin_rates_range CHECK ((((rate >= (0)::numeric) AND (rate <= (1)::numeric)) AND (duration_over >= (0)::numeric)))
);

COMMENT ON TABLE reference.margin_rates IS 'Initial margin as a share of notional, by class and duration in years: a row is for durations above duration_over, up to and with the next row''s (the first also for 0).';

CREATE TABLE reference.markets (
    market_id text NOT NULL,
    market_name text NOT NULL,
    timezone text NOT NULL,
    trading_calendar text NOT NULL,
    settlement_calendar text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    counting_calendar text
);

COMMENT ON TABLE reference.markets IS 'A market and the two calendars it lives by: sessions and settlement days.';

COMMENT ON COLUMN reference.markets.counting_calendar IS 'Days counted from trade to settlement, where other days count than those on which it settles (foreign exchange: the US dollar''s holidays are passed over only on the last day).';

CREATE TABLE reference.netting_agreements (
    netting_agreement_id integer NOT NULL,
    agreement text NOT NULL,
    method text NOT NULL,
    netting_centre text,
    counterparty_id text,
    market_id text,
    asset_class text,
    currency text,
    effective_from date NOT NULL,
    effective_until date,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT netting_agreements_centre_fits_method CHECK (((netting_centre IS NOT NULL) = (method = ANY (ARRAY['PAYMENT'::text, 'CENTRAL'::text])))),
    CONSTRAINT netting_agreements_method_known CHECK ((method = ANY (ARRAY['BILATERAL'::text, 'PAYMENT'::text, 'CENTRAL'::text, 'GROSS'::text]))),
    CONSTRAINT netting_agreements_span CHECK ((effective_until > effective_from))
);

COMMENT ON TABLE reference.netting_agreements IS 'Who nets what, and how: counterparty, market, asset class and currency null: any; the row that says more counts, a counterparty before a market before an asset class before a currency. In force from effective_from until the day before effective_until. A row that the file changes or no longer has is withdrawn and stays.';

COMMENT ON COLUMN reference.netting_agreements.method IS 'BILATERAL: securities per instrument and cash per currency, between two parties. PAYMENT: what is money only, one payment for each member and currency through netting_centre. CENTRAL: securities against payment, novated to netting_centre: one delivery and one payment for each member and instrument, open fails included and marked to market. GROSS: not at all.';

ALTER TABLE reference.netting_agreements ALTER COLUMN netting_agreement_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reference.netting_agreements_netting_agreement_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.netting_sets (
    netting_set_id text NOT NULL,
    counterparty_id text NOT NULL,
    effective_from date NOT NULL,
    threshold_amount numeric NOT NULL,
    minimum_transfer_amount numeric NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT netting_sets_not_negative CHECK (((threshold_amount >= (0)::numeric) AND (minimum_transfer_amount >= (0)::numeric)))
);

COMMENT ON TABLE reference.netting_sets IS 'Which counterparties have a netting agreement. In the base currency: initial margin above the threshold is asked for, and nothing moves below the minimum transfer amount.';

CREATE TABLE reference.opening_holdings (
    account text NOT NULL,
    asset_kind text NOT NULL,
    asset text NOT NULL,
    effective_from date NOT NULL,
    quantity numeric NOT NULL,
    credit_limit numeric DEFAULT 0 NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT opening_holdings_credit_not_negative CHECK ((credit_limit >= (0)::numeric)),
    CONSTRAINT opening_holdings_kind_known CHECK ((asset_kind = ANY (ARRAY['SECURITY'::text, 'CASH'::text])))
);

COMMENT ON TABLE reference.opening_holdings IS 'What an account of ours holds of an instrument or currency at the beginning of effective_from, as a custodian says; movements from that day on come on top, and a later row begins anew. credit_limit: how far below zero it may go (overdraft, borrowing).';

CREATE TABLE reference.overnight_rates (
    currency text NOT NULL,
    effective_from date NOT NULL,
    rate_percent numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    effective_until date,
    CONSTRAINT overnight_rates_span CHECK ((effective_until > effective_from))
);

COMMENT ON TABLE reference.overnight_rates IS 'The official rate of a currency''s central bank for overnight credit, percent a year.';

COMMENT ON COLUMN reference.overnight_rates.effective_until IS 'The first day for which the rate is not known; null: until the currency''s next row.';

CREATE TABLE reference.partial_settlement_rules (
    counterparty_id text NOT NULL,
    market_id text NOT NULL,
    effective_from date NOT NULL,
    is_partial_allowed boolean NOT NULL,
    minimum_quantity numeric NOT NULL,
    priority smallint NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT partial_settlement_rules_minimum_positive CHECK ((minimum_quantity > (0)::numeric)),
    CONSTRAINT partial_settlement_rules_priority_positive CHECK ((priority >= 1))
);

COMMENT ON TABLE reference.partial_settlement_rules IS 'Whether what cannot settle in whole may settle in parts, in multiples of minimum_quantity, and which of what is due on the same date comes first (1 before 2). The row of the counterparty and market counts, else the counterparty''s, else the market''s, else that of * and *.';

CREATE TABLE reference.penalty_rates (
    type_of_fail text NOT NULL,
    effective_from date NOT NULL,
    rate_bp numeric,
    basis text NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT penalty_rates_basis_known CHECK ((basis = ANY (ARRAY['REFERENCE_VALUE'::text, 'AMOUNT'::text]))),
    CONSTRAINT penalty_rates_not_negative CHECK ((rate_bp >= (0)::numeric))
);

COMMENT ON TABLE reference.penalty_rates IS 'Basis points for each business day of fail; null: the currency''s overnight rate, floor 0, over 360. basis: of the open quantity at the reference price, or of the open amount.';

CREATE TABLE reference.penalty_scopes (
    market_id text NOT NULL,
    asset_class text NOT NULL,
    symbol text NOT NULL,
    effective_from date NOT NULL,
    type_of_fail text,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE reference.penalty_scopes IS 'Which fails cost a penalty, as which class of instrument; the instrument''s own row before that of *. No row, or no type_of_fail: none.';

CREATE TABLE reference.penalty_terms (
    effective_from date NOT NULL,
    calendar_id text NOT NULL,
    statement_business_day smallint NOT NULL,
    payment_business_day smallint NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT penalty_terms_days_in_order CHECK ((((statement_business_day >= 1) AND (statement_business_day <= payment_business_day)) AND (payment_business_day <= 20)))
);

COMMENT ON TABLE reference.penalty_terms IS 'On which business day of the following month penalties are stated, and on which they are paid.';

CREATE TABLE reference.position_limits (
    account text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    quantity_max numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT position_limits_positive CHECK ((quantity_max > (0)::numeric))
);

COMMENT ON TABLE reference.position_limits IS 'The largest position of an account in one instrument, long or short, inclusive. * where an account has no row of its own.';

CREATE TABLE reference.price_bands (
    asset_class text NOT NULL,
    price_above numeric NOT NULL,
    effective_from date NOT NULL,
    band_percent numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    listed_max integer NOT NULL,
    CONSTRAINT price_bands_listed_max_positive CHECK ((listed_max > 0)),
    CONSTRAINT price_bands_positive CHECK (((price_above >= (0)::numeric) AND (band_percent > (0)::numeric)))
);

COMMENT ON TABLE reference.price_bands IS 'How far a price may be from the mark, in percent of the mark, inclusive; by the mark: the row of the greatest price_above that the mark is strictly above. * where a class has no rows of its own. More trades of one instrument out of the band than listed_max are one alert: the mark, or the market, has moved.';

CREATE TABLE reference.reporting_deadlines (
    regime text NOT NULL,
    market_id text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    timezone text NOT NULL,
    calendar_id text NOT NULL,
    basis text NOT NULL,
    minutes_max integer NOT NULL,
    opens_at time without time zone NOT NULL,
    closes_at time without time zone NOT NULL,
    listed_max integer NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reporting_deadlines_basis_known CHECK ((basis = ANY (ARRAY['ELAPSED'::text, 'NEXT_DAY'::text]))),
    CONSTRAINT reporting_deadlines_range CHECK (((minutes_max >= 0) AND (opens_at <= closes_at) AND (listed_max > 0)))
);

COMMENT ON TABLE reference.reporting_deadlines IS 'When a trade must be reported. ELAPSED: minutes_max after it was executed, where that instant lies between opens_at and closes_at of a day of the calendar, otherwise after the next opens_at. NEXT_DAY: minutes_max after opens_at of the calendar''s next day. Lateness of more trades of one source than listed_max is one alert for all of them.';

CREATE TABLE reference.retention_policies (
    subject text NOT NULL,
    keep_days integer NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT retention_policies_keep_something CHECK ((keep_days >= 1)),
    CONSTRAINT retention_policies_subject_known CHECK ((subject = ANY (ARRAY['landing.messages'::text, 'staging'::text, 'quality.results'::text, 'control.step_runs'::text, 'outbox.messages'::text, 'airflow'::text])))
);

COMMENT ON TABLE reference.retention_policies IS 'Days for which housekeeping keeps what may go.';

CREATE TABLE reference.risk_limits (
    limit_kind text NOT NULL,
    subject text NOT NULL,
    effective_from date NOT NULL,
    limit_amount numeric NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT risk_limits_kind_known CHECK ((limit_kind = ANY (ARRAY['COUNTERPARTY_GROSS'::text, 'COUNTERPARTY_NET'::text, 'BOOK_GROSS'::text, 'VALUE_AT_RISK'::text]))),
    CONSTRAINT risk_limits_not_negative CHECK ((limit_amount >= (0)::numeric))
);

COMMENT ON TABLE reference.risk_limits IS 'Limits in the base currency; * for every subject without a row of its own. A use above the limit is a breach. Books are account/strategy; the firm is FIRM.';

CREATE TABLE reference.risk_parameters (
    effective_from date NOT NULL,
    base_currency text NOT NULL,
    confidence numeric NOT NULL,
    scenarios_max integer NOT NULL,
    scenarios_min integer NOT NULL,
    tail text NOT NULL,
    top_count integer NOT NULL,
    backtest_days integer NOT NULL,
    basis text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT risk_parameters_confidence_range CHECK (((confidence > (0)::numeric) AND (confidence < (1)::numeric))),
    CONSTRAINT risk_parameters_counts_positive CHECK (((scenarios_min > 0) AND (scenarios_max >= scenarios_min) AND (top_count > 0) AND (backtest_days > 0))),
    CONSTRAINT risk_parameters_tail_known CHECK ((tail = ANY (ARRAY['AT_OR_BEYOND'::text, 'BEYOND'::text])))
);

COMMENT ON TABLE reference.risk_parameters IS 'How risk is measured, by business date. tail: whether expected shortfall is the mean of the losses at or beyond the value at risk, or only of those beyond it.';

CREATE TABLE reference.settlement_cycles (
    market_id text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    days_after_trade integer NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT settlement_cycles_days_range CHECK (((days_after_trade >= 0) AND (days_after_trade <= 10)))
);

COMMENT ON TABLE reference.settlement_cycles IS 'T+n per market and asset class, by trade date.';

CREATE TABLE reference.settlement_drivers (
    market_id text NOT NULL,
    effective_from date NOT NULL,
    driver text NOT NULL,
    reason text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT settlement_drivers_known CHECK ((driver = ANY (ARRAY['ASSUMPTION'::text, 'DEPOSITORY'::text])))
);

COMMENT ON TABLE reference.settlement_drivers IS 'Whose word settles a market''s instructions from a settlement date on: our own assumption that what is due and not withheld settles (also without a row), or the depository''s statuses.';

CREATE TABLE reference.settlement_methods (
    asset_class text NOT NULL,
    market_id text NOT NULL,
    method text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT settlement_methods_known CHECK ((method = ANY (ARRAY['DVP'::text, 'FOP'::text, 'PVP'::text])))
);

COMMENT ON TABLE reference.settlement_methods IS 'How a trade settles: DVP against payment, FOP free of it (futures: variation is paid by marks), PVP currency against currency. market_id * stands for every market without a row of its own.';

CREATE TABLE reference.share_splits (
    symbol text NOT NULL,
    ex_date date NOT NULL,
    new_shares numeric NOT NULL,
    old_shares numeric NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_splits_positive CHECK (((new_shares > (0)::numeric) AND (old_shares > (0)::numeric)))
);

COMMENT ON TABLE reference.share_splits IS 'new_shares are held for old_shares from the morning of ex_date; the cost stays.';

CREATE TABLE reference.standing_instructions (
    standing_instruction_id integer NOT NULL,
    counterparty_id text NOT NULL,
    market_id text NOT NULL,
    asset_class text,
    currency text,
    effective_from date NOT NULL,
    effective_until date,
    place_of_settlement text NOT NULL,
    agent_bic text NOT NULL,
    securities_account text NOT NULL,
    cash_account text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    withdrawn_at timestamp with time zone,
    CONSTRAINT standing_instructions_span CHECK ((effective_until > effective_from))
);

COMMENT ON TABLE reference.standing_instructions IS 'Where a counterparty delivers, receives and is paid in a market; asset class and currency null: any. In force from effective_from until the day before effective_until. A row that the file changes or no longer has is withdrawn and stays: instructions name it.';

ALTER TABLE reference.standing_instructions ALTER COLUMN standing_instruction_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reference.standing_instructions_standing_instruction_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE reference.stress_scenarios (
    scenario_id text NOT NULL,
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    shock numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT stress_scenarios_shock_range CHECK ((shock >= ('-1'::integer)::numeric))
);

COMMENT ON TABLE reference.stress_scenarios IS 'Scenarios that the books are valued under: shock is the change of price as a fraction, for the instruments of an asset class (* for every class without a row of its own in the scenario).';

CREATE TABLE reference.tolerances (
    effective_from date NOT NULL,
    quantity_delta_max numeric NOT NULL,
    price_delta_max numeric NOT NULL,
    timestamp_delta_ms_max integer NOT NULL,
    pnl_delta_limit numeric NOT NULL,
    grace_seconds integer NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    order_answer_seconds integer DEFAULT 300 NOT NULL,
    fee_delta_max numeric DEFAULT 0.01 NOT NULL,
    CONSTRAINT tolerances_fee_not_negative CHECK ((fee_delta_max >= (0)::numeric)),
    CONSTRAINT tolerances_not_negative CHECK (((quantity_delta_max >= (0)::numeric) AND (price_delta_max >= (0)::numeric) AND (timestamp_delta_ms_max >= 0) AND (pnl_delta_limit > (0)::numeric) AND (grace_seconds >= 0))),
    CONSTRAINT tolerances_order_answer_positive CHECK ((order_answer_seconds > 0))
);

COMMENT ON TABLE reference.tolerances IS 'Bounds of the three-way reconciliation by business date. Inclusive, except pnl_delta_limit, which a P&L difference must stay strictly below.';

COMMENT ON COLUMN reference.tolerances.order_answer_seconds IS 'How long an order may wait for its answer, and an answer for its order, before it is a break.';

COMMENT ON COLUMN reference.tolerances.fee_delta_max IS 'How far a booked fee may be from the computed one, inclusive, in the trade''s currency.';

CREATE TABLE reference.trade_limits (
    asset_class text NOT NULL,
    currency text NOT NULL,
    effective_from date NOT NULL,
    quantity_max numeric NOT NULL,
    notional_max numeric NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT trade_limits_positive CHECK (((quantity_max > (0)::numeric) AND (notional_max > (0)::numeric)))
);

COMMENT ON TABLE reference.trade_limits IS 'The largest quantity and notional of one trade, inclusive, in units of the instrument and in the currency of the trade.';

CREATE TABLE reference.trading_restrictions (
    symbol text NOT NULL,
    account text NOT NULL,
    side text NOT NULL,
    effective_from date NOT NULL,
    effective_until date NOT NULL,
    reason text NOT NULL,
    decided_by text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT trading_restrictions_not_negative CHECK ((effective_until >= effective_from)),
    CONSTRAINT trading_restrictions_reason_given CHECK (((btrim(reason) <> ''::text) AND (btrim(decided_by) <> ''::text))),
    CONSTRAINT trading_restrictions_side_known CHECK ((side = ANY (ARRAY['BUY'::text, 'SELL'::text, '*'::text])))
);

COMMENT ON TABLE reference.trading_restrictions IS 'What may not be traded, from and until (both inclusive), by whom (* the whole firm) and why.';

CREATE TABLE reference.wash_trade_policies (
    asset_class text NOT NULL,
    effective_from date NOT NULL,
    window_ms integer NOT NULL,
    price_delta_percent_max numeric NOT NULL,
    quantity_delta_percent_max numeric NOT NULL,
    is_same_counterparty boolean NOT NULL,
    source text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT wash_trade_policies_range CHECK (((window_ms > 0) AND (price_delta_percent_max >= (0)::numeric) AND (quantity_delta_percent_max >= (0)::numeric)))
);

COMMENT ON TABLE reference.wash_trade_policies IS 'When a purchase and a sale for one owner may be one trade: milliseconds apart, price and quantity of the sale from those of the purchase in percent, all inclusive; whether both have to be with one counterparty. * where a class has no row of its own.';

CREATE VIEW report.positions AS
 SELECT c.business_date,
    p.account,
    p.strategy,
    p.symbol,
    p.currency,
    p.asset_class,
    p.cost_method,
    p.trade_count,
    p.opening_quantity,
    p.bought_quantity,
    p.sold_quantity,
    p.closing_quantity,
    p.contractual_quantity,
    p.cost_amount,
    p.mark_price,
    p.mark_date,
    p.mark_source,
    p.is_stale_mark,
    p.opening_value_amount,
    p.market_value_amount,
    p.accrued_amount,
    p.cash_flow_amount,
    p.cash_flow_to_date_amount,
    p.day_pnl_amount,
    p.pnl_to_date_amount,
    p.realised_amount,
    p.realised_to_date_amount,
    p.unrealised_amount,
    p.fee_amount,
    p.fee_to_date_amount,
    p.opening_move_amount,
    p.new_trade_amount,
    p.carry_amount,
    p.correction_amount,
    p.total_amount,
    p.unexplained_amount,
    p.base_currency,
    p.fx_rate,
    p.fx_base_amount,
    p.total_base_amount,
    p.unexplained_limit,
    p.levy_amount
   FROM (control.closes c
     CROSS JOIN LATERAL books.positions(c.business_date) p(account, strategy, symbol, currency, asset_class, cost_method, trade_count, opening_quantity, bought_quantity, sold_quantity, closing_quantity, contractual_quantity, cost_amount, mark_price, mark_date, mark_source, is_stale_mark, opening_value_amount, market_value_amount, accrued_amount, cash_flow_amount, cash_flow_to_date_amount, day_pnl_amount, pnl_to_date_amount, realised_amount, realised_to_date_amount, unrealised_amount, fee_amount, fee_to_date_amount, opening_move_amount, new_trade_amount, carry_amount, correction_amount, total_amount, unexplained_amount, base_currency, fx_rate, fx_base_amount, total_base_amount, unexplained_limit, levy_amount));

COMMENT ON VIEW report.positions IS 'Positions and P&L at each close, as it is known now; the columns are those of books.positions.';

CREATE VIEW report.book_pnl AS
 SELECT business_date,
    account,
    strategy,
    currency,
    base_currency,
    count(*) FILTER (WHERE (closing_quantity <> (0)::numeric)) AS position_count,
    count(*) FILTER (WHERE (closing_quantity > (0)::numeric)) AS long_count,
    count(*) FILTER (WHERE (closing_quantity < (0)::numeric)) AS short_count,
    count(*) FILTER (WHERE (market_value_amount IS NULL)) AS unpriced_count,
    count(*) FILTER (WHERE (is_stale_mark AND (closing_quantity <> (0)::numeric))) AS stale_count,
    sum(market_value_amount) AS market_value_amount,
    sum(day_pnl_amount) AS day_pnl_amount,
    sum(realised_amount) AS realised_amount,
    sum(unrealised_amount) AS unrealised_amount,
    sum(carry_amount) AS carry_amount,
    sum(fee_amount) AS fee_amount,
    sum(levy_amount) AS levy_amount,
    sum(correction_amount) AS correction_amount,
    sum(total_amount) AS total_amount,
    sum(unexplained_amount) AS unexplained_amount,
    sum(fx_base_amount) AS fx_base_amount,
    sum(total_base_amount) AS total_base_amount,
    sum((unexplained_amount * fx_rate)) AS unexplained_base_amount,
    min(unexplained_limit) AS unexplained_limit,
    COALESCE((abs(sum((unexplained_amount * fx_rate))) > min(unexplained_limit)), false) AS is_over_limit
   FROM report.positions
  GROUP BY business_date, account, strategy, currency, base_currency;

COMMENT ON VIEW report.book_pnl IS 'P&L of each book and currency at each close. What is unpriced, or has no rate, is counted and in no sum. is_over_limit: more of the day is unexplained than the book''s rule lets pass.';

CREATE VIEW report.break_counterparties AS
 SELECT b.business_date,
    b.counterparty_id,
    c.counterparty_name,
    b.break_type,
    count(*) AS open_count
   FROM (recon.all_breaks b
     LEFT JOIN reference.counterparties c ON ((c.counterparty_id = b.counterparty_id)))
  WHERE (b.status = 'OPEN'::text)
  GROUP BY b.business_date, b.counterparty_id, c.counterparty_name, b.break_type;

CREATE VIEW report.break_summary AS
 SELECT business_date,
    break_type,
    subject_kind,
    currency,
    count(*) FILTER (WHERE (status = 'OPEN'::text)) AS open_count,
    count(*) FILTER (WHERE (status <> 'OPEN'::text)) AS resolved_count,
    count(*) AS total_count,
    sum(exposure_amount) FILTER (WHERE (status = 'OPEN'::text)) AS open_exposure_amount
   FROM recon.all_breaks
  GROUP BY business_date, break_type, subject_kind, currency;

COMMENT ON VIEW report.break_summary IS 'Breaks by type and currency: exposures of different currencies are never added.';

CREATE VIEW report.breaks AS
 SELECT b.business_date,
    b.break_type,
    b.subject_kind,
    b.trade_id,
    b.status,
    b.expected_value,
    b.actual_value,
    b.delta,
        CASE
            WHEN (b.break_type = 'timestamp_mismatch'::text) THEN 'ms'::text
            WHEN (b.break_type = ANY (ARRAY['quantity_mismatch'::text, 'position_break'::text, 'settled_quantity_differs'::text])) THEN 'units'::text
            WHEN (b.break_type = 'price_mismatch'::text) THEN COALESCE((b.currency || ' per unit'::text), 'per unit'::text)
            WHEN ((b.subject_kind = 'FEE'::text) OR (b.break_type = ANY (ARRAY['pnl_mismatch'::text, 'cash_break'::text, 'settled_amount_differs'::text, 'statement_not_balanced'::text, 'statement_does_not_continue'::text]))) THEN b.currency
            ELSE NULL::text
        END AS delta_unit,
    b.exposure_amount,
    b.currency,
    b.counterparty_id,
    c.counterparty_name,
    b.symbol,
    i.asset_class,
    b.opened_at,
    b.resolved_at,
    b.resolved_reason
   FROM ((recon.all_breaks b
     LEFT JOIN reference.counterparties c ON ((c.counterparty_id = b.counterparty_id)))
     LEFT JOIN reference.instruments i ON ((i.symbol = b.symbol)));

COMMENT ON VIEW report.breaks IS 'Breaks of the reconciliation and of settlement, with the unit of their delta and names from reference data; trade_id names the subject, whatever its kind.';

CREATE VIEW report.carried_breaks AS
 SELECT c.business_date AS closed_date,
    b.business_date,
    (c.business_date - b.business_date) AS days_old,
    b.break_type,
    b.subject_kind,
    b.trade_id,
    b.exposure_amount,
    b.currency,
    b.counterparty_id,
    b.symbol,
    b.opened_at
   FROM (control.closes c
     JOIN recon.all_breaks b ON (((b.business_date < c.business_date) AND (b.opened_at <= c.first_closed_at) AND ((b.resolved_at IS NULL) OR (b.resolved_at > c.first_closed_at)))));

COMMENT ON VIEW report.carried_breaks IS 'Breaks of earlier dates that were open when a date was first closed: what is mended later does not change what the pack told. days_old: calendar days. Ask by closed_date.';

CREATE TABLE report.versions (
    business_date date NOT NULL,
    version integer NOT NULL,
    content_hash text NOT NULL,
    previous_hash text,
    manifest jsonb NOT NULL,
    changes jsonb NOT NULL,
    run_id text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT versions_positive CHECK ((version >= 1))
);

COMMENT ON TABLE report.versions IS 'One row per version of a date''s pack. content_hash: SHA-256 over the pack''s files in name order; previous_hash chains it to the version before (null for the first). Append-only.';

CREATE VIEW report.changed_marks AS
 WITH builds AS (
         SELECT updates.business_date,
            max(updates.update_id) AS update_id,
            (max(updates.known_at) - '01:00:00'::interval) AS known_at
           FROM books.updates
          WHERE (updates.business_date IN ( SELECT versions.business_date
                   FROM report.versions))
          GROUP BY updates.business_date
        ), told_marks AS (
         SELECT DISTINCT ON (m.business_date, m.symbol, m.currency) m.business_date,
            m.symbol,
            m.currency,
            m.update_id,
            m.mark_price,
            m.mark_date,
            m.mark_source,
            m.is_stale,
            m.accrued_interest,
            m.interest_to_date,
            b.known_at
           FROM (books.close_marks m
             JOIN builds b USING (business_date))
          ORDER BY m.business_date, m.symbol, m.currency, m.update_id DESC
        ), told_rates AS (
         SELECT DISTINCT ON (r.business_date, r.currency, r.base_currency) r.business_date,
            r.currency,
            r.base_currency,
            r.update_id,
            r.rate,
            r.rate_date,
            r.rate_source,
            b.known_at,
            ARRAY[(r.currency || 'USD'::text), ('USD'::text || r.currency), (r.base_currency || 'USD'::text), ('USD'::text || r.base_currency)] AS pairs
           FROM (books.close_rates r
             JOIN builds b USING (business_date))
          ORDER BY r.business_date, r.currency, r.base_currency, r.update_id DESC
        ), asked AS (
         SELECT told_marks.business_date,
            told_marks.known_at,
            told_marks.mark_date,
            ARRAY[told_marks.symbol] AS symbols
           FROM told_marks
        UNION ALL
         SELECT told_rates.business_date,
            told_rates.known_at,
            told_rates.rate_date,
            told_rates.pairs
           FROM told_rates
        ), heard_since AS (
         SELECT DISTINCT a.business_date
           FROM asked a
          WHERE ((EXISTS ( SELECT
                   FROM market.marks m
                  WHERE ((m.symbol = ANY (a.symbols)) AND ((m.mark_date >= COALESCE(a.mark_date, '-infinity'::date)) AND (m.mark_date <= a.business_date)) AND (m.recorded_at > a.known_at)))) OR (EXISTS ( SELECT
                   FROM (market.overrides o
                     JOIN market.override_decisions d ON ((d.override_id = o.override_id)))
                  WHERE ((o.symbol = ANY (a.symbols)) AND (o.mark_date <= a.business_date) AND (d.decided_at > a.known_at)))))
        )
 SELECT h.business_date,
    t.symbol
   FROM ((heard_since h
     JOIN told_marks t ON ((t.business_date = h.business_date)))
     LEFT JOIN LATERAL market.marks_on(h.business_date) m(symbol, price, currency, mark_date, source, is_stale, override_id, observed_at) ON (((m.symbol = t.symbol) AND (m.currency = t.currency))))
  WHERE ((((t.mark_price IS DISTINCT FROM m.price) OR (t.mark_date IS DISTINCT FROM m.mark_date)) OR (t.mark_source IS DISTINCT FROM m.source)) OR (t.is_stale IS DISTINCT FROM m.is_stale))
UNION
 SELECT h.business_date,
    (t.currency || t.base_currency) AS symbol
   FROM ((heard_since h
     JOIN told_rates t ON ((t.business_date = h.business_date)))
     LEFT JOIN LATERAL market.fx_rates_on(h.business_date, t.base_currency) r(currency, base_currency, rate, mark_date, source, is_stale, override_id) ON ((r.currency = t.currency)))
  WHERE (t.rate IS DISTINCT FROM r.rate);

COMMENT ON VIEW report.changed_marks IS 'Closed dates whose positions would be valued otherwise today, by symbol or pair of currencies: a mark came late, or a person''s word over one was approved after the close.';

CREATE VIEW report.compliance_alerts AS
 SELECT a.business_date,
    a.rule,
    a.severity,
    a.alert_id,
    a.subject_kind,
    a.subject_id,
    a.symbol,
    a.account,
    a.counterparty_id,
    a.state,
    a.evidence,
    a.disposed_by,
    a.disposed_at,
    a.disposition_reason,
    a.is_restated_since,
    a.withdrawn_reason,
    r.source AS rule_source,
    row_number() OVER (PARTITION BY a.business_date ORDER BY (a.state = ANY (ARRAY['OPEN'::text, 'ESCALATED'::text])) DESC, (array_position(ARRAY['HIGH'::text, 'MEDIUM'::text, 'LOW'::text], a.severity)), a.rule, (a.subject_id COLLATE "C")) AS place
   FROM (compliance.current_alerts a
     LEFT JOIN LATERAL ( SELECT c.source
           FROM reference.compliance_rules c
          WHERE ((c.rule = a.rule) AND (c.effective_from <= a.business_date))
          ORDER BY c.effective_from DESC
         LIMIT 1) r ON (true));

COMMENT ON VIEW report.compliance_alerts IS 'Alerts of a date with their disposition, in the order in which they should be read (place).';

CREATE VIEW report.compliance_coverage AS
 SELECT business_date,
    rule,
    outcome,
    subject_count,
    ((outcome = ANY (ARRAY['checked'::text, 'scored'::text])) OR (outcome ~~ '%\_checked'::text)) AS is_checked
   FROM compliance.coverage;

COMMENT ON VIEW report.compliance_coverage IS 'How many subjects each rule of a date checked (is_checked), and why it did not check the others (outcome).';

CREATE TABLE risk.measures (
    business_date date NOT NULL,
    version integer NOT NULL,
    measure text NOT NULL,
    subject_kind text NOT NULL,
    subject text NOT NULL,
    detail text NOT NULL,
    currency text NOT NULL,
    amount numeric,
    note text,
    CONSTRAINT measures_amount_or_reason CHECK (((amount IS NOT NULL) OR (note IS NOT NULL))),
    CONSTRAINT measures_subject_known CHECK ((subject_kind = ANY (ARRAY['FIRM'::text, 'BOOK'::text, 'COUNTERPARTY'::text, 'SYMBOL'::text, 'CURRENCY'::text, 'NETTING_SET'::text, 'ACCOUNT'::text])))
);

COMMENT ON TABLE risk.measures IS 'One row for each measure of each subject; views lay them side by side. An amount of money is in currency; counts and ratios have none (empty). Without an amount the note says why. Append-only.';

CREATE TABLE risk.versions (
    business_date date NOT NULL,
    version integer NOT NULL,
    run_id text NOT NULL,
    known_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

COMMENT ON TABLE risk.versions IS 'Each time the measures of a date came out otherwise than before. Append-only.';

CREATE VIEW risk.current_measures AS
 SELECT business_date,
    version,
    measure,
    subject_kind,
    subject,
    detail,
    currency,
    amount,
    note
   FROM risk.measures m
  WHERE (version = ( SELECT max(v.version) AS max
           FROM risk.versions v
          WHERE (v.business_date = m.business_date)));

COMMENT ON VIEW risk.current_measures IS 'Measures of every date as they are known now.';

CREATE VIEW report.concentration AS
 SELECT business_date,
    detail AS among,
    max(amount) FILTER (WHERE (measure = 'top_share_percent'::text)) AS top_share_percent,
    max(note) FILTER (WHERE (measure = 'top_share_percent'::text)) AS top_note,
    max(amount) FILTER (WHERE (measure = 'hhi'::text)) AS hhi
   FROM risk.current_measures
  WHERE (measure = ANY (ARRAY['hhi'::text, 'top_share_percent'::text]))
  GROUP BY business_date, detail;

COMMENT ON VIEW report.concentration IS 'Share of the largest few and sum of squared percentages (0 to 10,000) of gross exposure, among counterparties and among instruments.';

CREATE VIEW report.conflict_counts AS
 SELECT business_date,
    record_type,
    count(*) AS record_count
   FROM trade.conflicts
  GROUP BY business_date, record_type;

CREATE VIEW report.control_offsets AS
 SELECT business_date,
    topic,
    partition,
    end_offset,
    offset_count,
    message_count,
    empty_count,
    lost_count
   FROM control.date_offsets;

CREATE VIEW report.control_totals AS
 SELECT t.business_date,
    t.feed,
    t.received_count,
    t.accepted_count,
    t.rejected_count,
    t.duplicate_count,
    t.accepted_quantity,
    t.accepted_notional,
    COALESCE(o.offset_count, (0)::numeric) AS offset_count,
    COALESCE(o.message_count, (0)::numeric) AS message_count,
    COALESCE(o.empty_count, (0)::numeric) AS empty_count,
    COALESCE(o.lost_count, (0)::numeric) AS lost_count
   FROM (control.date_totals t
     LEFT JOIN LATERAL ( SELECT sum(date_offsets.offset_count) AS offset_count,
            sum(date_offsets.message_count) AS message_count,
            sum(date_offsets.empty_count) AS empty_count,
            sum(date_offsets.lost_count) AS lost_count
           FROM control.date_offsets
          WHERE ((date_offsets.business_date = t.business_date) AND (date_offsets.topic = t.feed))) o ON (true));

COMMENT ON VIEW report.control_totals IS 'received = accepted + rejected + duplicate for the date''s own messages; offsets = messages + empty + lost over the drained ranges that hold them, which may hold other dates'' messages too.';

CREATE VIEW report.counterparty_exposures AS
 SELECT business_date,
    subject AS counterparty_id,
    max(currency) FILTER (WHERE (measure = 'gross_exposure'::text)) AS currency,
    max(amount) FILTER (WHERE (measure = 'gross_exposure'::text)) AS gross_amount,
    max(amount) FILTER (WHERE (measure = 'net_exposure'::text)) AS net_amount,
    max(amount) FILTER (WHERE (measure = 'replacement_cost'::text)) AS replacement_amount,
    COALESCE(max(amount) FILTER (WHERE (measure = 'unpriced_count'::text)), (0)::numeric) AS unpriced_count,
    max(note) FILTER (WHERE (measure = 'gross_exposure'::text)) AS note
   FROM risk.current_measures m
  WHERE ((subject_kind = 'COUNTERPARTY'::text) AND (measure = ANY (ARRAY['gross_exposure'::text, 'net_exposure'::text, 'replacement_cost'::text, 'unpriced_count'::text])))
  GROUP BY business_date, subject;

COMMENT ON VIEW report.counterparty_exposures IS 'What is open with each counterparty until it settles, fails included, in the base currency. note names what has no mark or rate, and is in none of the amounts.';

CREATE VIEW report.current_executions AS
 SELECT business_date,
    trade_id,
    version,
    source_id,
    symbol,
    asset_class,
    side,
    quantity,
    notional,
    brokerage_fee,
    clearing_fee,
    exchange_fee,
    currency,
    counterparty_id,
    executed_at,
    status
   FROM trade.executions e
  WHERE (NOT (EXISTS ( SELECT
           FROM trade.executions newer
          WHERE ((newer.business_date = e.business_date) AND (newer.trade_id = e.trade_id) AND (newer.version > e.version) AND (newer.version > 1)))));

COMMENT ON VIEW report.current_executions IS 'The highest version of each execution.';

CREATE TABLE settlement.events (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    effective_on date NOT NULL,
    act_id integer NOT NULL,
    sequence smallint NOT NULL,
    reverses_sequence smallint,
    deliverer_id integer,
    receiver_id integer,
    payer_id integer,
    payee_id integer,
    net_instruction_id bigint,
    kind text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    symbol text,
    delivered_currency text,
    currency text,
    quantity numeric,
    amount numeric,
    CONSTRAINT events_begin_at_instructed CHECK (((sequence >= 1) AND ((sequence > 1) OR (from_state = 'INSTRUCTED'::text)))),
    CONSTRAINT events_cash_leg_whole CHECK (
CASE
    WHEN (amount IS NULL) THEN (num_nonnulls(currency, payer_id, payee_id) = 0)
    ELSE ((amount > (0)::numeric) AND (num_nonnulls(currency, payer_id, payee_id) = 3) AND (payer_id <> payee_id))
END),
    CONSTRAINT events_kind_known CHECK ((kind = ANY (ARRAY['STATUS'::text, 'SETTLEMENT'::text, 'NETTED'::text, 'REVERSAL'::text]))),
    CONSTRAINT events_movement_fits_kind CHECK (
CASE kind
    WHEN 'SETTLEMENT'::text THEN (num_nonnulls(quantity, amount) >= 1)
    WHEN 'REVERSAL'::text THEN true
    ELSE (num_nonnulls(quantity, amount) = 0)
END),
    CONSTRAINT events_net_named CHECK (((kind = 'NETTED'::text) = (net_instruction_id IS NOT NULL))),
    CONSTRAINT events_reversal_points_back CHECK (
CASE kind
    WHEN 'REVERSAL'::text THEN ((reverses_sequence >= 1) AND (reverses_sequence <= (sequence - 1)))
    ELSE (reverses_sequence IS NULL)
END),
    CONSTRAINT events_securities_leg_whole CHECK (
CASE
    WHEN (quantity IS NULL) THEN (num_nonnulls(symbol, delivered_currency, deliverer_id, receiver_id) = 0)
    ELSE ((quantity > (0)::numeric) AND (deliverer_id IS NOT NULL) AND (receiver_id IS NOT NULL) AND (num_nonnulls(symbol, delivered_currency) = 1) AND (deliverer_id <> receiver_id))
END),
    CONSTRAINT events_states_known CHECK ((from_state = ANY (ARRAY['INSTRUCTED'::text, 'MATCHED'::text, 'PENDING'::text, 'PARTIALLY_SETTLED'::text, 'SETTLED'::text, 'FAILING'::text, 'CANCELLED'::text]))),
    CONSTRAINT events_transition_allowed CHECK (settlement.is_allowed(kind, from_state, to_state))
)
PARTITION BY LIST (settlement_date);

COMMENT ON TABLE settlement.events IS 'What became of each instruction, in sequence: a change of its state, and, in the same row, the movement that it is. A movement has both its sides in one row (who delivers and who receives; who pays and who is paid), so no half of one can be booked, and every sum is zero. Append-only.';

COMMENT ON COLUMN settlement.events.settlement_date IS 'Of the instruction: the partition.';

COMMENT ON COLUMN settlement.events.effective_on IS 'The day on which it counts in the books.';

COMMENT ON COLUMN settlement.events.net_instruction_id IS 'Of NETTED: the row of settlement.net_instructions whose legs move it.';

COMMENT ON COLUMN settlement.events.kind IS 'STATUS: no movement. SETTLEMENT: delivery, payment, or both. NETTED: settled by the movement of net_instruction_id. REVERSAL: takes back reverses_sequence, its sides exchanged.';

CREATE TABLE settlement.instructions (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    business_date date NOT NULL,
    act_id integer NOT NULL,
    subject_version integer NOT NULL,
    part_number integer DEFAULT 0 NOT NULL,
    standing_instruction_id integer,
    house_account_id integer NOT NULL,
    counterparty_account_id integer NOT NULL,
    purpose text NOT NULL,
    subject_id text NOT NULL,
    direction text NOT NULL,
    method text NOT NULL,
    symbol text,
    delivered_currency text,
    asset_class text,
    market_id text,
    currency text NOT NULL,
    counterparty_id text NOT NULL,
    account text NOT NULL,
    strategy text NOT NULL,
    quantity numeric,
    amount numeric NOT NULL,
    CONSTRAINT instructions_accounts_differ CHECK ((house_account_id <> counterparty_account_id)),
    CONSTRAINT instructions_amount_fits_method CHECK (
CASE method
    WHEN 'FOP'::text THEN (amount = (0)::numeric)
    WHEN 'PAYMENT'::text THEN (amount <> (0)::numeric)
    ELSE true
END),
    CONSTRAINT instructions_asset_fits_method CHECK (
CASE method
    WHEN 'PAYMENT'::text THEN (num_nonnulls(symbol, delivered_currency, quantity) = 0)
    WHEN 'PVP'::text THEN ((delivered_currency IS NOT NULL) AND (symbol IS NOT NULL) AND (quantity > (0)::numeric))
    ELSE ((delivered_currency IS NULL) AND (symbol IS NOT NULL) AND (quantity > (0)::numeric))
END),
    CONSTRAINT instructions_direction_known CHECK ((direction = ANY (ARRAY['RECEIVE'::text, 'DELIVER'::text]))),
    CONSTRAINT instructions_method_known CHECK ((method = ANY (ARRAY['DVP'::text, 'FOP'::text, 'PVP'::text, 'PAYMENT'::text]))),
    CONSTRAINT instructions_part_not_negative CHECK (((part_number >= 0) AND (subject_version >= 1))),
    CONSTRAINT instructions_purpose_known CHECK ((purpose = ANY (ARRAY['TRADE'::text, 'ALLOCATION'::text, 'ORDER'::text, 'NET'::text, 'FEE'::text, 'PENALTY'::text, 'MARK'::text, 'SPLIT'::text])))
)
PARTITION BY LIST (settlement_date);

COMMENT ON TABLE settlement.instructions IS 'What is to be delivered and paid on a settlement date: one row per version of a trade (or part of it, or order, net, fee, penalty). The row is itself the event INSTRUCTED. Append-only.';

COMMENT ON COLUMN settlement.instructions.settlement_date IS 'The intended one (ISD), for ever: the day on which it really settled is an event''s.';

COMMENT ON COLUMN settlement.instructions.part_number IS '0: the whole; 1, 2, …: its parts.';

COMMENT ON COLUMN settlement.instructions.subject_id IS 'What is instructed, by purpose: the trade id, the order id, the net''s, the statement''s. Of business_date and subject_version.';

COMMENT ON COLUMN settlement.instructions.direction IS 'Ours: RECEIVE or DELIVER the asset. PAYMENT: RECEIVE means that we pay, as against delivery.';

COMMENT ON COLUMN settlement.instructions.symbol IS 'What is delivered; for PVP the pair, whose delivered_currency is delivered.';

COMMENT ON COLUMN settlement.instructions.amount IS 'Paid by who receives to who delivers, in currency, rounded half up to its minor unit. Negative (a negative price): the deliverer pays. 0: nothing is paid.';

CREATE VIEW report.due_instructions AS
 WITH told AS (
         SELECT events.settlement_date,
            events.instruction_id,
            max(events.sequence) AS last_sequence,
            sum(
                CASE events.kind
                    WHEN 'REVERSAL'::text THEN (- events.quantity)
                    ELSE events.quantity
                END) AS settled_quantity,
            sum(
                CASE events.kind
                    WHEN 'REVERSAL'::text THEN (- events.amount)
                    ELSE events.amount
                END) AS settled_amount
           FROM settlement.events
          WHERE (events.effective_on <= events.settlement_date)
          GROUP BY events.settlement_date, events.instruction_id
        )
 SELECT i.settlement_date,
    i.instruction_id,
    i.purpose,
    i.market_id,
    i.asset_class,
    i.counterparty_id,
    i.symbol,
    i.currency,
    abs(i.amount) AS due_amount,
        CASE
            WHEN (e.kind = 'NETTED'::text) THEN 'NETTED'::text
            ELSE COALESCE(e.to_state, 'INSTRUCTED'::text)
        END AS state,
    COALESCE(t.settled_amount, (0)::numeric) AS settled_amount
   FROM ((settlement.instructions i
     LEFT JOIN told t ON (((t.settlement_date = i.settlement_date) AND (t.instruction_id = i.instruction_id))))
     LEFT JOIN settlement.events e ON (((e.settlement_date = t.settlement_date) AND (e.instruction_id = t.instruction_id) AND (e.sequence = t.last_sequence))));

COMMENT ON VIEW report.due_instructions IS 'Instructions with their state at the end of their settlement date; NETTED: settled by the movements of a net. Amounts without signs, in currency. Ask by settlement_date.';

CREATE VIEW report.fee_breaks AS
 SELECT business_date,
    subject_id AS trade_id,
    break_type,
    status,
    (expected_value)::numeric AS computed_amount,
    (actual_value)::numeric AS booked_amount,
    delta,
    exposure_amount,
    currency,
    counterparty_id,
    symbol,
    opened_at,
    resolved_at
   FROM settlement.breaks b
  WHERE (subject_kind = 'FEE'::text);

COMMENT ON VIEW report.fee_breaks IS 'Booked fees that differ from the computed ones: delta = booked - computed.';

CREATE TABLE settlement.charged_dates (
    business_date date NOT NULL,
    trade_count bigint NOT NULL,
    charged_count bigint NOT NULL,
    input_count bigint NOT NULL,
    rate_count bigint NOT NULL,
    run_id text NOT NULL
);

COMMENT ON TABLE settlement.charged_dates IS 'Business dates whose fees were computed: live trades, those of them that a rate applies to, and of what it was made, so that anything that came since is noticed: rows of control.received_counts, and rates of the date recorded and withdrawn. Both only grow.';

CREATE VIEW report.fee_coverage AS
 SELECT business_date,
    trade_count,
    charged_count,
    (trade_count - charged_count) AS not_computed_count
   FROM settlement.charged_dates c;

COMMENT ON VIEW report.fee_coverage IS 'Live trades of a charged date, and how many of them any rate applies to. What lacks by market, asset class and type of fee: settlement.fees_not_computed.';

CREATE TABLE settlement.trade_fees (
    business_date date NOT NULL,
    act_id integer NOT NULL,
    version integer NOT NULL,
    sequence smallint NOT NULL,
    reverses_sequence smallint,
    trade_id text NOT NULL,
    currency text NOT NULL,
    fee_rate_ids integer[] NOT NULL,
    amounts numeric[] NOT NULL,
    CONSTRAINT trade_fees_amounts_fit_rates CHECK (((cardinality(amounts) = cardinality(fee_rate_ids)) AND (cardinality(amounts) > 0))),
    CONSTRAINT trade_fees_sequence_alternates CHECK (((sequence >= 1) AND (NOT (reverses_sequence IS DISTINCT FROM
CASE
    WHEN (((sequence)::integer % 2) = 0) THEN ((sequence - 1))::smallint
    ELSE NULL::smallint
END))))
)
PARTITION BY LIST (business_date);

COMMENT ON TABLE settlement.trade_fees IS 'What a version of a trade is charged: one row with all its fees, each with the rate that it follows from. A correction of the trade or of a rate writes a reversal and a new charge; a cancellation the reversal. A trade under no rate has no row: not computed, which is not zero. Lines: view settlement.fees. Append-only.';

CREATE VIEW settlement.fees AS
 SELECT f.business_date,
    f.trade_id,
    f.version,
    f.sequence,
    f.reverses_sequence,
    r.fee_type,
    r.authority,
    r.booked_in,
    line.amount,
    f.currency,
    line.fee_rate_id,
    f.act_id
   FROM ((settlement.trade_fees f
     CROSS JOIN LATERAL UNNEST(f.fee_rate_ids, f.amounts) line(fee_rate_id, amount))
     JOIN reference.fee_rates r USING (fee_rate_id));

COMMENT ON VIEW settlement.fees IS 'Every fee of every charge and, negative, of every reversal, with the rate that it follows from. The sum over a trade is what it costs now. Ask by business_date.';

CREATE VIEW report.fee_summary AS
 SELECT business_date,
    fee_type,
    COALESCE(authority, 'BROKER'::text) AS payee,
    currency,
    count(*) FILTER (WHERE (reverses_sequence IS NULL)) AS charge_count,
    count(*) FILTER (WHERE (reverses_sequence IS NOT NULL)) AS reversal_count,
    sum(amount) AS amount
   FROM settlement.fees
  GROUP BY business_date, fee_type, authority, currency;

COMMENT ON VIEW report.fee_summary IS 'What the trades of a date cost by type of fee: charges, reversals and their sum. BROKER: booked on the execution; else the authority to which it is owed.';

CREATE VIEW report.latest_quality_results AS
 WITH batches_of_dates AS (
         SELECT DISTINCT received_counts.business_date,
            received_counts.batch_id
           FROM control.received_counts
        ), judged AS (
         SELECT d.business_date,
            'micro-batches'::text AS validated,
            d.batch_id,
            r.result_id,
            r.suite,
            r.evaluated_count,
            r.result
           FROM (batches_of_dates d
             JOIN quality.results r ON ((r.batch_id = d.batch_id)))
        UNION ALL
         SELECT results.business_date,
            'whole day'::text,
            NULL::bigint,
            results.result_id,
            results.suite,
            results.evaluated_count,
            results.result
           FROM quality.results
          WHERE ((results.batch_id IS NULL) AND (results.business_date IS NOT NULL))
        )
 SELECT DISTINCT ON (business_date, suite, validated, batch_id) business_date,
    validated,
    batch_id,
    result_id,
    suite,
    evaluated_count,
    result
   FROM judged
  ORDER BY business_date, suite, validated, batch_id, result_id DESC;

COMMENT ON VIEW report.latest_quality_results IS 'A repeated validation replaces what an earlier one said of the same rows.';

CREATE VIEW report.listed_breaks AS
 SELECT business_date,
    break_type,
    subject_kind,
    trade_id,
    status,
    expected_value,
    actual_value,
    delta,
    delta_unit,
    exposure_amount,
    currency,
    counterparty_id,
    counterparty_name,
    symbol,
    asset_class,
    opened_at,
    resolved_at,
    resolved_reason,
    row_number() OVER (PARTITION BY business_date, break_type ORDER BY (abs(exposure_amount)) DESC NULLS LAST, (trade_id COLLATE "C")) AS exposure_rank
   FROM report.breaks b
  WHERE (status = 'OPEN'::text);

COMMENT ON VIEW report.listed_breaks IS 'Open breaks, ranked within their type by exposure.';

CREATE TABLE report.lost_files (
    business_date date NOT NULL,
    version integer NOT NULL,
    file_name text NOT NULL,
    content_hash text NOT NULL,
    run_id text NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE report.lost_files IS 'Files of published versions that are gone and that a person decided to go on without. Their hash stays, so that a copy that turns up can be proven. Append-only.';

CREATE TABLE report.mails (
    business_date date NOT NULL,
    version integer NOT NULL,
    recipient text NOT NULL,
    message_id text NOT NULL,
    sent_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE VIEW report.margin_calls AS
 SELECT business_date,
    subject_kind,
    subject,
    max(currency) AS currency,
    max(amount) FILTER (WHERE (measure = 'gross_initial_margin'::text)) AS gross_margin_amount,
    max(amount) FILTER (WHERE (measure = 'net_to_gross_ratio'::text)) AS net_to_gross_ratio,
    max(amount) FILTER (WHERE (measure = 'initial_margin'::text)) AS initial_margin_amount,
    max(amount) FILTER (WHERE (measure = 'maintenance_margin'::text)) AS maintenance_margin_amount,
    max(amount) FILTER (WHERE (measure = 'net_replacement_cost'::text)) AS replacement_amount,
    max(amount) FILTER (WHERE (measure = 'margin_required'::text)) AS required_amount,
    max(amount) FILTER (WHERE (measure = 'margin_held'::text)) AS held_amount,
    max(amount) FILTER (WHERE (measure = 'margin_call'::text)) AS call_amount,
    max(note) FILTER (WHERE (amount IS NULL)) AS note
   FROM risk.current_measures m
  WHERE (subject_kind = ANY (ARRAY['NETTING_SET'::text, 'ACCOUNT'::text]))
  GROUP BY business_date, subject_kind, subject;

COMMENT ON VIEW report.margin_calls IS 'Margin of each netting set (standard schedule, base currency) and account (Regulation T): what is asked for where call_amount is positive, to be given back where it is negative.';

CREATE VIEW report.outdated_dates AS
 WITH newest AS (
         SELECT versions.business_date,
            max(versions.version) AS version
           FROM report.versions
          GROUP BY versions.business_date
        ), compared AS (
         SELECT n.business_date,
            n.version,
                CASE
                    WHEN (c.input_count IS NULL) THEN (0)::bigint
                    ELSE (( SELECT count(*) AS count
                       FROM control.received_counts r
                      WHERE (r.business_date = n.business_date)) - c.input_count)
                END AS late_input_count,
            ((n.business_date IN ( SELECT stale_dates.business_date
                   FROM books.stale_dates)) OR (EXISTS ( SELECT
                   FROM (books.flow_changes f
                     JOIN books.updates u ON ((u.update_id = f.update_id)))
                  WHERE ((f.business_date = n.business_date) AND (u.business_date <> n.business_date) AND (f.update_id > ( SELECT max(own.update_id) AS max
                           FROM books.updates own
                          WHERE (own.business_date = n.business_date))))))) AS is_behind,
            ARRAY( SELECT DISTINCT later.business_date
                   FROM ( SELECT f.business_date
                           FROM books.flow_changes f
                          WHERE (f.business_date < n.business_date)
                          ORDER BY f.change_id
                         OFFSET c.earlier_change_count) later
                  ORDER BY later.business_date) AS changed_dates,
            COALESCE(m.symbols, '{}'::text[]) AS changed_marks
           FROM ((newest n
             JOIN control.closes c ON ((c.business_date = n.business_date)))
             LEFT JOIN ( SELECT changed_marks.business_date,
                    array_agg(changed_marks.symbol ORDER BY changed_marks.symbol) AS symbols
                   FROM report.changed_marks
                  GROUP BY changed_marks.business_date) m ON ((m.business_date = n.business_date)))
        )
 SELECT business_date,
    version,
    late_input_count,
        CASE
            WHEN (is_behind AND (late_input_count = 0)) THEN (changed_dates || business_date)
            ELSE changed_dates
        END AS changed_dates,
    changed_marks
   FROM compared
  WHERE ((late_input_count > 0) OR is_behind OR (cardinality(changed_dates) > 0) OR (cardinality(changed_marks) > 0));

COMMENT ON VIEW report.outdated_dates IS 'Dates to close again. late_input_count: batches that brought records, or took some away, after the date was closed. changed_dates: earlier dates whose flows changed after the pack was made, so that it opens with other positions than they close with, and the date itself where its own changed (an allocation, a split) without a late record. changed_marks: symbols and pairs that it would be valued by otherwise today.';

CREATE VIEW report.pnl_explain AS
 SELECT p.business_date,
    p.base_currency,
    part.number,
    part.name,
    sum(part.amount) AS base_amount
   FROM (report.positions p
     CROSS JOIN LATERAL ( VALUES (1,'opening_positions'::text,(p.opening_move_amount * p.fx_rate)), (2,'new_trades'::text,(p.new_trade_amount * p.fx_rate)), (3,'carry'::text,(p.carry_amount * p.fx_rate)), (4,'foreign_exchange'::text,p.fx_base_amount), (5,'fees'::text,((- p.fee_amount) * p.fx_rate)), (6,'levies_not_booked'::text,((- COALESCE(p.levy_amount, (0)::numeric)) * p.fx_rate)), (7,'corrections'::text,(p.correction_amount * p.fx_rate)), (8,'unexplained'::text,(p.unexplained_amount * p.fx_rate)), (9,'total'::text,p.total_base_amount)) part(number, name, amount))
  WHERE (p.total_base_amount IS NOT NULL)
  GROUP BY p.business_date, p.base_currency, part.number, part.name;

COMMENT ON VIEW report.pnl_explain IS 'The waterfall of each close: parts 1 to 8 are the total. Positions without a rate are left out; report.book_pnl counts them.';

CREATE VIEW report.quality_findings AS
 SELECT r.business_date,
    r.suite,
    r.validated,
    (rule.finding ->> 'rule'::text) AS rule_name,
    (((rule.finding ->> 'error'::text) IS NOT NULL) OR ((rule.finding ->> 'level'::text) = 'stop'::text)) AS is_stop,
    count(*) AS run_count,
    sum(((rule.finding ->> 'failing_count'::text))::bigint) AS failing_count
   FROM (report.latest_quality_results r
     CROSS JOIN LATERAL jsonb_array_elements(COALESCE((r.result -> 'failed_rules'::text), '[]'::jsonb)) rule(finding))
  WHERE ((rule.finding ->> 'level'::text) <> 'reject'::text)
  GROUP BY r.business_date, r.suite, r.validated, (rule.finding ->> 'rule'::text), (((rule.finding ->> 'error'::text) IS NOT NULL) OR ((rule.finding ->> 'level'::text) = 'stop'::text));

COMMENT ON VIEW report.quality_findings IS 'Rules that do not hold. Without those whose rows were quarantined: a second validation finds nothing more to quarantine, and control.rejects lists what left.';

CREATE VIEW report.recorded_inputs AS
 SELECT executions.business_date,
    executions.feed,
    count(*) AS record_count,
    max(executions.recorded_at) AS known_at
   FROM trade.executions
  GROUP BY executions.business_date, executions.feed
UNION ALL
 SELECT confirmations.business_date,
    confirmations.topic AS feed,
    count(*) AS record_count,
    max(confirmations.recorded_at) AS known_at
   FROM trade.confirmations
  GROUP BY confirmations.business_date, confirmations.topic
UNION ALL
 SELECT pnl_snapshots.business_date,
    pnl_snapshots.topic AS feed,
    count(*) AS record_count,
    max(pnl_snapshots.recorded_at) AS known_at
   FROM trade.pnl_snapshots
  GROUP BY pnl_snapshots.business_date, pnl_snapshots.topic
UNION ALL
 SELECT untraded_records.business_date,
    untraded_records.feed,
    count(*) AS record_count,
    max(untraded_records.recorded_at) AS known_at
   FROM control.untraded_records
  GROUP BY untraded_records.business_date, untraded_records.feed
UNION ALL
 SELECT conflicts.business_date,
    conflicts.feed,
    count(*) AS record_count,
    max(conflicts.recorded_at) AS known_at
   FROM trade.conflicts
  GROUP BY conflicts.business_date, conflicts.feed;

COMMENT ON VIEW report.recorded_inputs IS 'Records that stand in the trade tables, counted anew (they must equal the accepted of the totals), and when the newest of them became known. A feed may have several rows.';

CREATE VIEW report.reject_summary AS
 SELECT business_date,
    feed,
    stage,
    reason,
    count(*) AS reject_count,
    count(replayed_at) AS replayed_count
   FROM control.rejects
  GROUP BY business_date, feed, stage, reason;

COMMENT ON VIEW report.reject_summary IS 'Refused messages. One that was mended and sent again stays refused, and is counted as replayed: what became of it is another message.';

CREATE VIEW report.risk_limits AS
 SELECT business_date,
    subject_kind,
    subject,
    detail AS limit_kind,
    max(currency) FILTER (WHERE (measure = 'limit_amount'::text)) AS currency,
    max(amount) FILTER (WHERE (measure = 'limit_amount'::text)) AS limit_amount,
    max(amount) FILTER (WHERE (measure = 'limit_used'::text)) AS used_amount,
    (max(amount) FILTER (WHERE (measure = 'limit_breach'::text)) = (1)::numeric) AS is_breach,
    max(note) FILTER (WHERE (measure = 'limit_used'::text)) AS note
   FROM risk.current_measures m
  WHERE (measure = ANY (ARRAY['limit_amount'::text, 'limit_used'::text, 'limit_breach'::text]))
  GROUP BY business_date, subject_kind, subject, detail;

COMMENT ON VIEW report.risk_limits IS 'Each limit that applies and its use, in the base currency. is_breach null: the use is not known, and note says why.';

CREATE TABLE settlement.split_postings (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    held_quantity numeric NOT NULL,
    new_shares numeric NOT NULL,
    old_shares numeric NOT NULL,
    fraction numeric NOT NULL,
    CONSTRAINT split_postings_fraction_is_one CHECK ((abs(fraction) < (1)::numeric))
);

COMMENT ON TABLE settlement.split_postings IS 'Each movement of a split: what the account held before the ex-date (settlement_date), the ratio, and the fraction of a share that whole shares leave: it is paid in cash, at a price that only the paying agent knows, so that nothing is booked for it. Append-only.';

CREATE VIEW report.split_postings AS
 SELECT p.settlement_date AS ex_date,
    i.symbol,
    i.account,
    p.new_shares,
    p.old_shares,
    p.held_quantity,
        CASE i.direction
            WHEN 'RECEIVE'::text THEN i.quantity
            ELSE (- i.quantity)
        END AS posted_quantity,
    p.fraction,
    i.subject_version AS version,
    i.instruction_id
   FROM (settlement.split_postings p
     JOIN settlement.instructions i ON (((i.settlement_date = p.settlement_date) AND (i.instruction_id = p.instruction_id))));

COMMENT ON VIEW report.split_postings IS 'Each movement of a split, with what was held before the ex-date. Versions of an account add up to what its split is worth as known now; fraction: of the newest version, paid in cash.';

CREATE TABLE settlement.statement_differences (
    custodian_id text NOT NULL,
    statement_kind text NOT NULL,
    account text NOT NULL,
    as_of_date date NOT NULL,
    asset text NOT NULL,
    statement_id text NOT NULL,
    version integer NOT NULL,
    book_amount numeric,
    custodian_amount numeric,
    delta numeric NOT NULL,
    CONSTRAINT statement_differences_differ CHECK ((delta <> (0)::numeric))
);

COMMENT ON TABLE settlement.statement_differences IS 'Where a statement and our books differ at the end of its day; delta: custodian minus books; null: not there. Replaced when a statement is compared again.';

CREATE VIEW report.statement_differences AS
 SELECT as_of_date,
    custodian_id,
    account,
    statement_kind,
    asset,
        CASE
            WHEN (book_amount IS NULL) THEN 'only_at_custodian'::text
            WHEN (custodian_amount IS NULL) THEN 'only_in_books'::text
            ELSE 'amount_differs'::text
        END AS difference,
    book_amount,
    custodian_amount,
    delta,
    statement_id,
    version
   FROM settlement.statement_differences d;

COMMENT ON VIEW report.statement_differences IS 'Each position and cash amount in which a statement differs from our books at the end of its day.';

CREATE TABLE settlement.statements (
    custodian_id text NOT NULL,
    statement_kind text NOT NULL,
    statement_id text NOT NULL,
    version integer NOT NULL,
    account text NOT NULL,
    as_of_date date NOT NULL,
    statement_number integer,
    line_count integer NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    completed_at timestamp with time zone,
    compared_at timestamp with time zone,
    CONSTRAINT statements_compared_when_complete CHECK (((compared_at IS NULL) OR (completed_at IS NOT NULL))),
    CONSTRAINT statements_kind_known CHECK ((statement_kind = ANY (ARRAY['POSITION'::text, 'CASH'::text]))),
    CONSTRAINT statements_version_positive CHECK ((version >= 1))
);

COMMENT ON TABLE settlement.statements IS 'The custodians'' statements, each version; as_of_date: positions and cash at the end of that day. completed_at: when its last line came. A newer version takes the place of the older one, which stays.';

CREATE VIEW settlement.current_statements AS
 SELECT custodian_id,
    statement_kind,
    statement_id,
    version,
    account,
    as_of_date,
    statement_number,
    line_count,
    recorded_at,
    completed_at,
    compared_at,
    first_recorded_at,
    row_number() OVER account AS ordinal,
    (lead(as_of_date) OVER account IS NULL) AS is_newest,
    lag(statement_id) OVER account AS previous_id,
    lag(version) OVER account AS previous_version,
    lag(as_of_date) OVER account AS previous_as_of_date,
    lag(statement_number) OVER account AS previous_number
   FROM ( SELECT DISTINCT ON (s.custodian_id, s.statement_kind, s.account, s.as_of_date) s.custodian_id,
            s.statement_kind,
            s.statement_id,
            s.version,
            s.account,
            s.as_of_date,
            s.statement_number,
            s.line_count,
            s.recorded_at,
            s.completed_at,
            s.compared_at,
            s.first_recorded_at
           FROM ( SELECT a.custodian_id,
                    a.statement_kind,
                    a.statement_id,
                    a.version,
                    a.account,
                    a.as_of_date,
                    a.statement_number,
                    a.line_count,
                    a.recorded_at,
                    a.completed_at,
                    a.compared_at,
                    min(a.recorded_at) OVER (PARTITION BY a.custodian_id, a.statement_kind, a.statement_id) AS first_recorded_at
                   FROM settlement.statements a
                  WHERE (a.completed_at IS NOT NULL)) s
          ORDER BY s.custodian_id, s.statement_kind, s.account, s.as_of_date, s.first_recorded_at, s.statement_id, s.version DESC) c
  WINDOW account AS (PARTITION BY custodian_id, statement_kind, account ORDER BY as_of_date);

COMMENT ON VIEW settlement.current_statements IS 'Of each account and day the newest version of the statement, once it is complete; of several statements the one that came first. With its place among the account''s, and its predecessor.';

CREATE VIEW report.statement_roll_forward AS
 SELECT s.custodian_id,
    s.account,
    s.statement_kind,
    s.as_of_date,
    s.statement_id,
    s.version,
    count(p.asset) AS opening_count,
    count(d.asset) FILTER (WHERE (p.asset IS NULL)) AS new_count,
    count(p.asset) FILTER (WHERE (d.asset IS NULL)) AS closed_count,
    count(d.asset) AS closing_count
   FROM (settlement.current_statements s
     LEFT JOIN (settlement.statement_differences d
     FULL JOIN ( SELECT n.custodian_id,
            n.statement_kind,
            n.account,
            n.as_of_date,
            x.asset
           FROM (settlement.current_statements n
             JOIN settlement.statement_differences x ON (((x.custodian_id = n.custodian_id) AND (x.statement_kind = n.statement_kind) AND (x.account = n.account) AND (x.as_of_date = n.previous_as_of_date))))) p USING (custodian_id, statement_kind, account, as_of_date, asset)) USING (custodian_id, statement_kind, account, as_of_date))
  GROUP BY s.custodian_id, s.account, s.statement_kind, s.as_of_date, s.statement_id, s.version;

COMMENT ON VIEW report.statement_roll_forward IS 'Of each statement: differences that its predecessor had, new and closed ones, and those it has: opening + new - closed = closing.';

CREATE VIEW report.stress_results AS
 SELECT business_date,
    subject_kind,
    subject,
    detail AS scenario_id,
    currency,
    amount AS pnl_amount,
    note
   FROM risk.current_measures
  WHERE (measure = 'stress_pnl'::text);

COMMENT ON VIEW report.stress_results IS 'What each scenario would make of each book and of the firm.';

CREATE VIEW report.suite_results AS
 SELECT r.business_date,
    r.suite,
    r.validated,
    r.run_count,
    r.evaluated_count,
    COALESCE(f.warning_count, (0)::bigint) AS warning_count,
    COALESCE(f.stop_count, (0)::bigint) AS stop_count
   FROM (( SELECT latest_quality_results.business_date,
            latest_quality_results.suite,
            latest_quality_results.validated,
            count(*) AS run_count,
            sum(latest_quality_results.evaluated_count) AS evaluated_count
           FROM report.latest_quality_results
          GROUP BY latest_quality_results.business_date, latest_quality_results.suite, latest_quality_results.validated) r
     LEFT JOIN ( SELECT quality_findings.business_date,
            quality_findings.suite,
            quality_findings.validated,
            count(*) FILTER (WHERE (NOT quality_findings.is_stop)) AS warning_count,
            count(*) FILTER (WHERE quality_findings.is_stop) AS stop_count
           FROM report.quality_findings
          GROUP BY quality_findings.business_date, quality_findings.suite, quality_findings.validated) f ON (((f.business_date = r.business_date) AND (f.suite = r.suite) AND (f.validated = r.validated))));

COMMENT ON VIEW report.suite_results IS 'Newest result of each suite: over the micro-batches that hold messages of the date, and over the whole date at close.';

CREATE VIEW report.top_anomalies AS
 SELECT business_date,
    rank,
    trade_id,
    version,
    score,
    is_flagged,
    components,
    symbol,
    account,
    counterparty_id,
    side,
    quantity,
    price,
    currency,
    executed_at
   FROM compliance.anomalies;

COMMENT ON VIEW report.top_anomalies IS 'The most unusual trades of a date: rank 1 first. components: per component score z, value, median, mad, points; an unscored component is left out. Ranks and explains; blocks nothing.';

CREATE VIEW report.trade_outcomes AS
 WITH open_breaks AS (
         SELECT breaks.business_date,
            breaks.trade_id,
            bool_or(("right"(breaks.break_type, 9) = '_mismatch'::text)) AS is_mismatched,
            bool_or(starts_with(breaks.break_type, 'missing_'::text)) AS is_unmatched
           FROM recon.breaks
          WHERE (breaks.status = 'OPEN'::text)
          GROUP BY breaks.business_date, breaks.trade_id
        )
 SELECT e.business_date,
    e.trade_id,
    e.asset_class,
    e.side,
    e.status,
    e.currency,
    e.quantity,
    e.notional,
    e.brokerage_fee,
    e.clearing_fee,
    e.exchange_fee,
        CASE
            WHEN (e.status = 'CANCELLED'::text) THEN 'cancelled'::text
            WHEN (m.trade_id IS NOT NULL) THEN 'matched'::text
            WHEN b.is_mismatched THEN 'mismatched'::text
            WHEN b.is_unmatched THEN 'unmatched'::text
            WHEN (p.trade_id IS NOT NULL) THEN 'pending'::text
            WHEN ((NOT s.expects_confirmation) AND (NOT s.expects_pnl_snapshot)) THEN 'not_expected'::text
            ELSE 'uncompared'::text
        END AS outcome,
    e.executed_at
   FROM ((((report.current_executions e
     LEFT JOIN recon.matches m ON (((m.business_date = e.business_date) AND (m.trade_id = e.trade_id))))
     LEFT JOIN open_breaks b ON (((b.business_date = e.business_date) AND (b.trade_id = e.trade_id))))
     LEFT JOIN recon.pending p ON (((p.business_date = e.business_date) AND (p.trade_id = e.trade_id))))
     LEFT JOIN reference.sources s ON ((s.source_id = e.source_id)))
UNION ALL
 SELECT b.business_date,
    b.trade_id,
    'UNKNOWN'::text AS asset_class,
    'UNKNOWN'::text AS side,
    'NO_EXECUTION'::text AS status,
    NULL::text AS currency,
    NULL::numeric AS quantity,
    NULL::numeric AS notional,
    NULL::numeric AS brokerage_fee,
    NULL::numeric AS clearing_fee,
    NULL::numeric AS exchange_fee,
    'unmatched'::text AS outcome,
    NULL::timestamp with time zone AS executed_at
   FROM recon.breaks b
  WHERE ((b.break_type = 'missing_execution'::text) AND (b.status = 'OPEN'::text) AND (NOT (EXISTS ( SELECT
           FROM trade.executions e
          WHERE ((e.business_date = b.business_date) AND (e.trade_id = b.trade_id))))));

COMMENT ON VIEW report.trade_outcomes IS 'Every trade of a date once, with exactly one outcome. A trade known only from a confirmation or snapshot has status NO_EXECUTION. uncompared must not occur after a close.';

CREATE VIEW report.trade_volumes AS
 SELECT business_date,
    subject_kind,
    subject,
    COALESCE(NULLIF(detail, ''::text), max(currency)) AS currency,
    max(amount) FILTER (WHERE (measure = 'trade_count'::text)) AS trade_count,
    max(amount) FILTER (WHERE (measure = 'traded_quantity'::text)) AS traded_quantity,
    max(amount) FILTER (WHERE (measure = 'traded_amount'::text)) AS traded_amount,
    max(amount) FILTER (WHERE (measure = 'average_quantity'::text)) AS average_quantity,
    max(amount) FILTER (WHERE (measure = 'average_amount'::text)) AS average_amount,
    max(note) AS note
   FROM risk.current_measures m
  WHERE (measure = ANY (ARRAY['trade_count'::text, 'traded_quantity'::text, 'traded_amount'::text, 'average_quantity'::text, 'average_amount'::text]))
  GROUP BY business_date, subject_kind, subject, detail;

COMMENT ON VIEW report.trade_volumes IS 'Trades of a date by instrument and currency (SYMBOL), by currency, and in all in the base currency (FIRM).';

CREATE TABLE trade.unplaced_records (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    record_type text NOT NULL,
    trade_id text NOT NULL,
    business_date date NOT NULL
);

COMMENT ON TABLE trade.unplaced_records IS 'Confirmations and snapshots that state no trade date and whose execution is not known yet: they stand under the date of their own instant, and move to the execution''s date when it arrives.';

CREATE VIEW report.unplaced_counts AS
 SELECT business_date,
    record_type,
    count(*) AS record_count
   FROM trade.unplaced_records
  GROUP BY business_date, record_type;

CREATE VIEW report.value_at_risk AS
 SELECT business_date,
    subject_kind,
    subject,
    max(currency) FILTER (WHERE (measure = 'value_at_risk'::text)) AS currency,
    max(amount) FILTER (WHERE (measure = 'value_at_risk'::text)) AS value_at_risk_amount,
    max(amount) FILTER (WHERE (measure = 'expected_shortfall'::text)) AS expected_shortfall_amount,
    max(amount) FILTER (WHERE (measure = 'scenario_count'::text)) AS scenario_count,
    max(note) FILTER (WHERE (measure = 'value_at_risk'::text)) AS method,
    max(amount) FILTER (WHERE (measure = 'hypothetical_pnl'::text)) AS hypothetical_pnl_amount,
    (max(amount) FILTER (WHERE (measure = 'var_exception'::text)) = (1)::numeric) AS is_exception,
    max(amount) FILTER (WHERE (measure = 'backtest_exceptions'::text)) AS exception_count,
    max(amount) FILTER (WHERE (measure = 'backtest_days'::text)) AS backtest_days,
    max(note) FILTER (WHERE (measure = 'backtest_plus_factor'::text)) AS zone,
    max(amount) FILTER (WHERE (measure = 'backtest_plus_factor'::text)) AS plus_factor
   FROM risk.current_measures m
  WHERE (measure = ANY (ARRAY['value_at_risk'::text, 'expected_shortfall'::text, 'scenario_count'::text, 'hypothetical_pnl'::text, 'var_exception'::text, 'backtest_exceptions'::text, 'backtest_days'::text, 'backtest_plus_factor'::text]))
  GROUP BY business_date, subject_kind, subject;

COMMENT ON VIEW report.value_at_risk IS 'Of each date the value at risk of books and firm, and beside it what the positions of the day before made until this date: is_exception compares that with the value at risk of the day before. The history of a subject is its rows by business_date. method says why there is no amount.';

CREATE VIEW report.warnings AS
 WITH flagged AS (
         SELECT executions.business_date,
            'execution'::text AS record_type,
            executions.flags
           FROM trade.executions
          WHERE (cardinality(executions.flags) > 0)
        UNION ALL
         SELECT confirmations.business_date,
            'confirmation'::text,
            confirmations.flags
           FROM trade.confirmations
          WHERE (cardinality(confirmations.flags) > 0)
        UNION ALL
         SELECT pnl_snapshots.business_date,
            'pnl_snapshot'::text,
            pnl_snapshots.flags
           FROM trade.pnl_snapshots
          WHERE (cardinality(pnl_snapshots.flags) > 0)
        UNION ALL
         SELECT marks.mark_date,
            'mark'::text,
            marks.flags
           FROM market.marks
          WHERE (cardinality(marks.flags) > 0)
        )
 SELECT flagged.business_date,
    flagged.record_type,
    flag.flag AS rule_name,
    count(*) AS record_count
   FROM (flagged
     CROSS JOIN LATERAL unnest(flagged.flags) flag(flag))
  GROUP BY flagged.business_date, flagged.record_type, flag.flag;

COMMENT ON VIEW report.warnings IS 'Accepted records that carry a warning, by rule.';

CREATE TABLE risk.collateral (
    collateral_id integer NOT NULL,
    holder_kind text NOT NULL,
    holder_id text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT collateral_holder_known CHECK ((holder_kind = ANY (ARRAY['NETTING_SET'::text, 'ACCOUNT'::text]))),
    CONSTRAINT collateral_not_zero CHECK ((amount <> (0)::numeric)),
    CONSTRAINT collateral_reason_given CHECK (((btrim(reason) <> ''::text) AND (btrim(recorded_by) <> ''::text)))
);

COMMENT ON TABLE risk.collateral IS 'Margin that came in (or went back, negative) in cash: its sum up to a date is what is held. A mistake is put right by a row of the opposite sign. Append-only.';

ALTER TABLE risk.collateral ALTER COLUMN collateral_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME risk.collateral_collateral_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE risk.counterparty_flows (
    business_date date NOT NULL,
    counterparty_id text NOT NULL,
    account text NOT NULL,
    symbol text NOT NULL,
    currency text NOT NULL,
    settlement_date date NOT NULL,
    asset_class text NOT NULL,
    trade_count bigint NOT NULL,
    bought_quantity numeric NOT NULL,
    sold_quantity numeric NOT NULL,
    bought_amount numeric NOT NULL,
    sold_amount numeric NOT NULL,
    fee_amount numeric NOT NULL
);

COMMENT ON TABLE risk.counterparty_flows IS 'What one business date adds to what is open with each counterparty, and to the cash of each account: sums of these rows cost the dates, whatever their trades.';

CREATE TABLE risk.flow_dates (
    business_date date NOT NULL,
    input_count bigint NOT NULL
);

COMMENT ON TABLE risk.flow_dates IS 'Dates whose flows stand in risk.counterparty_flows, and how many rows of control.received_counts they had then: with more of them now a date is built anew.';

CREATE VIEW risk.valued_flows AS
 SELECT f.business_date,
    f.counterparty_id,
    f.account,
    f.symbol,
    f.currency,
    f.settlement_date,
    f.asset_class,
    f.trade_count,
    f.bought_quantity,
    f.sold_quantity,
    (f.bought_amount * COALESCE(t.multiplier, (1)::numeric)) AS bought_amount,
    (f.sold_amount * COALESCE(t.multiplier, (1)::numeric)) AS sold_amount,
    f.fee_amount
   FROM (risk.counterparty_flows f
     LEFT JOIN reference.instrument_terms t ON ((t.symbol = f.symbol)));

COMMENT ON VIEW risk.valued_flows IS 'Flows at what a contract is worth by the terms of now, as marks are: a multiplier that is stated later holds for both.';

CREATE TABLE settlement.accounts (
    account_id integer NOT NULL,
    account_kind text NOT NULL,
    account_name text NOT NULL,
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT accounts_kind_known CHECK ((account_kind = ANY (ARRAY['HOUSE'::text, 'COUNTERPARTY'::text, 'CLEARING_HOUSE'::text, 'AUTHORITY'::text, 'ISSUER'::text])))
);

COMMENT ON TABLE settlement.accounts IS 'The accounts between which securities and cash move. HOUSE: an account of ours, as trades name it; COUNTERPARTY: all that one counterparty holds with us, named by its id; AUTHORITY: who levies fees and taxes; ISSUER: of an instrument, by its symbol: gives and takes what a split does. Append-only.';

ALTER TABLE settlement.accounts ALTER COLUMN account_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME settlement.accounts_account_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE settlement.acts (
    act_id integer NOT NULL,
    cause text NOT NULL,
    actor text NOT NULL,
    run_id text NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    CONSTRAINT acts_cause_is_a_sentence CHECK ((cause ~ '^[a-z][a-z0-9_]*$'::text))
);

COMMENT ON TABLE settlement.acts IS 'Who did something to many instructions at once, why and when: each instruction and each event names its act, so that a million rows say it by four bytes. cause: a sentence in snake case; actor: the step, or the person. Append-only.';

ALTER TABLE settlement.acts ALTER COLUMN act_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME settlement.acts_act_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW settlement.affirmations AS
 SELECT e.business_date,
    e.trade_id,
    e.version,
    m.market_id,
    e.asset_class,
    e.counterparty_id,
    x.cutoff_at,
        CASE
            WHEN (t.trade_id IS NOT NULL) THEN GREATEST(e.recorded_at, c.recorded_at)
            ELSE NULL::timestamp with time zone
        END AS affirmed_at,
    COALESCE(((t.trade_id IS NOT NULL) AND (GREATEST(e.recorded_at, c.recorded_at) <= x.cutoff_at)), false) AS is_in_time,
    x.rate_target
   FROM ((((((trade.executions e
     LEFT JOIN reference.instruments i ON ((i.symbol = e.symbol)))
     LEFT JOIN reference.sources o ON ((o.source_id = e.source_id)))
     JOIN reference.markets m ON ((m.market_id = COALESCE(i.market_id, o.market_id))))
     JOIN LATERAL ( SELECT ((e.business_date + a.cutoff_time) AT TIME ZONE m.timezone) AS cutoff_at,
            a.rate_target
           FROM reference.affirmation_cutoffs a
          WHERE ((a.market_id = m.market_id) AND (a.asset_class = e.asset_class) AND (a.effective_from <= e.business_date))
          ORDER BY a.effective_from DESC
         LIMIT 1) x ON (true))
     LEFT JOIN recon.matches t ON (((t.business_date = e.business_date) AND (t.trade_id = e.trade_id) AND (t.execution_version = e.version) AND (t.confirmation_version IS NOT NULL))))
     LEFT JOIN trade.confirmations c ON (((c.business_date = t.business_date) AND (c.trade_id = t.trade_id) AND (c.version = t.confirmation_version))))
  WHERE ((e.status <> 'CANCELLED'::text) AND o.expects_confirmation AND (NOT (EXISTS ( SELECT
           FROM trade.executions newer
          WHERE ((newer.business_date = e.business_date) AND (newer.trade_id = e.trade_id) AND (newer.version > e.version) AND (newer.version > 1))))));

COMMENT ON VIEW settlement.affirmations IS 'Each live trade that a cutoff applies to and whose source expects a confirmation. affirmed_at: when the later of the two records that match, execution and confirmation, was accepted; null while the trade does not match. is_in_time: by cutoff_at, inclusive. Ask by business_date.';

CREATE TABLE settlement.applied_statuses (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    sequence smallint NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL
);

COMMENT ON TABLE settlement.applied_statuses IS 'Which status made which event of its instruction. Append-only.';

CREATE TABLE settlement.blocks (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    run_id text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE settlement.blocks IS 'Block trades that matched once: they wait for their allocation. Append-only.';

CREATE TABLE settlement.chasers (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    age_business_days integer NOT NULL,
    addressee text NOT NULL,
    chased_on date NOT NULL,
    run_id text NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE settlement.chasers IS 'Which fails were chased at which age: once at each step. Append-only.';

CREATE TABLE settlement.penalties (
    penalty_id bigint NOT NULL,
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    penalty_date date NOT NULL,
    reverses_penalty_id bigint,
    counterparty_id text NOT NULL,
    house_account_id integer NOT NULL,
    payer text NOT NULL,
    reason text NOT NULL,
    type_of_fail text NOT NULL,
    symbol text,
    currency text NOT NULL,
    open_quantity numeric,
    open_amount numeric NOT NULL,
    reference_price numeric,
    price_date date,
    rate numeric,
    amount numeric,
    lacking text,
    run_id text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT penalties_amount_or_lacking CHECK (((amount IS NULL) = (lacking IS NOT NULL))),
    CONSTRAINT penalties_lacking_known CHECK ((lacking = ANY (ARRAY['reference_price'::text, 'penalty_rate'::text, 'overnight_rate'::text, 'failing_party'::text]))),
    CONSTRAINT penalties_payer_known CHECK ((payer = ANY (ARRAY['HOUSE'::text, 'COUNTERPARTY'::text, 'UNKNOWN'::text]))),
    CONSTRAINT penalties_sign CHECK (
CASE
    WHEN (reverses_penalty_id IS NULL) THEN (amount >= (0)::numeric)
    ELSE (amount <= (0)::numeric)
END),
    CONSTRAINT penalties_unknown_payer_pays_nothing CHECK (((payer <> 'UNKNOWN'::text) OR (amount IS NULL)))
);

COMMENT ON TABLE settlement.penalties IS 'What one business day of one fail costs, and whom: payer pays the other side. A correction is a row that takes back (reverses_penalty_id, amount negative) and a new one; the sum is always what is owed. What cannot be priced has no amount, and lacking says why. Append-only.';

COMMENT ON COLUMN settlement.penalties.rate IS 'Basis points a day; for lack of cash percent a year.';

CREATE TABLE settlement.penalty_statement_lines (
    penalty_id bigint NOT NULL,
    statement_id text NOT NULL
);

COMMENT ON TABLE settlement.penalty_statement_lines IS 'Which penalties a statement holds: each is stated once. Append-only.';

CREATE VIEW settlement.current_penalties AS
 SELECT p.penalty_id,
    p.instruction_id,
    p.settlement_date,
    p.penalty_date,
    p.reverses_penalty_id,
    p.counterparty_id,
    p.house_account_id,
    p.payer,
    p.reason,
    p.type_of_fail,
    p.symbol,
    p.currency,
    p.open_quantity,
    p.open_amount,
    p.reference_price,
    p.price_date,
    p.rate,
    p.amount,
    p.lacking,
    p.run_id,
    p.recorded_at,
        CASE p.payer
            WHEN 'HOUSE'::text THEN (- p.amount)
            ELSE p.amount
        END AS our_amount,
    l.statement_id
   FROM (settlement.penalties p
     LEFT JOIN settlement.penalty_statement_lines l USING (penalty_id))
  WHERE ((p.reverses_penalty_id IS NULL) AND (NOT (EXISTS ( SELECT
           FROM settlement.penalties r
          WHERE (r.reverses_penalty_id = p.penalty_id)))));

COMMENT ON VIEW settlement.current_penalties IS 'Each day of each fail at what it costs by all that is known now. our_amount: positive where the counterparty owes us.';

CREATE TABLE settlement.cycles (
    settlement_date date NOT NULL,
    open_count bigint,
    last_effective_on date NOT NULL,
    last_run_id text NOT NULL
);

COMMENT ON TABLE settlement.cycles IS 'Settlement dates that were run, and how many of their instructions were open afterwards: the next run looks at those with any. Null: one has come since.';

CREATE VIEW settlement.failing_events AS
 SELECT e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.act_id,
    e.settlement_date AS as_of_date
   FROM settlement.events e
  WHERE ((e.to_state = 'FAILING'::text) AND (e.kind = 'STATUS'::text) AND (e.effective_on = e.settlement_date))
UNION ALL
 SELECT e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.act_id,
    e.effective_on AS as_of_date
   FROM settlement.events e
  WHERE ((e.to_state = 'FAILING'::text) AND (e.kind = 'STATUS'::text) AND (e.effective_on <> e.settlement_date));

COMMENT ON VIEW settlement.failing_events IS 'Each mark of a fail, by its day: on the intended date itself by partition, later by index.';

CREATE VIEW settlement.fails AS
 SELECT f.as_of_date,
    f.instruction_id,
    f.settlement_date,
    i.purpose,
    i.subject_id,
    i.business_date,
    i.counterparty_id,
    i.account,
    i.house_account_id,
    i.market_id,
    i.asset_class,
    i.symbol,
    i.currency,
    i.direction,
    i.method,
    (i.quantity - COALESCE(s.quantity, (0)::numeric)) AS open_quantity,
    (abs(i.amount) - COALESCE(s.amount, (0)::numeric)) AS open_amount,
    COALESCE(s.quantity, (0)::numeric) AS settled_quantity,
    a.cause AS reason,
    r.failing_party,
    r.is_lack_of_cash,
    r.iso_reason,
    settlement.age_in_business_days(i.market_id, f.settlement_date, f.as_of_date) AS age_business_days,
    settlement.age_bucket(settlement.age_in_business_days(i.market_id, f.settlement_date, f.as_of_date)) AS age_bucket
   FROM ((((settlement.failing_events f
     JOIN settlement.instructions i ON (((i.settlement_date = f.settlement_date) AND (i.instruction_id = f.instruction_id))))
     JOIN settlement.acts a ON ((a.act_id = f.act_id)))
     LEFT JOIN LATERAL ( SELECT n.failing_party,
            n.is_lack_of_cash,
            n.iso_reason
           FROM reference.fail_reasons n
          WHERE (n.reason = ANY (ARRAY[a.cause, '*'::text]))
          ORDER BY (n.reason = '*'::text)
         LIMIT 1) r ON (true))
     LEFT JOIN LATERAL ( SELECT sum(
                CASE m.kind
                    WHEN 'REVERSAL'::text THEN (- m.quantity)
                    ELSE m.quantity
                END) AS quantity,
            sum(
                CASE m.kind
                    WHEN 'REVERSAL'::text THEN (- m.amount)
                    ELSE m.amount
                END) AS amount,
            bool_or((m.to_state = ANY (ARRAY['SETTLED'::text, 'CANCELLED'::text]))) AS is_ended,
            max(m.sequence) FILTER (WHERE ((m.to_state = 'FAILING'::text) AND (m.effective_on = f.as_of_date))) AS last_sequence
           FROM settlement.events m
          WHERE ((m.settlement_date = f.settlement_date) AND (m.instruction_id = f.instruction_id) AND (m.effective_on <= f.as_of_date))) s ON (true))
  WHERE ((s.last_sequence = f.sequence) AND (NOT s.is_ended));

COMMENT ON VIEW settlement.fails IS 'Instructions that had not settled at the end of a settlement day, with what was open of them then. Ask by as_of_date; a past day always answers the same.';

CREATE VIEW settlement.failed_flows AS
 SELECT f.as_of_date,
    f.counterparty_id,
    f.symbol,
    f.currency,
        CASE f.direction
            WHEN 'RECEIVE'::text THEN f.open_quantity
            ELSE (0)::numeric
        END AS bought_quantity,
        CASE f.direction
            WHEN 'RECEIVE'::text THEN (0)::numeric
            ELSE f.open_quantity
        END AS sold_quantity,
        CASE f.direction
            WHEN 'RECEIVE'::text THEN f.open_amount
            ELSE (0)::numeric
        END AS bought_amount,
        CASE f.direction
            WHEN 'RECEIVE'::text THEN (0)::numeric
            ELSE f.open_amount
        END AS sold_amount
   FROM (settlement.fails f
     JOIN settlement.accounts a ON ((a.account_id = f.house_account_id)))
  WHERE ((f.purpose = ANY (ARRAY['TRADE'::text, 'ALLOCATION'::text, 'NET'::text])) AND (f.symbol IS NOT NULL) AND (a.account_kind = 'HOUSE'::text));

COMMENT ON VIEW settlement.failed_flows IS 'What was due by a date and is still owed on it, in the form of flows; of what was netted the net, our side of it.';

CREATE TABLE settlement.fees_not_computed (
    business_date date NOT NULL,
    market_id text NOT NULL,
    asset_class text NOT NULL,
    fee_type text NOT NULL,
    trade_count bigint NOT NULL
);

COMMENT ON TABLE settlement.fees_not_computed IS 'Live trades of a charged date that a fee was not computed for: one whose rates fit them by scope, but none on their date; ANY: no rate of any type fits them.';

CREATE TABLE settlement.flow_mark (
    last_act_id integer NOT NULL,
    is_only_row boolean DEFAULT true NOT NULL,
    CONSTRAINT flow_mark_has_one_row CHECK (is_only_row)
);

COMMENT ON TABLE settlement.flow_mark IS 'Up to which act the events are in settlement.settled_flows.';

CREATE TABLE settlement.holds (
    hold_id integer NOT NULL,
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    cause text NOT NULL,
    placed_act_id integer NOT NULL,
    released_act_id integer,
    CONSTRAINT holds_cause_is_a_sentence CHECK ((cause ~ '^[a-z][a-z0-9_]*$'::text)),
    CONSTRAINT holds_released_later CHECK ((released_act_id > placed_act_id))
);

COMMENT ON TABLE settlement.holds IS 'Instructions that must not settle, and why: the trade no longer matches, or a person said so. What has no released_act_id holds.';

ALTER TABLE settlement.holds ALTER COLUMN hold_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME settlement.holds_hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW settlement.instructed_movements AS
 SELECT instruction_id,
    settlement_date,
        CASE method
            WHEN 'PVP'::text THEN NULL::text
            ELSE symbol
        END AS symbol,
    delivered_currency,
    quantity,
        CASE
            WHEN (quantity IS NULL) THEN NULL::integer
            WHEN (direction = 'DELIVER'::text) THEN house_account_id
            ELSE counterparty_account_id
        END AS deliverer_id,
        CASE
            WHEN (quantity IS NULL) THEN NULL::integer
            WHEN (direction = 'DELIVER'::text) THEN counterparty_account_id
            ELSE house_account_id
        END AS receiver_id,
        CASE
            WHEN (amount <> (0)::numeric) THEN currency
            ELSE NULL::text
        END AS currency,
    NULLIF(abs(amount), (0)::numeric) AS amount,
        CASE
            WHEN (amount = (0)::numeric) THEN NULL::integer
            WHEN ((direction = 'RECEIVE'::text) = (amount > (0)::numeric)) THEN house_account_id
            ELSE counterparty_account_id
        END AS payer_id,
        CASE
            WHEN (amount = (0)::numeric) THEN NULL::integer
            WHEN ((direction = 'RECEIVE'::text) = (amount > (0)::numeric)) THEN counterparty_account_id
            ELSE house_account_id
        END AS payee_id
   FROM settlement.instructions;

COMMENT ON VIEW settlement.instructed_movements IS 'What each instruction moves when it settles in whole, as the columns of settlement.events.';

CREATE TABLE settlement.instruction_counter (
    next_instruction_id bigint NOT NULL,
    is_only_row boolean DEFAULT true NOT NULL,
    CONSTRAINT instruction_counter_has_one_row CHECK (is_only_row)
);

COMMENT ON TABLE settlement.instruction_counter IS 'The next free instruction_id; taken in blocks by settlement.reserve_instruction_ids.';

CREATE VIEW settlement.instruction_events AS
 SELECT i.instruction_id,
    i.settlement_date,
    (0)::smallint AS sequence,
    'STATUS'::text AS kind,
    NULL::text AS from_state,
    'INSTRUCTED'::text AS to_state,
    NULL::numeric AS quantity,
    NULL::numeric AS amount,
    NULL::text AS currency,
    NULL::smallint AS reverses_sequence,
    a.occurred_at,
    (a.occurred_at)::date AS effective_on,
    a.cause,
    a.actor,
    a.run_id
   FROM (settlement.instructions i
     JOIN settlement.acts a USING (act_id))
UNION ALL
 SELECT e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.kind,
    e.from_state,
    e.to_state,
    e.quantity,
    e.amount,
    e.currency,
    e.reverses_sequence,
    a.occurred_at,
    e.effective_on,
    a.cause,
    a.actor,
    a.run_id
   FROM (settlement.events e
     JOIN settlement.acts a USING (act_id));

COMMENT ON VIEW settlement.instruction_events IS 'The whole life of each instruction: every transition with its time, cause and actor.';

CREATE VIEW settlement.instruction_states AS
 SELECT i.instruction_id,
    i.settlement_date,
    i.business_date,
    i.act_id,
    i.subject_version,
    i.part_number,
    i.standing_instruction_id,
    i.house_account_id,
    i.counterparty_account_id,
    i.purpose,
    i.subject_id,
    i.direction,
    i.method,
    i.symbol,
    i.delivered_currency,
    i.asset_class,
    i.market_id,
    i.currency,
    i.counterparty_id,
    i.account,
    i.strategy,
    i.quantity,
    i.amount,
    COALESCE(e.sequence, (0)::smallint) AS last_sequence,
    COALESCE(e.to_state, 'INSTRUCTED'::text) AS state,
    COALESCE(e.act_id, i.act_id) AS last_act_id,
    e.effective_on AS last_effective_on,
    COALESCE(s.quantity, (0)::numeric) AS settled_quantity,
    COALESCE(s.amount, (0)::numeric) AS settled_amount,
    e.net_instruction_id
   FROM ((settlement.instructions i
     LEFT JOIN settlement.events e ON (((e.settlement_date = i.settlement_date) AND (e.instruction_id = i.instruction_id) AND (NOT (EXISTS ( SELECT
           FROM settlement.events later
          WHERE ((later.settlement_date = e.settlement_date) AND (later.instruction_id = e.instruction_id) AND (later.sequence > e.sequence) AND (later.sequence > 1))))))))
     LEFT JOIN LATERAL ( SELECT e.quantity,
            e.amount
          WHERE (e.sequence = 1)
        UNION ALL
         SELECT sum(
                CASE a.kind
                    WHEN 'REVERSAL'::text THEN (- a.quantity)
                    ELSE a.quantity
                END) AS sum,
            sum(
                CASE a.kind
                    WHEN 'REVERSAL'::text THEN (- a.amount)
                    ELSE a.amount
                END) AS sum
           FROM settlement.events a
          WHERE ((e.sequence > 1) AND (a.settlement_date = e.settlement_date) AND (a.instruction_id = e.instruction_id))
         HAVING (e.sequence > 1)) s ON (true));

COMMENT ON VIEW settlement.instruction_states IS 'Each instruction where it stands now: state, last event, and what of it has settled (without signs; amount as it is paid). What is netted is SETTLED here as soon as the legs of net_instruction_id stand for it; where those are, settlement.net_states says. Ask by settlement_date.';

CREATE TABLE settlement.late_instructions (
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    counts_from date NOT NULL,
    CONSTRAINT late_instructions_are_late CHECK ((counts_from > settlement_date))
);

COMMENT ON TABLE settlement.late_instructions IS 'Instructions that came when their settlement date had been settled already, or when a settled instruction of the same trade had to be taken back: they neither settle nor fail before counts_from, the day on which they were known. Their age counts from the intended date all the same. Append-only.';

CREATE VIEW settlement.ledger_entries AS
 SELECT e.settlement_date,
    e.instruction_id,
    e.sequence,
    e.effective_on,
    e.act_id,
    side.account_id,
    side.asset_kind,
    side.asset,
    side.amount
   FROM (settlement.events e
     CROSS JOIN LATERAL ( VALUES (e.deliverer_id,'SECURITY'::text,e.symbol,(- e.quantity)), (e.receiver_id,'SECURITY'::text,e.symbol,e.quantity), (e.deliverer_id,'CASH'::text,e.delivered_currency,(- e.quantity)), (e.receiver_id,'CASH'::text,e.delivered_currency,e.quantity), (e.payer_id,'CASH'::text,e.currency,(- e.amount)), (e.payee_id,'CASH'::text,e.currency,e.amount)) side(account_id, asset_kind, asset, amount))
  WHERE (side.asset IS NOT NULL);

COMMENT ON VIEW settlement.ledger_entries IS 'The movements as signed lines: per account and instrument or currency, minus what leaves, plus what comes.';

CREATE TABLE settlement.marked_fails (
    net_instruction_id bigint NOT NULL,
    instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    mark_price numeric NOT NULL,
    mark_date date NOT NULL,
    marked_amount numeric NOT NULL,
    mark_payment numeric NOT NULL,
    act_id integer NOT NULL
);

COMMENT ON TABLE settlement.marked_fails IS 'What was due before the day of the net that took it up, at the mark of that day. Append-only.';

COMMENT ON COLUMN settlement.marked_fails.marked_amount IS 'Quantity still due x mark, rounded: what the net pays for it. Signs are those of the party in house_account_id: plus, it pays.';

COMMENT ON COLUMN settlement.marked_fails.mark_payment IS 'marked_amount less the amount still due: paid back at once (purpose MARK), so that delivery at the mark and this payment together are what was agreed.';

CREATE TABLE settlement.net_instructions (
    net_instruction_id bigint NOT NULL,
    settlement_date date NOT NULL,
    agreement text NOT NULL,
    method text NOT NULL,
    centre_account_id integer,
    act_id integer NOT NULL,
    CONSTRAINT net_instructions_centre_fits_method CHECK (((centre_account_id IS NULL) = (method = 'BILATERAL'::text))),
    CONSTRAINT net_instructions_method_known CHECK ((method = ANY (ARRAY['BILATERAL'::text, 'PAYMENT'::text, 'CENTRAL'::text])))
);

COMMENT ON TABLE settlement.net_instructions IS 'What is netted together: all that one agreement nets on one day. The gross points at it by its event NETTED; its legs (purposes NET and MARK) by their subject_id. Append-only.';

COMMENT ON COLUMN settlement.net_instructions.centre_account_id IS 'The netting centre between the members; null: between the two parties themselves.';

CREATE VIEW settlement.net_legs AS
 SELECT n.net_instruction_id,
    n.settlement_date AS netted_on,
    n.agreement,
    n.method AS netting_method,
    n.centre_account_id,
    i.instruction_id,
    i.settlement_date,
    i.purpose,
    i.subject_version,
    i.part_number,
    i.house_account_id,
    i.counterparty_account_id,
    i.account,
    i.counterparty_id,
    i.method,
    i.symbol,
    i.currency,
    ((
        CASE i.direction
            WHEN 'RECEIVE'::text THEN 1
            ELSE '-1'::integer
        END)::numeric * i.quantity) AS received_quantity,
    ((
        CASE i.direction
            WHEN 'RECEIVE'::text THEN 1
            ELSE '-1'::integer
        END)::numeric * i.amount) AS paid_amount,
    i.state,
    i.last_sequence,
    i.settled_quantity,
    i.settled_amount,
    i.last_effective_on,
    i.net_instruction_id AS carried_to
   FROM (settlement.net_instructions n
     JOIN settlement.instruction_states i ON (((i.settlement_date = n.settlement_date) AND (i.subject_id = (n.net_instruction_id)::text) AND (i.purpose = ANY (ARRAY['NET'::text, 'MARK'::text])))));

COMMENT ON VIEW settlement.net_legs IS 'What each net delivers and pays, and where it stands; what was netted anew is CANCELLED. MARK: the mark to market of what was due before. carried_to: the later net that took up what stayed open of it. Ask by netted_on.';

CREATE VIEW settlement.net_states AS
 WITH RECURSIVE positions AS MATERIALIZED (
         SELECT net_legs.net_instruction_id,
            net_legs.house_account_id,
            net_legs.counterparty_account_id,
            net_legs.symbol,
            net_legs.currency,
            min(array_position(settlement.stages(), net_legs.state)) AS stage,
            max(net_legs.last_effective_on) AS last_effective_on,
            max(net_legs.carried_to) AS carried_to
           FROM settlement.net_legs
          WHERE ((net_legs.purpose = 'NET'::text) AND (net_legs.state <> 'CANCELLED'::text))
          GROUP BY net_legs.net_instruction_id, net_legs.house_account_id, net_legs.counterparty_account_id, net_legs.symbol, net_legs.currency
        ), followed AS (
         SELECT positions.net_instruction_id,
            positions.house_account_id,
            positions.counterparty_account_id,
            positions.symbol,
            positions.currency,
            positions.stage,
            positions.last_effective_on,
            positions.carried_to
           FROM positions
        UNION ALL
         SELECT f.net_instruction_id,
            f.house_account_id,
            f.counterparty_account_id,
            f.symbol,
            f.currency,
            COALESCE(p.stage, m.stage, array_position(settlement.stages(), 'SETTLED'::text)) AS "coalesce",
            COALESCE(p.last_effective_on, m.last_effective_on, f.last_effective_on) AS "coalesce",
            COALESCE(p.carried_to, m.carried_to) AS "coalesce"
           FROM ((followed f
             LEFT JOIN positions p ON ((((p.net_instruction_id = f.carried_to) AND (p.house_account_id = f.house_account_id) AND (p.counterparty_account_id = f.counterparty_account_id) AND (p.symbol = f.symbol)) AND (p.currency = f.currency))))
             LEFT JOIN positions m ON ((((m.net_instruction_id = f.carried_to) AND (m.house_account_id = f.house_account_id) AND (m.counterparty_account_id = f.counterparty_account_id)) AND (m.currency = f.currency) AND (m.symbol IS NULL))))
          WHERE (f.carried_to IS NOT NULL)
        )
 SELECT net_instruction_id,
    house_account_id,
    counterparty_account_id,
    symbol,
    currency,
    stage,
    (settlement.stages())[stage] AS state,
    last_effective_on
   FROM followed
  WHERE (carried_to IS NULL);

COMMENT ON VIEW settlement.net_states IS 'Where the legs of each net stand between two accounts, by instrument (null: the money alone) and currency; a leg that a later net took up stands where that net''s stands. All nets: they are few. stage: the place of state in settlement.stages.';

CREATE TABLE settlement.netted_dates (
    net_instruction_id bigint NOT NULL,
    settlement_date date NOT NULL
);

COMMENT ON TABLE settlement.netted_dates IS 'On which settlement dates the gross of a net may lie: the partitions to look at. Append-only.';

CREATE VIEW settlement.netted_instructions AS
 SELECT n.net_instruction_id,
    n.settlement_date AS netted_on,
    n.agreement,
    n.method AS netting_method,
    n.centre_account_id,
    i.instruction_id,
    i.settlement_date,
    i.purpose,
    i.subject_id,
    i.house_account_id,
    i.counterparty_account_id,
    i.counterparty_id,
    i.method,
    i.symbol,
    i.delivered_currency,
    i.currency,
    ((
        CASE i.direction
            WHEN 'RECEIVE'::text THEN 1
            ELSE '-1'::integer
        END)::numeric * (i.quantity - COALESCE(s.quantity, (0)::numeric))) AS received_quantity,
    ((
        CASE i.direction
            WHEN 'RECEIVE'::text THEN 1
            ELSE '-1'::integer
        END)::numeric * (i.amount - (sign(i.amount) * COALESCE(s.amount, (0)::numeric)))) AS paid_amount,
    e.from_state
   FROM ((((settlement.net_instructions n
     JOIN settlement.netted_dates d USING (net_instruction_id))
     JOIN settlement.events e ON (((e.settlement_date = d.settlement_date) AND (e.net_instruction_id = n.net_instruction_id))))
     JOIN settlement.instructions i ON (((i.settlement_date = e.settlement_date) AND (i.settlement_date = d.settlement_date) AND (i.instruction_id = e.instruction_id))))
     LEFT JOIN LATERAL ( SELECT sum(p.quantity) AS quantity,
            sum(p.amount) AS amount
           FROM settlement.events p
          WHERE ((e.sequence > 1) AND (p.settlement_date = e.settlement_date) AND (p.instruction_id = e.instruction_id) AND (p.kind = 'SETTLEMENT'::text))) s ON (true))
  WHERE (NOT (EXISTS ( SELECT
           FROM settlement.events r
          WHERE ((r.settlement_date = e.settlement_date) AND (r.instruction_id = e.instruction_id) AND (r.reverses_sequence = e.sequence)))));

COMMENT ON VIEW settlement.netted_instructions IS 'The gross behind each net, with what was still due of it: received_quantity and paid_amount are signed as the party in house_account_id sees them. Ask by net_instruction_id or netted_on.';

CREATE VIEW settlement.netting_savings AS
 WITH moves AS (
         SELECT g.netted_on,
            g.agreement,
            g.netting_method,
            g.centre_account_id,
            g.counterparty_id,
            a.currency,
            false AS is_net,
            a.move_count,
            a.amount
           FROM (settlement.netted_instructions g
             CROSS JOIN LATERAL ( VALUES (g.currency,(((g.paid_amount <> (0)::numeric))::integer + COALESCE((((g.delivered_currency IS NULL) AND (g.received_quantity <> (0)::numeric)))::integer, 0)),abs(g.paid_amount)), (g.delivered_currency,((g.received_quantity <> (0)::numeric))::integer,abs(g.received_quantity))) a(currency, move_count, amount))
          WHERE ((g.house_account_id IS DISTINCT FROM g.centre_account_id) AND (a.currency IS NOT NULL))
        UNION ALL
         SELECT l.netted_on,
            l.agreement,
            l.netting_method,
            l.centre_account_id,
            l.counterparty_id,
            l.currency,
            true,
            (((l.paid_amount <> (0)::numeric))::integer + COALESCE(((l.received_quantity <> (0)::numeric))::integer, 0)),
            abs(l.paid_amount) AS abs
           FROM settlement.net_legs l
          WHERE ((l.house_account_id IS DISTINCT FROM l.centre_account_id) AND (l.purpose = 'NET'::text) AND (l.state <> 'CANCELLED'::text))
        ), sums AS (
         SELECT m.netted_on,
            m.netting_method,
            m.agreement,
            COALESCE(c.account_name, m.counterparty_id) AS counterparty_id,
            m.currency,
            COALESCE(sum(m.move_count) FILTER (WHERE (NOT m.is_net)), (0)::bigint) AS gross_count,
            COALESCE(sum(m.amount) FILTER (WHERE (NOT m.is_net)), (0)::numeric) AS gross_value,
            COALESCE(sum(m.move_count) FILTER (WHERE m.is_net), (0)::bigint) AS net_count,
            COALESCE(sum(m.amount) FILTER (WHERE m.is_net), (0)::numeric) AS net_value
           FROM (moves m
             LEFT JOIN settlement.accounts c ON ((c.account_id = m.centre_account_id)))
          GROUP BY m.netted_on, m.netting_method, m.agreement, COALESCE(c.account_name, m.counterparty_id), m.currency
        )
 SELECT netted_on AS settlement_date,
    netting_method,
    agreement,
    counterparty_id,
    currency,
    gross_count,
    gross_value,
    net_count,
    net_value,
    (gross_count - net_count) AS saved_count,
    (gross_value - net_value) AS saved_value,
    round((((100)::numeric * (gross_value - net_value)) / NULLIF(gross_value, (0)::numeric)), 2) AS saved_percent
   FROM sums;

COMMENT ON VIEW settlement.netting_savings IS 'What netting saved us, per day, agreement, whom we settle with instead (the centre, else the counterparty) and currency: moves and money that there would have been gross, and that there are net. A delivery is a move, and so is a payment, on both sides. What a centre marks to market is no move of the net (settlement.marked_fails). What others settle with a centre is theirs. An exchange of currencies counts in both. saved_percent: of the value. Ask by settlement_date.';

CREATE VIEW settlement.told_statuses AS
 SELECT s.topic,
    s.partition,
    s.message_offset,
    s.batch_id,
    s.business_date,
    s.instruction_reference,
    s.settlement_date,
    s.status,
    s.reason_code,
    s.settled_quantity,
    s.settled_amount,
    s.currency,
    s.settled_on,
    s.depository_id,
    s.status_at,
    s.flags,
    s.message_at,
    s.recorded_at,
    c.state,
    c.scheme,
    c.meaning,
    array_position(ARRAY['CANCELLED'::text, 'SETTLED'::text, 'PARTIALLY_SETTLED'::text, 'FAILING'::text, 'REJECTED'::text, 'PENDING'::text, 'MATCHED'::text, 'UNMATCHED'::text, 'INSTRUCTED'::text], c.state) AS state_rank
   FROM (settlement.statuses s
     JOIN reference.status_codes c ON ((c.code = s.status)));

COMMENT ON VIEW settlement.told_statuses IS 'Every status with the state that it means. What holds now is the first by status_at desc, state_rank, status, whatever came in which order.';

CREATE VIEW settlement.open_status_conflicts AS
 SELECT DISTINCT ON (c.business_date, c.subject_id) c.business_date,
    c.subject_id AS instruction_reference,
    c.kept_terms,
    c.refused_terms
   FROM (settlement.record_conflicts c
     JOIN reference.status_codes k ON ((k.code = (c.content ->> 'status'::text))))
  WHERE ((c.subject_kind = 'INSTRUCTION'::text) AND (NOT (EXISTS ( SELECT
           FROM settlement.told_statuses s
          WHERE ((s.instruction_reference = c.subject_id) AND (s.status_at > ((c.content ->> 'status_at'::text))::timestamp with time zone) AND ((k.state <> ALL (ARRAY['SETTLED'::text, 'PARTIALLY_SETTLED'::text])) OR (s.state = ANY (ARRAY['SETTLED'::text, 'PARTIALLY_SETTLED'::text, 'CANCELLED'::text]))))))))
  ORDER BY c.business_date, c.subject_id, c.recorded_at, c.message_offset;

COMMENT ON VIEW settlement.open_status_conflicts IS 'Statuses told twice in other terms, the first of each instruction and day, until a later word of the depository makes the difference moot: of what has settled, a later settlement or a cancellation; of anything else, any later status.';

CREATE TABLE settlement.open_statuses (
    instruction_reference text NOT NULL,
    is_new boolean DEFAULT true NOT NULL
);

COMMENT ON TABLE settlement.open_statuses IS 'Instructions whose statuses are to be looked at: new ones, and those that left something open.';

CREATE VIEW settlement.order_terms AS
 SELECT o.order_key,
    o.business_date,
    o.symbol,
    o.counterparty_id,
    i.currency AS instrument_currency,
    m.settlement_calendar,
    COALESCE(own.method, other.method) AS method,
    (i.symbol IS NOT NULL) AS is_instrument_known,
    (p.counterparty_id IS NOT NULL) AS is_counterparty_known,
    own_terms.currency,
    ((o.price * o.quantity) * COALESCE(t.multiplier, (1)::numeric)) AS amount
   FROM (((((((trade.orders o
     LEFT JOIN reference.instruments i ON ((i.symbol = o.symbol)))
     LEFT JOIN reference.instrument_terms t ON ((t.symbol = o.symbol)))
     LEFT JOIN reference.counterparties p ON ((p.counterparty_id = o.counterparty_id)))
     LEFT JOIN reference.markets m ON ((m.market_id = COALESCE(i.settlement_market_id, i.market_id))))
     LEFT JOIN reference.settlement_methods own ON (((own.asset_class = i.asset_class) AND (own.market_id = m.market_id))))
     LEFT JOIN reference.settlement_methods other ON (((other.asset_class = i.asset_class) AND (other.market_id = '*'::text))))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN ('currency_not_stated'::text = ANY (o.flags)) THEN COALESCE(i.currency, o.currency)
                    ELSE o.currency
                END AS currency) own_terms);

COMMENT ON VIEW settlement.order_terms IS 'Every order with what reference data says of it now; amount: price times quantity times the multiplier of its instrument, in currency.';

CREATE VIEW settlement.wrong_order_terms AS
 SELECT t.order_key,
    t.business_date,
    w.break_type,
    w.expected_value,
    w.actual_value
   FROM (settlement.order_terms t
     CROSS JOIN LATERAL ( VALUES ('order_terms_instrument_unknown'::text,'an instrument of reference data'::text,t.symbol,(NOT t.is_instrument_known)), ('order_terms_counterparty_unknown'::text,'a counterparty of reference data'::text,t.counterparty_id,(NOT t.is_counterparty_known)), ('order_terms_currency_differs'::text,t.instrument_currency,t.currency,(t.currency <> t.instrument_currency)), ('order_terms_no_delivery_against_payment'::text,'DVP'::text,COALESCE(t.method, 'none'::text),(t.is_instrument_known AND (t.method IS DISTINCT FROM 'DVP'::text)))) w(break_type, expected_value, actual_value, is_wrong))
  WHERE w.is_wrong;

COMMENT ON VIEW settlement.wrong_order_terms IS 'Why orders cannot settle as securities against cash, each a type of break; none for a good order.';

CREATE TABLE trade.held_orders (
    order_key text NOT NULL,
    business_date date NOT NULL,
    held_since timestamp with time zone NOT NULL
);

COMMENT ON TABLE trade.held_orders IS 'Confirmed orders whose terms cannot settle: nothing of them moves, and each is a break (settlement.wrong_order_terms says why). They settle in the first run that finds them mended.';

CREATE TABLE trade.open_orders (
    order_key text NOT NULL,
    business_date date NOT NULL,
    due_at timestamp with time zone NOT NULL,
    is_new boolean DEFAULT true NOT NULL,
    overdue_since timestamp with time zone
);

COMMENT ON TABLE trade.open_orders IS 'Orders that wait for an answer. Past due_at they are breaks.';

CREATE TABLE trade.open_responses (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    due_at timestamp with time zone NOT NULL,
    is_new boolean DEFAULT true NOT NULL,
    overdue_since timestamp with time zone
);

COMMENT ON TABLE trade.open_responses IS 'Answers that wait for their order. Past due_at they are breaks.';

CREATE TABLE trade.order_outcomes (
    order_key text NOT NULL,
    business_date date NOT NULL,
    outcome text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    decided_at timestamp with time zone NOT NULL,
    run_id text NOT NULL,
    CONSTRAINT order_outcomes_outcome_known CHECK ((outcome = ANY (ARRAY['CONFIRMED'::text, 'REJECTED'::text])))
);

COMMENT ON TABLE trade.order_outcomes IS 'Which answer decided an order: once. A confirmed order settles in the same transaction.';

CREATE VIEW settlement.order_flaws AS
 SELECT o.business_date,
    o.order_key AS subject_id,
    'order_rejected'::text AS break_type,
    'CONFIRM'::text AS expected_value,
    concat_ws(': '::text, 'REJECT', r.reason) AS actual_value,
    t.amount AS exposure_amount,
    t.currency,
    o.counterparty_id,
    o.symbol,
    NULL::timestamp with time zone AS due_at,
    d.decided_at AS known_at
   FROM (((trade.order_outcomes d
     JOIN trade.orders o USING (order_key, business_date))
     JOIN settlement.order_terms t USING (order_key, business_date))
     JOIN trade.order_responses r ON (((r.topic = d.topic) AND (r.partition = d.partition) AND (r.message_offset = d.message_offset))))
  WHERE (d.outcome = 'REJECTED'::text)
UNION ALL
 SELECT o.business_date,
    o.order_key AS subject_id,
    'order_not_answered'::text AS break_type,
    'an answer in time'::text AS expected_value,
    'none'::text AS actual_value,
    t.amount AS exposure_amount,
    t.currency,
    o.counterparty_id,
    o.symbol,
    w.due_at,
    o.recorded_at AS known_at
   FROM ((trade.open_orders w
     JOIN trade.orders o USING (order_key, business_date))
     JOIN settlement.order_terms t USING (order_key, business_date))
  WHERE (w.overdue_since IS NULL)
UNION ALL
 SELECT h.business_date,
    h.order_key AS subject_id,
    w.break_type,
    w.expected_value,
    w.actual_value,
    t.amount AS exposure_amount,
    t.currency,
    t.counterparty_id,
    t.symbol,
    h.held_since AS due_at,
    h.held_since AS known_at
   FROM ((trade.held_orders h
     JOIN settlement.order_terms t USING (order_key, business_date))
     JOIN settlement.wrong_order_terms w USING (order_key, business_date))
UNION ALL
 SELECT r.business_date,
    COALESCE(r.order_id, concat_ws('/'::text, r.topic, r.partition, r.message_offset)) AS subject_id,
    'answer_without_order'::text AS break_type,
    concat_ws(', but the one of '::text, 'an order that waits', s.decision) AS expected_value,
    r.response AS actual_value,
    NULL::numeric AS exposure_amount,
    NULL::text AS currency,
    r.counterparty_id,
    NULL::text AS symbol,
    w.due_at,
    r.recorded_at AS known_at
   FROM ((trade.open_responses w
     JOIN trade.order_responses r USING (topic, partition, message_offset))
     LEFT JOIN LATERAL ( SELECT d.business_date,
            format('%s was %s before'::text, d.business_date,
                CASE d.outcome
                    WHEN 'CONFIRMED'::text THEN 'confirmed'::text
                    ELSE 'rejected'::text
                END) AS decision
           FROM trade.order_outcomes d
          WHERE ((d.order_key = r.order_id) AND (d.business_date <= r.business_date))
          ORDER BY d.business_date DESC
         LIMIT 1) s ON (true))
  WHERE ((w.overdue_since IS NULL) AND (s.business_date IS DISTINCT FROM r.business_date))
UNION ALL
 SELECT d.business_date,
    d.order_key AS subject_id,
    'order_conflict'::text AS break_type,
    concat_ws(', '::text, ('reason='::text || a.reason), ('response='::text || a.response)) AS expected_value,
    concat_ws(', '::text, ('reason='::text || r.reason), ('response='::text || r.response)) AS actual_value,
    NULL::numeric AS exposure_amount,
    NULL::text AS currency,
    r.counterparty_id,
    NULL::text AS symbol,
    r.recorded_at AS due_at,
    r.recorded_at AS known_at
   FROM (((trade.open_responses w
     JOIN trade.order_responses r USING (topic, partition, message_offset))
     JOIN trade.order_outcomes d ON (((d.order_key = r.order_id) AND (d.business_date = r.business_date))))
     JOIN trade.order_responses a ON (((a.topic = d.topic) AND (a.partition = d.partition) AND (a.message_offset = d.message_offset))))
  WHERE ((w.overdue_since IS NULL) AND (a.response <> r.response))
UNION ALL
 SELECT c.business_date,
    c.order_id AS subject_id,
    'order_conflict'::text AS break_type,
    c.kept_terms AS expected_value,
    c.refused_terms AS actual_value,
    NULL::numeric AS exposure_amount,
    NULL::text AS currency,
    NULL::text AS counterparty_id,
    NULL::text AS symbol,
    NULL::timestamp with time zone AS due_at,
    c.recorded_at AS known_at
   FROM trade.order_conflicts c;

COMMENT ON VIEW settlement.order_flaws IS 'Breaks of orders as they follow from the records; due_at: from when on it is one.';

CREATE VIEW settlement.order_states AS
 SELECT o.business_date,
    o.order_key,
    o.symbol,
    o.side,
    o.quantity,
    o.price,
    t.currency,
    o.counterparty_id,
    o.account,
    o.ordered_at,
        CASE
            WHEN (h.order_key IS NOT NULL) THEN 'HELD'::text
            WHEN (d.outcome IS NOT NULL) THEN d.outcome
            WHEN (w.overdue_since IS NULL) THEN 'WAITING'::text
            ELSE 'OVERDUE'::text
        END AS state,
    d.decided_at,
    t.amount
   FROM ((((trade.orders o
     JOIN settlement.order_terms t USING (order_key, business_date))
     LEFT JOIN trade.held_orders h USING (order_key, business_date))
     LEFT JOIN trade.order_outcomes d USING (order_key, business_date))
     LEFT JOIN trade.open_orders w USING (order_key, business_date));

COMMENT ON VIEW settlement.order_states IS 'Every order with its state: WAITING, OVERDUE, HELD (confirmed on terms that cannot settle), CONFIRMED (and so settled) or REJECTED.';

ALTER TABLE settlement.penalties ALTER COLUMN penalty_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME settlement.penalties_penalty_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW settlement.penalty_balances AS
 SELECT (date_trunc('month'::text, (penalty_date)::timestamp with time zone))::date AS penalty_month,
    counterparty_id,
    currency,
    count(*) FILTER (WHERE (reverses_penalty_id IS NULL)) AS row_count,
    COALESCE(sum(amount) FILTER (WHERE (payer = 'COUNTERPARTY'::text)), (0)::numeric) AS owed_to_us,
    COALESCE(sum(amount) FILTER (WHERE (payer = 'HOUSE'::text)), (0)::numeric) AS owed_by_us,
    COALESCE(sum(
        CASE payer
            WHEN 'COUNTERPARTY'::text THEN amount
            ELSE (- amount)
        END), (0)::numeric) AS net_amount,
    count(*) FILTER (WHERE ((lacking IS NOT NULL) AND (reverses_penalty_id IS NULL) AND (NOT (EXISTS ( SELECT
           FROM settlement.penalties r
          WHERE (r.reverses_penalty_id = p.penalty_id)))))) AS unpriced_count
   FROM settlement.penalties p
  GROUP BY ((date_trunc('month'::text, (penalty_date)::timestamp with time zone))::date), counterparty_id, currency;

COMMENT ON VIEW settlement.penalty_balances IS 'Penalties by month of the fail, counterparty and currency, corrections included: net_amount positive where the counterparty owes us.';

CREATE VIEW settlement.penalty_statement_totals AS
SELECT
    NULL::text AS statement_id,
    NULL::date AS statement_month,
    NULL::smallint AS statement_number,
    NULL::text AS counterparty_id,
    NULL::text AS currency,
    NULL::date AS stated_on,
    NULL::date AS payment_date,
    NULL::bigint AS line_count,
    NULL::numeric AS owed_to_us,
    NULL::numeric AS owed_by_us,
    NULL::numeric AS net_amount,
    NULL::text AS net_payer;

COMMENT ON VIEW settlement.penalty_statement_totals IS 'Each monthly statement: what each side owes, and who pays the difference.';

CREATE TABLE settlement.penalty_statements (
    statement_id text NOT NULL,
    counterparty_id text NOT NULL,
    currency text NOT NULL,
    statement_month date NOT NULL,
    statement_number smallint NOT NULL,
    stated_on date NOT NULL,
    payment_date date NOT NULL,
    run_id text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    CONSTRAINT penalty_statements_month_begins CHECK ((EXTRACT(day FROM statement_month) = (1)::numeric))
);

COMMENT ON TABLE settlement.penalty_statements IS 'A counterparty''s penalties of a month, and of earlier ones what came since. Append-only.';

CREATE VIEW settlement.postings AS
 SELECT e.instruction_id,
    e.settlement_date,
    e.sequence,
    e.effective_on,
    e.kind,
    e.symbol,
    e.delivered_currency,
    e.quantity,
    deliverer.account_name AS deliverer,
    receiver.account_name AS receiver,
    e.currency,
    e.amount,
    payer.account_name AS payer,
    payee.account_name AS payee,
    e.reverses_sequence
   FROM ((((settlement.events e
     LEFT JOIN settlement.accounts deliverer ON ((deliverer.account_id = e.deliverer_id)))
     LEFT JOIN settlement.accounts receiver ON ((receiver.account_id = e.receiver_id)))
     LEFT JOIN settlement.accounts payer ON ((payer.account_id = e.payer_id)))
     LEFT JOIN settlement.accounts payee ON ((payee.account_id = e.payee_id)))
  WHERE ((e.quantity IS NOT NULL) OR (e.amount IS NOT NULL));

COMMENT ON VIEW settlement.postings IS 'Every movement with both its sides, by the names of the accounts: double entry in one row.';

CREATE TABLE settlement.settled_flows (
    account_id integer NOT NULL,
    asset_kind text NOT NULL,
    asset text NOT NULL,
    effective_on date NOT NULL,
    amount numeric NOT NULL
);

COMMENT ON TABLE settlement.settled_flows IS 'settlement.ledger_entries by day: per account and asset, what came minus what left. Derived.';

CREATE VIEW settlement.status_history AS
 SELECT s.instruction_reference,
    a.instruction_id,
    s.status_at,
    s.status,
    s.state,
    s.reason_code,
    s.settled_quantity,
    s.settled_amount,
    s.currency,
    s.settled_on,
    s.depository_id,
    (row_number() OVER (PARTITION BY s.instruction_reference ORDER BY s.status_at DESC, s.state_rank, s.status) = 1) AS is_newest,
    a.sequence AS event_sequence,
    s.recorded_at
   FROM (settlement.told_statuses s
     LEFT JOIN settlement.applied_statuses a USING (topic, partition, message_offset));

COMMENT ON VIEW settlement.status_history IS 'What was said of each instruction, and the event that it made; none: it changed nothing.';

CREATE TABLE settlement.touched_nets (
    net_instruction_id bigint NOT NULL,
    known_on date DEFAULT '-infinity'::date NOT NULL
);

COMMENT ON TABLE settlement.touched_nets IS 'Nets that something was added to or taken out of and whose legs have not been looked at since.';

COMMENT ON COLUMN settlement.touched_nets.known_on IS 'The day from which its legs follow: that on which what is taken out of it is taken back.';

CREATE TABLE settlement.touched_trades (
    business_date date NOT NULL,
    trade_id text NOT NULL
);

COMMENT ON TABLE settlement.touched_trades IS 'Trades that a reconciliation looked at and whose instructions have not been looked at since. Written with the matches, emptied with the instructions.';

CREATE VIEW settlement.trade_states AS
 WITH net_states AS MATERIALIZED (
         SELECT net_states.net_instruction_id,
            net_states.house_account_id,
            net_states.counterparty_account_id,
            net_states.symbol,
            net_states.currency,
            net_states.stage,
            net_states.state,
            net_states.last_effective_on
           FROM settlement.net_states
        ), due AS (
         SELECT s.business_date,
            s.subject_id AS trade_id,
            s.subject_version AS version,
            s.settlement_date,
                CASE
                    WHEN (s.net_instruction_id IS NULL) THEN array_position(settlement.stages(), s.state)
                    ELSE COALESCE(LEAST(asset.stage,
                    CASE
                        WHEN ((n.method <> 'CENTRAL'::text) OR (asset.stage IS NULL)) THEN paid.stage
                        ELSE NULL::integer
                    END, delivered.stage), array_position(settlement.stages(), 'SETTLED'::text))
                END AS stage,
            COALESCE(GREATEST(asset.last_effective_on,
                CASE
                    WHEN ((n.method <> 'CENTRAL'::text) OR (asset.stage IS NULL)) THEN paid.last_effective_on
                    ELSE NULL::date
                END, delivered.last_effective_on), s.last_effective_on) AS last_effective_on
           FROM ((((settlement.instruction_states s
             LEFT JOIN settlement.net_instructions n ON ((n.net_instruction_id = s.net_instruction_id)))
             LEFT JOIN net_states asset ON (((asset.net_instruction_id = n.net_instruction_id) AND (asset.house_account_id = s.house_account_id) AND (asset.counterparty_account_id = COALESCE(n.centre_account_id, s.counterparty_account_id)) AND (asset.symbol = s.symbol) AND (asset.currency = s.currency))))
             LEFT JOIN net_states paid ON (((paid.net_instruction_id = n.net_instruction_id) AND (paid.house_account_id = s.house_account_id) AND (paid.counterparty_account_id = COALESCE(n.centre_account_id, s.counterparty_account_id)) AND (paid.symbol IS NULL) AND (paid.currency = s.currency))))
             LEFT JOIN net_states delivered ON (((delivered.net_instruction_id = n.net_instruction_id) AND (delivered.house_account_id = s.house_account_id) AND (delivered.counterparty_account_id = COALESCE(n.centre_account_id, s.counterparty_account_id)) AND (delivered.symbol IS NULL) AND (delivered.currency = s.delivered_currency))))
          WHERE (s.purpose = ANY (ARRAY['TRADE'::text, 'ALLOCATION'::text]))
        ), instructed AS (
         SELECT due.business_date,
            due.trade_id,
            due.version,
            (settlement.stages())[min(due.stage)] AS state,
            min(due.settlement_date) AS settlement_date,
            max(due.last_effective_on) FILTER (WHERE ((settlement.stages())[due.stage] = 'SETTLED'::text)) AS settled_on
           FROM due
          GROUP BY due.business_date, due.trade_id, due.version
        ), placed AS (
         SELECT t.business_date,
            t.trade_id,
            t.execution_version,
            t.confirmation_version,
            t.pnl_snapshot_version,
            t.execution_status,
            t.source_id,
            t.symbol,
            t.asset_class,
            t.side,
            t.quantity,
            t.confirmed_quantity,
            t.price,
            t.confirmed_price,
            t.executed_at,
            t.confirmed_at,
            t.pnl_impact,
            t.commission,
            t.expected_pnl,
            t.quantity_delta,
            t.price_delta,
            t.timestamp_delta_ms,
            t.pnl_delta,
            t.currency,
            t.counterparty_id,
            t.settlement_date,
            t.reconciled,
            t.open_break_types,
            t.outcome,
            i.settled_on,
                CASE
                    WHEN (t.outcome = 'cancelled'::text) THEN 'CANCELLED'::text
                    WHEN (t.outcome = 'mismatched'::text) THEN 'BREAK_MISMATCHED'::text
                    WHEN (t.outcome = 'unmatched'::text) THEN 'BREAK_UNMATCHED'::text
                    WHEN (i.state <> 'CANCELLED'::text) THEN i.state
                    WHEN (t.outcome = 'matched'::text) THEN 'CONFIRMED'::text
                    WHEN (t.execution_status = 'ALLOCATED'::text) THEN 'ALLOCATED'::text
                    ELSE 'EXECUTED'::text
                END AS state
           FROM (recon.trades t
             LEFT JOIN instructed i ON (((i.business_date = t.business_date) AND (i.trade_id = t.trade_id) AND (i.version = t.execution_version))))
        )
 SELECT p.business_date,
    p.trade_id,
    p.execution_version AS version,
    p.state,
    l.operational_status,
    p.outcome,
    p.counterparty_id,
    p.symbol,
    p.settlement_date,
    p.settled_on
   FROM (placed p
     LEFT JOIN reference.life_cycle_states l ON ((l.state = p.state)));

COMMENT ON VIEW settlement.trade_states IS 'Each trade of a date with the state of its life (its current version''s) and its operational status. A break of the reconciliation comes before what its instruction says, even a settled one: someone has to act. A trade that is netted stands where our legs of its net stand that carry its instrument and currencies; what another member settles with a netting centre is not ours. Ask by business_date.';

CREATE VIEW settlement.unequal_nets AS
 WITH gross AS (
         SELECT netted_instructions.net_instruction_id,
            netted_instructions.netted_on,
            netted_instructions.house_account_id,
            netted_instructions.counterparty_account_id,
            netted_instructions.symbol,
            netted_instructions.delivered_currency,
            netted_instructions.currency,
            sum(netted_instructions.received_quantity) AS received_quantity,
            sum(netted_instructions.paid_amount) AS paid_amount
           FROM settlement.netted_instructions
          GROUP BY netted_instructions.net_instruction_id, netted_instructions.netted_on, netted_instructions.house_account_id, netted_instructions.counterparty_account_id, netted_instructions.symbol, netted_instructions.delivered_currency, netted_instructions.currency
        ), lines AS (
         SELECT g.net_instruction_id,
            g.netted_on,
            l.account_id,
            l.asset,
            l.amount
           FROM (gross g
             CROSS JOIN LATERAL ( VALUES (g.house_account_id,COALESCE(g.delivered_currency, g.symbol),g.received_quantity), (g.counterparty_account_id,COALESCE(g.delivered_currency, g.symbol),(- g.received_quantity)), (g.house_account_id,g.currency,(- g.paid_amount)), (g.counterparty_account_id,g.currency,g.paid_amount)) l(account_id, asset, amount))
        UNION ALL
         SELECT n.net_instruction_id,
            n.netted_on,
            l.account_id,
            l.asset,
            l.amount
           FROM (settlement.net_legs n
             CROSS JOIN LATERAL ( VALUES (n.house_account_id,n.symbol,(- n.received_quantity)), (n.counterparty_account_id,n.symbol,n.received_quantity), (n.house_account_id,n.currency,n.paid_amount), (n.counterparty_account_id,n.currency,(- n.paid_amount))) l(account_id, asset, amount))
          WHERE (n.state <> 'CANCELLED'::text)
        )
 SELECT net_instruction_id,
    netted_on,
    account_id,
    asset,
    sum(amount) AS difference
   FROM lines
  WHERE (asset IS NOT NULL)
  GROUP BY net_instruction_id, netted_on, account_id, asset
 HAVING (sum(amount) <> (0)::numeric);

COMMENT ON VIEW settlement.unequal_nets IS 'Accounts that get more or less of an instrument or currency by a net than by the gross behind it (a netting centre: than nothing): there must be none but in settlement.touched_nets. Ask by netted_on.';

CREATE VIEW settlement.uninstructed AS
 SELECT business_date,
    subject_kind,
    subject_id,
    break_type AS reason,
    counterparty_id,
    symbol,
    currency,
    exposure_amount AS open_amount,
    opened_at,
    resolved_at,
    status
   FROM settlement.breaks b
  WHERE (subject_kind = ANY (ARRAY['TRADE'::text, 'STANDING_INSTRUCTION'::text]));

COMMENT ON VIEW settlement.uninstructed IS 'What could not even be instructed, and so fails without an instruction: no standing instruction, two of them, a closed day …';

CREATE VIEW settlement.unlike_first_events AS
 SELECT e.settlement_date,
    format('%s.%s of %s'::text, e.instruction_id, e.sequence, e.settlement_date) AS place
   FROM (settlement.events e
     LEFT JOIN settlement.instructions i ON (((i.settlement_date = e.settlement_date) AND (i.instruction_id = e.instruction_id))))
  WHERE ((e.sequence = 1) AND (e.to_state = 'SETTLED'::text) AND (e.kind = 'SETTLEMENT'::text) AND ((e.quantity IS DISTINCT FROM i.quantity) OR (COALESCE(e.amount, (0)::numeric) <> abs(i.amount)) OR
        CASE (e.quantity IS NULL)
            WHEN false THEN ((COALESCE(e.symbol, i.symbol) <> i.symbol) OR (e.delivered_currency IS DISTINCT FROM i.delivered_currency) OR
            CASE i.direction
                WHEN 'DELIVER'::text THEN ((e.deliverer_id <> i.house_account_id) OR (e.receiver_id <> i.counterparty_account_id))
                ELSE ((e.receiver_id <> i.house_account_id) OR (e.deliverer_id <> i.counterparty_account_id))
            END)
            ELSE NULL::boolean
        END OR
        CASE (i.amount <> (0)::numeric)
            WHEN true THEN ((e.currency <> i.currency) OR
            CASE ((i.direction = 'RECEIVE'::text) = (i.amount > (0)::numeric))
                WHEN true THEN ((e.payer_id <> i.house_account_id) OR (e.payee_id <> i.counterparty_account_id))
                ELSE ((e.payee_id <> i.house_account_id) OR (e.payer_id <> i.counterparty_account_id))
            END)
            ELSE NULL::boolean
        END OR (i.instruction_id IS NULL)));

COMMENT ON VIEW settlement.unlike_first_events IS 'Settlements at once and in whole that do not move what was instructed: there must be none. Said in other words than instructed_movements, which made them. Ask by settlement_date.';

CREATE VIEW staging.subjects AS
 SELECT orders.batch_id,
    orders.topic,
    orders.partition,
    orders.message_offset,
    orders.order_id AS subject_id
   FROM staging.orders
UNION ALL
 SELECT order_responses.batch_id,
    order_responses.topic,
    order_responses.partition,
    order_responses.message_offset,
    order_responses.order_id AS subject_id
   FROM staging.order_responses
UNION ALL
 SELECT marks.batch_id,
    marks.topic,
    marks.partition,
    marks.message_offset,
    marks.symbol AS subject_id
   FROM staging.marks
UNION ALL
 SELECT settlement_statuses.batch_id,
    settlement_statuses.topic,
    settlement_statuses.partition,
    settlement_statuses.message_offset,
    settlement_statuses.instruction_reference AS subject_id
   FROM staging.settlement_statuses
UNION ALL
 SELECT statement_lines.batch_id,
    statement_lines.topic,
    statement_lines.partition,
    statement_lines.message_offset,
    statement_lines.statement_id AS subject_id
   FROM staging.statement_lines;

COMMENT ON VIEW staging.subjects IS 'Order, instrument, instruction or statement that a staged record is about: the subject of its reject.';

CREATE TABLE trade.allocations (
    business_date date NOT NULL,
    trade_id text NOT NULL,
    allocation_version integer NOT NULL,
    account text NOT NULL,
    quantity numeric NOT NULL,
    source_file text NOT NULL,
    source_line integer NOT NULL,
    run_id text NOT NULL,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT allocations_quantity_positive CHECK ((quantity > (0)::numeric)),
    CONSTRAINT allocations_version_positive CHECK ((allocation_version >= 1))
);

COMMENT ON TABLE trade.allocations IS 'How a block is split: each version is whole and replaces the one before. Append-only.';

CREATE TABLE trade.displaced_records (
    topic text NOT NULL,
    partition integer NOT NULL,
    message_offset bigint NOT NULL,
    record_type text NOT NULL,
    trade_id text NOT NULL,
    own_date date NOT NULL,
    business_date date NOT NULL
);

COMMENT ON TABLE trade.displaced_records IS 'Confirmations and snapshots that state no trade date and stand under an execution''s date that is not their own: they move when an execution nearer to their own date arrives.';

ALTER TABLE ONLY landing.message_blocks ATTACH PARTITION landing.message_blocks_default DEFAULT;

ALTER TABLE ONLY staging.marks ALTER COLUMN is_date_stated SET DEFAULT true;

ALTER TABLE ONLY staging.marks ALTER COLUMN flags SET DEFAULT '{}'::text[];

ALTER TABLE ONLY staging.order_responses ALTER COLUMN is_date_stated SET DEFAULT true;

ALTER TABLE ONLY staging.order_responses ALTER COLUMN flags SET DEFAULT '{}'::text[];

ALTER TABLE ONLY staging.orders ALTER COLUMN is_date_stated SET DEFAULT true;

ALTER TABLE ONLY staging.orders ALTER COLUMN flags SET DEFAULT '{}'::text[];

ALTER TABLE ONLY staging.settlement_statuses ALTER COLUMN is_date_stated SET DEFAULT true;

ALTER TABLE ONLY staging.settlement_statuses ALTER COLUMN flags SET DEFAULT '{}'::text[];

ALTER TABLE ONLY staging.statement_lines ALTER COLUMN is_date_stated SET DEFAULT true;

ALTER TABLE ONLY staging.statement_lines ALTER COLUMN flags SET DEFAULT '{}'::text[];

ALTER TABLE ONLY books.close_marks
    ADD CONSTRAINT close_marks_pk PRIMARY KEY (business_date, symbol, currency, update_id);

ALTER TABLE ONLY books.close_rates
    ADD CONSTRAINT close_rates_pk PRIMARY KEY (business_date, currency, base_currency, update_id);

ALTER TABLE ONLY books.closing_positions
    ADD CONSTRAINT closing_positions_pk PRIMARY KEY (holding_id, business_date, update_id);

ALTER TABLE ONLY books.flow_changes
    ADD CONSTRAINT flow_changes_pk PRIMARY KEY (change_id);

ALTER TABLE ONLY books.flow_changes
    ADD CONSTRAINT flow_changes_update_key UNIQUE (business_date, update_id);

ALTER TABLE ONLY books.holdings
    ADD CONSTRAINT holdings_key UNIQUE (account, strategy, symbol, currency);

ALTER TABLE ONLY books.holdings
    ADD CONSTRAINT holdings_pk PRIMARY KEY (holding_id);

ALTER TABLE ONLY books.levies
    ADD CONSTRAINT levies_pk PRIMARY KEY (levy_id);

ALTER TABLE ONLY books.marks
    ADD CONSTRAINT marks_pk PRIMARY KEY (business_date, symbol, currency);

ALTER TABLE ONLY books.stale_dates
    ADD CONSTRAINT stale_dates_pk PRIMARY KEY (business_date);

ALTER TABLE ONLY books.updates
    ADD CONSTRAINT updates_pk PRIMARY KEY (update_id);

ALTER TABLE ONLY compliance.alert_events
    ADD CONSTRAINT alert_events_pk PRIMARY KEY (alert_id, sequence);

ALTER TABLE ONLY compliance.alerts
    ADD CONSTRAINT alerts_pk PRIMARY KEY (alert_id);

ALTER TABLE ONLY compliance.alerts
    ADD CONSTRAINT alerts_subject_key UNIQUE (business_date, rule, subject_kind, subject_id);

ALTER TABLE ONLY compliance.anomalies
    ADD CONSTRAINT anomalies_pk PRIMARY KEY (business_date, trade_id);

ALTER TABLE ONLY compliance.anomalies
    ADD CONSTRAINT anomalies_rank_key UNIQUE (business_date, rank);

ALTER TABLE ONLY compliance.coverage
    ADD CONSTRAINT coverage_pk PRIMARY KEY (business_date, rule, outcome);

ALTER TABLE ONLY control.alert_deliveries
    ADD CONSTRAINT alert_deliveries_pk PRIMARY KEY (alert_id, channel);

ALTER TABLE ONLY control.alert_findings
    ADD CONSTRAINT alert_findings_key UNIQUE (kind, finding_key);

ALTER TABLE ONLY control.alert_findings
    ADD CONSTRAINT alert_findings_pk PRIMARY KEY (finding_id);

ALTER TABLE ONLY control.alerts
    ADD CONSTRAINT alerts_pk PRIMARY KEY (alert_id);

ALTER TABLE ONLY control.alerts
    ADD CONSTRAINT alerts_resolve_once UNIQUE (resolves_alert_id);

ALTER TABLE ONLY control.closes
    ADD CONSTRAINT closes_pk PRIMARY KEY (business_date);

ALTER TABLE ONLY control.date_offsets
    ADD CONSTRAINT date_offsets_pk PRIMARY KEY (business_date, topic, partition);

ALTER TABLE ONLY control.date_totals
    ADD CONSTRAINT date_totals_pk PRIMARY KEY (business_date, feed);

ALTER TABLE ONLY control.positions
    ADD CONSTRAINT positions_pk PRIMARY KEY (reader);

ALTER TABLE ONLY control.step_runs
    ADD CONSTRAINT step_runs_pk PRIMARY KEY (step_run_id);

ALTER TABLE ONLY control.watch_rounds
    ADD CONSTRAINT watch_rounds_pk PRIMARY KEY (watch);

ALTER TABLE ONLY landing.batch_ranges
    ADD CONSTRAINT batch_ranges_pk PRIMARY KEY (batch_id, topic, partition);

ALTER TABLE ONLY landing.batches
    ADD CONSTRAINT batches_pk PRIMARY KEY (batch_id);

ALTER TABLE ONLY landing.dropped_ranges
    ADD CONSTRAINT dropped_ranges_pk PRIMARY KEY (batch_id, topic, partition);

ALTER TABLE ONLY landing.duplicates
    ADD CONSTRAINT duplicates_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY landing.message_blocks
    ADD CONSTRAINT message_blocks_pk PRIMARY KEY (topic, partition, first_offset, received_on);

ALTER TABLE ONLY landing.message_blocks_default
    ADD CONSTRAINT message_blocks_default_pkey PRIMARY KEY (topic, partition, first_offset, received_on);

ALTER TABLE ONLY landing.offsets
    ADD CONSTRAINT offsets_pk PRIMARY KEY (topic, partition);

ALTER TABLE ONLY landing.rejects
    ADD CONSTRAINT rejects_message_key UNIQUE (topic, partition, message_offset);

ALTER TABLE ONLY landing.rejects
    ADD CONSTRAINT rejects_pk PRIMARY KEY (reject_id);

ALTER TABLE ONLY landing.topic_adoptions
    ADD CONSTRAINT topic_adoptions_pk PRIMARY KEY (topic, generation, partition);

ALTER TABLE ONLY landing.topics
    ADD CONSTRAINT topics_pk PRIMARY KEY (topic);

ALTER TABLE ONLY market.mark_conflicts
    ADD CONSTRAINT mark_conflicts_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY market.marks
    ADD CONSTRAINT marks_pk PRIMARY KEY (mark_id);

ALTER TABLE ONLY market.marks
    ADD CONSTRAINT marks_version_key UNIQUE (symbol, mark_kind, tenor_days, currency, source_id, mark_date, observed_at);

ALTER TABLE ONLY market.override_decisions
    ADD CONSTRAINT override_decisions_pk PRIMARY KEY (override_id);

ALTER TABLE ONLY market.overrides
    ADD CONSTRAINT overrides_maker_key UNIQUE (override_id, made_by);

ALTER TABLE ONLY market.overrides
    ADD CONSTRAINT overrides_pk PRIMARY KEY (override_id);

ALTER TABLE market.overrides
    ADD CONSTRAINT overrides_price_plausible CHECK ((abs(price) <= (1000000000)::numeric)) NOT VALID;

ALTER TABLE ONLY outbox.announcements
    ADD CONSTRAINT announcements_piece_key UNIQUE (batch_id, business_date, piece);

ALTER TABLE ONLY outbox.announcements
    ADD CONSTRAINT announcements_pk PRIMARY KEY (announcement_id);

ALTER TABLE ONLY outbox.messages
    ADD CONSTRAINT outbox_message_id_key UNIQUE (message_id);

ALTER TABLE ONLY outbox.messages
    ADD CONSTRAINT outbox_messages_pk PRIMARY KEY (outbox_id);

ALTER TABLE ONLY quality.results
    ADD CONSTRAINT results_pk PRIMARY KEY (result_id);

ALTER TABLE ONLY recon.break_events
    ADD CONSTRAINT break_events_pk PRIMARY KEY (event_id);

ALTER TABLE ONLY recon.breaks
    ADD CONSTRAINT breaks_pk PRIMARY KEY (trade_id, break_type, business_date);

ALTER TABLE ONLY recon.match_set_exceptions
    ADD CONSTRAINT match_set_exceptions_pk PRIMARY KEY (business_date, trade_id);

ALTER TABLE ONLY recon.match_sets
    ADD CONSTRAINT match_sets_pk PRIMARY KEY (business_date);

ALTER TABLE ONLY recon.pending
    ADD CONSTRAINT pending_pk PRIMARY KEY (trade_id, business_date);

ALTER TABLE ONLY recon.single_matches
    ADD CONSTRAINT single_matches_pk PRIMARY KEY (trade_id, business_date);

ALTER TABLE ONLY reference.account_margin_rates
    ADD CONSTRAINT account_margin_rates_pk PRIMARY KEY (side, price_from, effective_from);

ALTER TABLE ONLY reference.affirmation_cutoffs
    ADD CONSTRAINT affirmation_cutoffs_pk PRIMARY KEY (market_id, asset_class, effective_from);

ALTER TABLE ONLY reference.alert_policies
    ADD CONSTRAINT alert_policies_pk PRIMARY KEY (kind);

ALTER TABLE ONLY reference.anomaly_policies
    ADD CONSTRAINT anomaly_policies_pk PRIMARY KEY (effective_from);

ALTER TABLE ONLY reference.backtest_zones
    ADD CONSTRAINT backtest_zones_pk PRIMARY KEY (exceptions_from, effective_from);

ALTER TABLE ONLY reference.beneficial_owners
    ADD CONSTRAINT beneficial_owners_pk PRIMARY KEY (account, effective_from);

ALTER TABLE ONLY reference.block_accounts
    ADD CONSTRAINT block_accounts_pk PRIMARY KEY (account, effective_from);

ALTER TABLE ONLY reference.book_rules
    ADD CONSTRAINT book_rules_pk PRIMARY KEY (account, strategy, effective_from);

ALTER TABLE ONLY reference.calendar_days
    ADD CONSTRAINT calendar_days_pk PRIMARY KEY (calendar_id, calendar_date);

ALTER TABLE ONLY reference.calendar_overrides
    ADD CONSTRAINT calendar_overrides_pk PRIMARY KEY (override_id);

ALTER TABLE ONLY reference.chaser_steps
    ADD CONSTRAINT chaser_steps_pk PRIMARY KEY (age_business_days, addressee, effective_from);

ALTER TABLE ONLY reference.compliance_rules
    ADD CONSTRAINT compliance_rules_pk PRIMARY KEY (rule, effective_from);

ALTER TABLE ONLY reference.counterparties
    ADD CONSTRAINT counterparties_pk PRIMARY KEY (counterparty_id);

ALTER TABLE ONLY reference.currencies
    ADD CONSTRAINT currencies_pk PRIMARY KEY (currency);

ALTER TABLE ONLY reference.custodian_accounts
    ADD CONSTRAINT custodian_accounts_pk PRIMARY KEY (custodian_id, account, statement_kind, effective_from);

ALTER TABLE ONLY reference.deadlines
    ADD CONSTRAINT deadlines_pk PRIMARY KEY (deadline_id);

ALTER TABLE ONLY reference.fail_reasons
    ADD CONSTRAINT fail_reasons_pk PRIMARY KEY (reason);

ALTER TABLE ONLY reference.fee_rates
    ADD CONSTRAINT fee_rates_pk PRIMARY KEY (fee_rate_id);

ALTER TABLE ONLY reference.instrument_identifiers
    ADD CONSTRAINT instrument_identifiers_pk PRIMARY KEY (symbol, scheme);

ALTER TABLE ONLY reference.instrument_terms
    ADD CONSTRAINT instrument_terms_pk PRIMARY KEY (symbol);

ALTER TABLE ONLY reference.instruments
    ADD CONSTRAINT instruments_pk PRIMARY KEY (symbol);

ALTER TABLE ONLY reference.inventory_controls
    ADD CONSTRAINT inventory_controls_pk PRIMARY KEY (account, market_id, asset_kind, effective_from);

ALTER TABLE ONLY reference.life_cycle_states
    ADD CONSTRAINT life_cycle_states_pk PRIMARY KEY (state);

ALTER TABLE ONLY reference.loads
    ADD CONSTRAINT loads_pk PRIMARY KEY (load_id);

ALTER TABLE ONLY reference.margin_accounts
    ADD CONSTRAINT margin_accounts_pk PRIMARY KEY (account, effective_from);

ALTER TABLE ONLY reference.margin_instruments
    ADD CONSTRAINT margin_instruments_pk PRIMARY KEY (symbol);

ALTER TABLE ONLY reference.margin_rates
    ADD CONSTRAINT margin_rates_pk PRIMARY KEY (margin_class, duration_over, effective_from);

ALTER TABLE ONLY reference.mark_sources
    ADD CONSTRAINT mark_sources_pk PRIMARY KEY (source_id, asset_class, effective_from);

ALTER TABLE ONLY reference.markets
    ADD CONSTRAINT markets_pk PRIMARY KEY (market_id);

ALTER TABLE ONLY reference.netting_agreements
    ADD CONSTRAINT netting_agreements_pk PRIMARY KEY (netting_agreement_id);

ALTER TABLE ONLY reference.netting_sets
    ADD CONSTRAINT netting_sets_counterparty_key UNIQUE (counterparty_id, effective_from);

ALTER TABLE ONLY reference.netting_sets
    ADD CONSTRAINT netting_sets_pk PRIMARY KEY (netting_set_id, effective_from);

ALTER TABLE ONLY reference.opening_holdings
    ADD CONSTRAINT opening_holdings_pk PRIMARY KEY (account, asset_kind, asset, effective_from);

ALTER TABLE ONLY reference.overnight_rates
    ADD CONSTRAINT overnight_rates_pk PRIMARY KEY (currency, effective_from);

ALTER TABLE ONLY reference.partial_settlement_rules
    ADD CONSTRAINT partial_settlement_rules_pk PRIMARY KEY (counterparty_id, market_id, effective_from);

ALTER TABLE ONLY reference.penalty_rates
    ADD CONSTRAINT penalty_rates_pk PRIMARY KEY (type_of_fail, effective_from);

ALTER TABLE ONLY reference.penalty_scopes
    ADD CONSTRAINT penalty_scopes_pk PRIMARY KEY (market_id, asset_class, symbol, effective_from);

ALTER TABLE ONLY reference.penalty_terms
    ADD CONSTRAINT penalty_terms_pk PRIMARY KEY (effective_from);

ALTER TABLE ONLY reference.position_limits
    ADD CONSTRAINT position_limits_pk PRIMARY KEY (account, asset_class, effective_from);

ALTER TABLE ONLY reference.price_bands
    ADD CONSTRAINT price_bands_pk PRIMARY KEY (asset_class, price_above, effective_from);

ALTER TABLE ONLY reference.reporting_deadlines
    ADD CONSTRAINT reporting_deadlines_pk PRIMARY KEY (regime, market_id, asset_class, effective_from);

ALTER TABLE ONLY reference.retention_policies
    ADD CONSTRAINT retention_policies_pk PRIMARY KEY (subject);

ALTER TABLE ONLY reference.risk_limits
    ADD CONSTRAINT risk_limits_pk PRIMARY KEY (limit_kind, subject, effective_from);

ALTER TABLE ONLY reference.risk_parameters
    ADD CONSTRAINT risk_parameters_pk PRIMARY KEY (effective_from);

ALTER TABLE ONLY reference.settlement_cycles
    ADD CONSTRAINT settlement_cycles_pk PRIMARY KEY (market_id, asset_class, effective_from);

ALTER TABLE ONLY reference.settlement_drivers
    ADD CONSTRAINT settlement_drivers_pk PRIMARY KEY (market_id, effective_from);

ALTER TABLE ONLY reference.settlement_methods
    ADD CONSTRAINT settlement_methods_pk PRIMARY KEY (asset_class, market_id);

ALTER TABLE ONLY reference.share_splits
    ADD CONSTRAINT share_splits_pk PRIMARY KEY (symbol, ex_date);

ALTER TABLE ONLY reference.sources
    ADD CONSTRAINT sources_pk PRIMARY KEY (source_id);

ALTER TABLE ONLY reference.standing_instructions
    ADD CONSTRAINT standing_instructions_pk PRIMARY KEY (standing_instruction_id);

ALTER TABLE ONLY reference.status_codes
    ADD CONSTRAINT status_codes_pk PRIMARY KEY (code);

ALTER TABLE ONLY reference.stress_scenarios
    ADD CONSTRAINT stress_scenarios_pk PRIMARY KEY (scenario_id, asset_class, effective_from);

ALTER TABLE ONLY reference.tolerances
    ADD CONSTRAINT tolerances_pk PRIMARY KEY (effective_from);

ALTER TABLE ONLY reference.trade_limits
    ADD CONSTRAINT trade_limits_pk PRIMARY KEY (asset_class, currency, effective_from);

ALTER TABLE ONLY reference.trading_restrictions
    ADD CONSTRAINT trading_restrictions_pk PRIMARY KEY (symbol, account, side, effective_from);

ALTER TABLE ONLY reference.wash_trade_policies
    ADD CONSTRAINT wash_trade_policies_pk PRIMARY KEY (asset_class, effective_from);

ALTER TABLE ONLY report.lost_files
    ADD CONSTRAINT lost_files_pk PRIMARY KEY (business_date, version, file_name);

ALTER TABLE ONLY report.mails
    ADD CONSTRAINT mails_pk PRIMARY KEY (business_date, version, recipient);

ALTER TABLE ONLY report.versions
    ADD CONSTRAINT versions_pk PRIMARY KEY (business_date, version);

ALTER TABLE ONLY risk.collateral
    ADD CONSTRAINT collateral_pk PRIMARY KEY (collateral_id);

ALTER TABLE ONLY risk.counterparty_flows
    ADD CONSTRAINT counterparty_flows_pk PRIMARY KEY (business_date, counterparty_id, account, symbol, currency, settlement_date);

ALTER TABLE ONLY risk.flow_dates
    ADD CONSTRAINT flow_dates_pk PRIMARY KEY (business_date);

ALTER TABLE ONLY risk.measures
    ADD CONSTRAINT measures_pk PRIMARY KEY (business_date, version, measure, subject_kind, subject, detail, currency);

ALTER TABLE ONLY risk.versions
    ADD CONSTRAINT versions_pk PRIMARY KEY (business_date, version);

ALTER TABLE ONLY settlement.accounts
    ADD CONSTRAINT accounts_key UNIQUE (account_kind, account_name);

ALTER TABLE ONLY settlement.accounts
    ADD CONSTRAINT accounts_pk PRIMARY KEY (account_id);

ALTER TABLE ONLY settlement.acts
    ADD CONSTRAINT acts_pk PRIMARY KEY (act_id);

ALTER TABLE ONLY settlement.applied_statuses
    ADD CONSTRAINT applied_statuses_pk PRIMARY KEY (instruction_id, sequence);

ALTER TABLE ONLY settlement.blocks
    ADD CONSTRAINT blocks_pk PRIMARY KEY (business_date, trade_id);

ALTER TABLE ONLY settlement.charged_dates
    ADD CONSTRAINT charged_dates_pk PRIMARY KEY (business_date);

ALTER TABLE ONLY settlement.chasers
    ADD CONSTRAINT chasers_pk PRIMARY KEY (instruction_id, age_business_days, addressee);

ALTER TABLE ONLY settlement.cycles
    ADD CONSTRAINT cycles_pk PRIMARY KEY (settlement_date);

ALTER TABLE ONLY settlement.events
    ADD CONSTRAINT events_pk PRIMARY KEY (instruction_id, sequence, settlement_date);

ALTER TABLE ONLY settlement.fees_not_computed
    ADD CONSTRAINT fees_not_computed_pk PRIMARY KEY (business_date, market_id, asset_class, fee_type);

ALTER TABLE ONLY settlement.flow_mark
    ADD CONSTRAINT flow_mark_pk PRIMARY KEY (is_only_row);

ALTER TABLE ONLY settlement.holds
    ADD CONSTRAINT holds_pk PRIMARY KEY (hold_id);

ALTER TABLE ONLY settlement.instruction_counter
    ADD CONSTRAINT instruction_counter_pk PRIMARY KEY (is_only_row);

ALTER TABLE ONLY settlement.instructions
    ADD CONSTRAINT instructions_pk PRIMARY KEY (instruction_id, settlement_date);

ALTER TABLE ONLY settlement.late_instructions
    ADD CONSTRAINT late_instructions_pk PRIMARY KEY (instruction_id, settlement_date);

ALTER TABLE ONLY settlement.marked_fails
    ADD CONSTRAINT marked_fails_pk PRIMARY KEY (net_instruction_id, instruction_id, settlement_date);

ALTER TABLE ONLY settlement.net_instructions
    ADD CONSTRAINT net_instructions_key UNIQUE NULLS NOT DISTINCT (settlement_date, agreement, method, centre_account_id);

ALTER TABLE ONLY settlement.net_instructions
    ADD CONSTRAINT net_instructions_pk PRIMARY KEY (net_instruction_id);

ALTER TABLE ONLY settlement.netted_dates
    ADD CONSTRAINT netted_dates_pk PRIMARY KEY (net_instruction_id, settlement_date);

ALTER TABLE ONLY settlement.open_statuses
    ADD CONSTRAINT open_statuses_pk PRIMARY KEY (instruction_reference);

ALTER TABLE ONLY settlement.penalties
    ADD CONSTRAINT penalties_pk PRIMARY KEY (penalty_id);

ALTER TABLE ONLY settlement.penalty_statement_lines
    ADD CONSTRAINT penalty_statement_lines_pk PRIMARY KEY (penalty_id);

ALTER TABLE ONLY settlement.penalty_statements
    ADD CONSTRAINT penalty_statements_key UNIQUE (counterparty_id, currency, statement_month, statement_number);

ALTER TABLE ONLY settlement.penalty_statements
    ADD CONSTRAINT penalty_statements_pk PRIMARY KEY (statement_id);

ALTER TABLE ONLY settlement.record_conflicts
    ADD CONSTRAINT record_conflicts_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY settlement.settled_flows
    ADD CONSTRAINT settled_flows_pk PRIMARY KEY (account_id, asset_kind, asset, effective_on);

ALTER TABLE ONLY settlement.breaks
    ADD CONSTRAINT settlement_breaks_pk PRIMARY KEY (business_date, subject_kind, subject_id, break_type);

ALTER TABLE ONLY settlement.split_postings
    ADD CONSTRAINT split_postings_pk PRIMARY KEY (instruction_id, settlement_date);

ALTER TABLE ONLY settlement.statement_differences
    ADD CONSTRAINT statement_differences_pk PRIMARY KEY (custodian_id, statement_kind, account, as_of_date, asset);

ALTER TABLE ONLY settlement.statement_lines
    ADD CONSTRAINT statement_lines_pk PRIMARY KEY (custodian_id, statement_kind, statement_id, version, line_number);

ALTER TABLE ONLY settlement.statements
    ADD CONSTRAINT statements_pk PRIMARY KEY (custodian_id, statement_kind, statement_id, version);

ALTER TABLE ONLY settlement.statuses
    ADD CONSTRAINT statuses_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY settlement.statuses
    ADD CONSTRAINT statuses_said_once UNIQUE (instruction_reference, status_at, status);

ALTER TABLE ONLY settlement.trade_fees
    ADD CONSTRAINT trade_fees_pk PRIMARY KEY (trade_id, sequence, business_date);

ALTER TABLE ONLY trade.allocations
    ADD CONSTRAINT allocations_pk PRIMARY KEY (business_date, trade_id, allocation_version, account);

ALTER TABLE ONLY trade.confirmations
    ADD CONSTRAINT confirmations_pk PRIMARY KEY (trade_id, version, business_date);

ALTER TABLE ONLY trade.conflicts
    ADD CONSTRAINT conflicts_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY trade.displaced_records
    ADD CONSTRAINT displaced_records_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY trade.executions
    ADD CONSTRAINT executions_pk PRIMARY KEY (trade_id, version, business_date);

ALTER TABLE ONLY trade.held_orders
    ADD CONSTRAINT held_orders_pk PRIMARY KEY (order_key, business_date);

ALTER TABLE ONLY trade.open_orders
    ADD CONSTRAINT open_orders_pk PRIMARY KEY (order_key, business_date);

ALTER TABLE ONLY trade.open_responses
    ADD CONSTRAINT open_responses_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY trade.order_conflicts
    ADD CONSTRAINT order_conflicts_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY trade.order_outcomes
    ADD CONSTRAINT order_outcomes_pk PRIMARY KEY (order_key, business_date);

ALTER TABLE ONLY trade.order_outcomes
    ADD CONSTRAINT order_outcomes_response_key UNIQUE (topic, partition, message_offset);

ALTER TABLE ONLY trade.order_responses
    ADD CONSTRAINT order_responses_pk PRIMARY KEY (topic, partition, message_offset);

ALTER TABLE ONLY trade.orders
    ADD CONSTRAINT orders_pk PRIMARY KEY (order_key, business_date);

ALTER TABLE ONLY trade.pnl_snapshots
    ADD CONSTRAINT pnl_snapshots_pk PRIMARY KEY (trade_id, version, business_date);

ALTER TABLE ONLY trade.unplaced_records
    ADD CONSTRAINT unplaced_records_pk PRIMARY KEY (topic, partition, message_offset);

CREATE INDEX closing_positions_by_date ON books.closing_positions USING btree (business_date, holding_id, update_id);

CREATE INDEX closing_positions_by_update ON books.closing_positions USING btree (update_id, business_date);

CREATE INDEX flow_changes_by_date ON books.flow_changes USING btree (business_date);

CREATE INDEX levies_by_date ON books.levies USING btree (business_date, account, strategy, symbol, currency);

CREATE INDEX marks_by_instrument ON books.marks USING btree (symbol, currency, business_date);

CREATE INDEX updates_by_date ON books.updates USING btree (business_date, update_id);

CREATE INDEX updates_by_instant ON books.updates USING btree (known_at);

CREATE INDEX alert_deliveries_open ON control.alert_deliveries USING btree (next_attempt_at) WHERE ((delivered_at IS NULL) AND (given_up_at IS NULL));

CREATE INDEX alert_findings_lasting ON control.alert_findings USING btree (kind) WHERE (resolved_at IS NULL);

CREATE INDEX alert_findings_new ON control.alert_findings USING btree (kind, found_at) WHERE (alert_id IS NULL);

CREATE INDEX alerts_by_kind ON control.alerts USING btree (kind, raised_at);

CREATE INDEX received_counts_by_date ON control.received_counts USING btree (business_date, feed);

CREATE INDEX step_runs_by_start ON control.step_runs USING brin (started_at);

CREATE INDEX step_runs_by_step ON control.step_runs USING btree (step, started_at);

CREATE INDEX batch_ranges_lost ON landing.batch_ranges USING btree (batch_id) WHERE (lost_count > 0);

CREATE UNIQUE INDEX batch_ranges_no_overlap ON landing.batch_ranges USING btree (topic, partition, first_offset);

CREATE INDEX batches_unfinished ON landing.batches USING btree (batch_id) WHERE (status <> ALL (ARRAY['RECONCILED'::text, 'REJECTED'::text]));

CREATE INDEX duplicates_by_date ON landing.duplicates USING btree (business_date, feed);

CREATE INDEX rejects_by_date ON landing.rejects USING btree (business_date, feed, reason);

CREATE INDEX mark_conflicts_by_date ON market.mark_conflicts USING btree (business_date);

CREATE INDEX marks_by_date ON market.marks USING btree (mark_date);

CREATE INDEX marks_by_symbol_date ON market.marks USING btree (symbol, mark_date);

CREATE INDEX overrides_by_symbol ON market.overrides USING btree (symbol, mark_date);

CREATE INDEX announcements_unpublished ON outbox.announcements USING btree (announcement_id) WHERE (published_at IS NULL);

CREATE INDEX outbox_unpublished ON outbox.messages USING btree (outbox_id) WHERE (published_at IS NULL);

CREATE INDEX results_by_batch ON quality.results USING btree (batch_id);

CREATE INDEX results_by_date ON quality.results USING btree (business_date, suite);

CREATE INDEX pending_by_due ON recon.pending USING btree (due_at);

CREATE INDEX single_matches_unusual ON ONLY recon.single_matches USING btree (trade_id) WHERE (((execution_version IS DISTINCT FROM 1) OR (confirmation_version IS DISTINCT FROM 1)) OR (pnl_snapshot_version IS DISTINCT FROM 1));

CREATE UNIQUE INDEX calendar_days_ordinal_key ON reference.calendar_days USING btree (calendar_id, business_day_ordinal) WHERE is_business_day;

CREATE UNIQUE INDEX netting_agreements_current ON reference.netting_agreements USING btree (counterparty_id, market_id, asset_class, currency, effective_from) NULLS NOT DISTINCT WHERE (withdrawn_at IS NULL);

CREATE INDEX standing_instructions_current ON reference.standing_instructions USING btree (counterparty_id, market_id) WHERE (withdrawn_at IS NULL);

CREATE INDEX collateral_by_holder ON risk.collateral USING btree (holder_kind, holder_id, effective_on);

CREATE INDEX measures_by_subject ON risk.measures USING btree (measure, subject_kind, subject, business_date);

CREATE INDEX events_by_act ON ONLY settlement.events USING brin (act_id) WITH (pages_per_range='16');

CREATE INDEX events_effective_elsewhen ON ONLY settlement.events USING btree (effective_on) WHERE (effective_on <> settlement_date);

CREATE INDEX events_later ON ONLY settlement.events USING btree (instruction_id, sequence) WHERE (sequence > 1);

CREATE UNIQUE INDEX events_reversed_once ON ONLY settlement.events USING btree (instruction_id, reverses_sequence, settlement_date) WHERE (reverses_sequence IS NOT NULL);

CREATE UNIQUE INDEX holds_open ON settlement.holds USING btree (instruction_id, cause) WHERE (released_act_id IS NULL);

CREATE UNIQUE INDEX instructions_subject_key ON ONLY settlement.instructions USING btree (purpose, subject_id, subject_version, part_number, business_date, settlement_date) WHERE (purpose <> 'TRADE'::text);

CREATE UNIQUE INDEX instructions_trade_key ON ONLY settlement.instructions USING btree (subject_id, subject_version, part_number, business_date, settlement_date) WHERE (purpose = 'TRADE'::text);

CREATE INDEX open_statuses_new ON settlement.open_statuses USING btree (is_new) WHERE is_new;

CREATE INDEX penalties_lacking ON settlement.penalties USING btree (penalty_date) WHERE (lacking IS NOT NULL);

CREATE INDEX penalties_of_date ON settlement.penalties USING btree (penalty_date);

CREATE INDEX penalties_of_instruction ON settlement.penalties USING btree (instruction_id, penalty_date);

CREATE UNIQUE INDEX penalties_reversed_once ON settlement.penalties USING btree (reverses_penalty_id) WHERE (reverses_penalty_id IS NOT NULL);

CREATE INDEX penalty_statement_lines_of ON settlement.penalty_statement_lines USING btree (statement_id);

CREATE INDEX record_conflicts_by_date ON settlement.record_conflicts USING btree (business_date);

CREATE INDEX settlement_breaks_open ON settlement.breaks USING btree (break_type, business_date) WHERE (status = 'OPEN'::text);

CREATE INDEX statement_lines_by_date ON settlement.statement_lines USING btree (business_date);

CREATE INDEX statements_by_account ON settlement.statements USING btree (custodian_id, statement_kind, account, as_of_date);

CREATE INDEX statements_not_compared ON settlement.statements USING btree (as_of_date) WHERE (compared_at IS NULL);

CREATE INDEX statuses_by_date ON settlement.statuses USING btree (business_date);

CREATE INDEX staged_confirmations_by_batch ON staging.confirmations USING btree (batch_id);

CREATE INDEX staged_executions_by_batch ON staging.executions USING btree (batch_id);

CREATE INDEX staged_marks_by_batch ON staging.marks USING btree (batch_id);

CREATE INDEX staged_order_responses_by_batch ON staging.order_responses USING btree (batch_id);

CREATE INDEX staged_orders_by_batch ON staging.orders USING btree (batch_id);

CREATE INDEX staged_pnl_snapshots_by_batch ON staging.pnl_snapshots USING btree (batch_id);

CREATE INDEX staged_settlement_statuses_by_batch ON staging.settlement_statuses USING btree (batch_id);

CREATE INDEX staged_statement_lines_by_batch ON staging.statement_lines USING btree (batch_id);

CREATE INDEX confirmations_later_versions ON ONLY trade.confirmations USING btree (trade_id) WHERE (version > 1);

CREATE INDEX conflicts_by_trade ON trade.conflicts USING btree (business_date, trade_id);

CREATE INDEX displaced_records_by_trade ON trade.displaced_records USING btree (trade_id);

CREATE INDEX executions_later_versions ON ONLY trade.executions USING btree (trade_id) WHERE (version > 1);

CREATE INDEX open_orders_by_due ON trade.open_orders USING btree (due_at) WHERE (overdue_since IS NULL);

CREATE INDEX open_orders_new ON trade.open_orders USING btree (is_new) WHERE is_new;

CREATE INDEX open_responses_by_due ON trade.open_responses USING btree (due_at) WHERE (overdue_since IS NULL);

CREATE INDEX open_responses_new ON trade.open_responses USING btree (is_new) WHERE is_new;

CREATE INDEX order_conflicts_by_date ON trade.order_conflicts USING btree (business_date);

CREATE INDEX order_conflicts_by_time ON trade.order_conflicts USING btree (recorded_at);

CREATE INDEX order_outcomes_rejected ON trade.order_outcomes USING btree (decided_at) WHERE (outcome = 'REJECTED'::text);

CREATE INDEX order_responses_by_date ON trade.order_responses USING btree (business_date);

CREATE UNIQUE INDEX order_responses_stated_key ON trade.order_responses USING btree (order_id, business_date) WHERE (order_id IS NOT NULL);

CREATE INDEX orders_by_date ON trade.orders USING btree (business_date);

CREATE INDEX pnl_snapshots_later_versions ON ONLY trade.pnl_snapshots USING btree (trade_id) WHERE (version > 1);

CREATE INDEX unplaced_records_by_trade ON trade.unplaced_records USING btree (trade_id);

ALTER INDEX landing.message_blocks_pk ATTACH PARTITION landing.message_blocks_default_pkey;

CREATE OR REPLACE VIEW settlement.penalty_statement_totals AS
 SELECT s.statement_id,
    s.statement_month,
    s.statement_number,
    s.counterparty_id,
    s.currency,
    s.stated_on,
    s.payment_date,
    count(*) AS line_count,
    COALESCE(sum(p.amount) FILTER (WHERE (p.payer = 'COUNTERPARTY'::text)), (0)::numeric) AS owed_to_us,
    COALESCE(sum(p.amount) FILTER (WHERE (p.payer = 'HOUSE'::text)), (0)::numeric) AS owed_by_us,
    sum(
        CASE p.payer
            WHEN 'COUNTERPARTY'::text THEN p.amount
            ELSE (- p.amount)
        END) AS net_amount,
        CASE sign(sum(
            CASE p.payer
                WHEN 'COUNTERPARTY'::text THEN p.amount
                ELSE (- p.amount)
            END))
            WHEN 1 THEN 'COUNTERPARTY'::text
            WHEN '-1'::integer THEN 'HOUSE'::text
            ELSE 'NOBODY'::text
        END AS net_payer
   FROM ((settlement.penalty_statements s
     JOIN settlement.penalty_statement_lines l USING (statement_id))
     JOIN settlement.penalties p USING (penalty_id))
  GROUP BY s.statement_id;

CREATE TRIGGER close_marks_append_only BEFORE DELETE OR UPDATE ON books.close_marks FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER close_rates_append_only BEFORE DELETE OR UPDATE ON books.close_rates FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER closing_positions_append_only BEFORE DELETE OR UPDATE ON books.closing_positions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER flow_changes_append_only BEFORE DELETE OR UPDATE ON books.flow_changes FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER levies_append_only BEFORE DELETE OR UPDATE ON books.levies FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER updates_append_only BEFORE DELETE OR UPDATE ON books.updates FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER alert_events_append_only BEFORE DELETE OR UPDATE ON compliance.alert_events FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER alert_events_checked BEFORE INSERT ON compliance.alert_events FOR EACH ROW EXECUTE FUNCTION compliance.check_alert_event();

CREATE TRIGGER alert_events_never_emptied BEFORE TRUNCATE ON compliance.alert_events FOR EACH STATEMENT EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER alerts_append_only BEFORE DELETE OR UPDATE ON compliance.alerts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER alerts_never_emptied BEFORE TRUNCATE ON compliance.alerts FOR EACH STATEMENT EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER received_counts_append_only BEFORE DELETE OR UPDATE ON control.received_counts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER dropped_ranges_append_only BEFORE DELETE OR UPDATE ON landing.dropped_ranges FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER topic_adoptions_append_only BEFORE DELETE OR UPDATE ON landing.topic_adoptions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER mark_conflicts_append_only BEFORE DELETE OR UPDATE ON market.mark_conflicts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER marks_append_only BEFORE DELETE OR UPDATE ON market.marks FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER override_decisions_append_only BEFORE DELETE OR UPDATE ON market.override_decisions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER overrides_append_only BEFORE DELETE OR UPDATE ON market.overrides FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER break_events_append_only BEFORE DELETE OR UPDATE ON recon.break_events FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER breaks_changed AFTER UPDATE ON recon.breaks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION recon.record_break_events();

CREATE TRIGGER breaks_opened AFTER INSERT ON recon.breaks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION recon.record_break_events();

CREATE TRIGGER matches_changed INSTEAD OF INSERT OR DELETE OR UPDATE ON recon.matches FOR EACH ROW EXECUTE FUNCTION recon.change_match();

CREATE TRIGGER calendar_overrides_append_only BEFORE DELETE OR UPDATE ON reference.calendar_overrides FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER lost_files_append_only BEFORE DELETE OR UPDATE ON report.lost_files FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER versions_append_only BEFORE DELETE OR UPDATE ON report.versions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER collateral_append_only BEFORE DELETE OR UPDATE ON risk.collateral FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER measures_append_only BEFORE DELETE OR UPDATE ON risk.measures FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER versions_append_only BEFORE DELETE OR UPDATE ON risk.versions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER accounts_append_only BEFORE DELETE OR UPDATE ON settlement.accounts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER acts_append_only BEFORE DELETE OR UPDATE ON settlement.acts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER applied_statuses_append_only BEFORE DELETE OR UPDATE ON settlement.applied_statuses FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER blocks_append_only BEFORE DELETE OR UPDATE ON settlement.blocks FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER breaks_changed AFTER UPDATE ON settlement.breaks REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION settlement.record_break_events();

CREATE TRIGGER breaks_opened AFTER INSERT ON settlement.breaks REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION settlement.record_break_events();

CREATE TRIGGER chasers_append_only BEFORE DELETE OR UPDATE ON settlement.chasers FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE ON settlement.events FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER events_checked AFTER INSERT ON settlement.events REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION settlement.check_new_events();

CREATE TRIGGER events_never_emptied BEFORE TRUNCATE ON settlement.events FOR EACH STATEMENT EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER instructions_append_only BEFORE DELETE OR UPDATE ON settlement.instructions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER instructions_never_emptied BEFORE TRUNCATE ON settlement.instructions FOR EACH STATEMENT EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER late_instructions_append_only BEFORE DELETE OR UPDATE ON settlement.late_instructions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER marked_fails_append_only BEFORE DELETE OR UPDATE ON settlement.marked_fails FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER net_instructions_append_only BEFORE DELETE OR UPDATE ON settlement.net_instructions FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER netted_dates_append_only BEFORE DELETE OR UPDATE ON settlement.netted_dates FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER penalties_append_only BEFORE DELETE OR UPDATE ON settlement.penalties FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER penalty_statement_lines_append_only BEFORE DELETE OR UPDATE ON settlement.penalty_statement_lines FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER penalty_statements_append_only BEFORE DELETE OR UPDATE ON settlement.penalty_statements FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER record_conflicts_append_only BEFORE DELETE OR UPDATE ON settlement.record_conflicts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER split_postings_append_only BEFORE DELETE OR UPDATE ON settlement.split_postings FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER statement_lines_append_only BEFORE DELETE OR UPDATE ON settlement.statement_lines FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER statuses_append_only BEFORE DELETE OR UPDATE ON settlement.statuses FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER trade_fees_append_only BEFORE DELETE OR UPDATE ON settlement.trade_fees FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER trade_fees_never_emptied BEFORE TRUNCATE ON settlement.trade_fees FOR EACH STATEMENT EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER allocations_append_only BEFORE DELETE OR UPDATE ON trade.allocations FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER confirmations_append_only BEFORE DELETE OR UPDATE ON trade.confirmations FOR EACH ROW EXECUTE FUNCTION trade.refuse_record_change();

CREATE TRIGGER confirmations_never_emptied BEFORE TRUNCATE ON trade.confirmations FOR EACH STATEMENT EXECUTE FUNCTION trade.refuse_record_change();

CREATE TRIGGER executions_append_only BEFORE DELETE OR UPDATE ON trade.executions FOR EACH ROW EXECUTE FUNCTION trade.refuse_record_change();

CREATE TRIGGER executions_never_emptied BEFORE TRUNCATE ON trade.executions FOR EACH STATEMENT EXECUTE FUNCTION trade.refuse_record_change();

CREATE TRIGGER order_conflicts_append_only BEFORE DELETE OR UPDATE ON trade.order_conflicts FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER order_outcomes_append_only BEFORE DELETE OR UPDATE ON trade.order_outcomes FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER order_responses_append_only BEFORE DELETE OR UPDATE ON trade.order_responses FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER orders_append_only BEFORE DELETE OR UPDATE ON trade.orders FOR EACH ROW EXECUTE FUNCTION control.refuse_change();

CREATE TRIGGER pnl_snapshots_append_only BEFORE DELETE OR UPDATE ON trade.pnl_snapshots FOR EACH ROW EXECUTE FUNCTION trade.refuse_record_change();

CREATE TRIGGER pnl_snapshots_never_emptied BEFORE TRUNCATE ON trade.pnl_snapshots FOR EACH STATEMENT EXECUTE FUNCTION trade.refuse_record_change();

ALTER TABLE ONLY compliance.alert_events
    ADD CONSTRAINT alert_events_alert_fk FOREIGN KEY (alert_id) REFERENCES compliance.alerts(alert_id);

ALTER TABLE ONLY control.alert_deliveries
    ADD CONSTRAINT alert_deliveries_alert_fk FOREIGN KEY (alert_id) REFERENCES control.alerts(alert_id);

ALTER TABLE ONLY control.alert_findings
    ADD CONSTRAINT alert_findings_alert_fk FOREIGN KEY (alert_id) REFERENCES control.alerts(alert_id);

ALTER TABLE ONLY control.alerts
    ADD CONSTRAINT alerts_resolves_fk FOREIGN KEY (resolves_alert_id) REFERENCES control.alerts(alert_id);

ALTER TABLE ONLY landing.batch_ranges
    ADD CONSTRAINT batch_ranges_batch_fk FOREIGN KEY (batch_id) REFERENCES landing.batches(batch_id);

ALTER TABLE ONLY market.override_decisions
    ADD CONSTRAINT override_decisions_override_fk FOREIGN KEY (override_id, made_by) REFERENCES market.overrides(override_id, made_by);

ALTER TABLE ONLY reference.affirmation_cutoffs
    ADD CONSTRAINT affirmation_cutoffs_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.fee_rates
    ADD CONSTRAINT fee_rates_counterparty_fk FOREIGN KEY (counterparty_id) REFERENCES reference.counterparties(counterparty_id);

ALTER TABLE ONLY reference.fee_rates
    ADD CONSTRAINT fee_rates_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.instrument_identifiers
    ADD CONSTRAINT instrument_identifiers_symbol_fk FOREIGN KEY (symbol) REFERENCES reference.instruments(symbol);

ALTER TABLE ONLY reference.instrument_terms
    ADD CONSTRAINT instrument_terms_symbol_fk FOREIGN KEY (symbol) REFERENCES reference.instruments(symbol);

ALTER TABLE ONLY reference.instruments
    ADD CONSTRAINT instruments_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.netting_agreements
    ADD CONSTRAINT netting_agreements_counterparty_fk FOREIGN KEY (counterparty_id) REFERENCES reference.counterparties(counterparty_id);

ALTER TABLE ONLY reference.netting_agreements
    ADD CONSTRAINT netting_agreements_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.reporting_deadlines
    ADD CONSTRAINT reporting_deadlines_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.risk_parameters
    ADD CONSTRAINT risk_parameters_currency_fk FOREIGN KEY (base_currency) REFERENCES reference.currencies(currency);

ALTER TABLE ONLY reference.settlement_cycles
    ADD CONSTRAINT settlement_cycles_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.settlement_drivers
    ADD CONSTRAINT settlement_drivers_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.share_splits
    ADD CONSTRAINT share_splits_symbol_fk FOREIGN KEY (symbol) REFERENCES reference.instruments(symbol);

ALTER TABLE ONLY reference.sources
    ADD CONSTRAINT sources_counterparty_fk FOREIGN KEY (counterparty_id) REFERENCES reference.counterparties(counterparty_id);

ALTER TABLE ONLY reference.sources
    ADD CONSTRAINT sources_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY reference.standing_instructions
    ADD CONSTRAINT standing_instructions_counterparty_fk FOREIGN KEY (counterparty_id) REFERENCES reference.counterparties(counterparty_id);

ALTER TABLE ONLY reference.standing_instructions
    ADD CONSTRAINT standing_instructions_market_fk FOREIGN KEY (market_id) REFERENCES reference.markets(market_id);

ALTER TABLE ONLY report.lost_files
    ADD CONSTRAINT lost_files_version_fk FOREIGN KEY (business_date, version) REFERENCES report.versions(business_date, version);

ALTER TABLE ONLY report.mails
    ADD CONSTRAINT mails_version_fk FOREIGN KEY (business_date, version) REFERENCES report.versions(business_date, version);

ALTER TABLE ONLY risk.measures
    ADD CONSTRAINT measures_version_fk FOREIGN KEY (business_date, version) REFERENCES risk.versions(business_date, version);

ALTER TABLE ONLY settlement.applied_statuses
    ADD CONSTRAINT applied_statuses_status_fk FOREIGN KEY (topic, partition, message_offset) REFERENCES settlement.statuses(topic, partition, message_offset);

ALTER TABLE ONLY settlement.penalties
    ADD CONSTRAINT penalties_reversed_fk FOREIGN KEY (reverses_penalty_id) REFERENCES settlement.penalties(penalty_id);

ALTER TABLE ONLY settlement.penalty_statement_lines
    ADD CONSTRAINT penalty_statement_lines_penalty_fk FOREIGN KEY (penalty_id) REFERENCES settlement.penalties(penalty_id);

ALTER TABLE ONLY settlement.penalty_statement_lines
    ADD CONSTRAINT penalty_statement_lines_statement_fk FOREIGN KEY (statement_id) REFERENCES settlement.penalty_statements(statement_id);

ALTER TABLE ONLY settlement.statement_lines
    ADD CONSTRAINT statement_lines_statement_fk FOREIGN KEY (custodian_id, statement_kind, statement_id, version) REFERENCES settlement.statements(custodian_id, statement_kind, statement_id, version);

ALTER TABLE ONLY trade.held_orders
    ADD CONSTRAINT held_orders_outcome_fk FOREIGN KEY (order_key, business_date) REFERENCES trade.order_outcomes(order_key, business_date);

ALTER TABLE ONLY trade.open_orders
    ADD CONSTRAINT open_orders_order_fk FOREIGN KEY (order_key, business_date) REFERENCES trade.orders(order_key, business_date);

ALTER TABLE ONLY trade.open_responses
    ADD CONSTRAINT open_responses_response_fk FOREIGN KEY (topic, partition, message_offset) REFERENCES trade.order_responses(topic, partition, message_offset);

ALTER TABLE ONLY trade.order_outcomes
    ADD CONSTRAINT order_outcomes_order_fk FOREIGN KEY (order_key, business_date) REFERENCES trade.orders(order_key, business_date);

ALTER TABLE ONLY trade.order_outcomes
    ADD CONSTRAINT order_outcomes_response_fk FOREIGN KEY (topic, partition, message_offset) REFERENCES trade.order_responses(topic, partition, message_offset);
