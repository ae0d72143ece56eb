-- purpose: bring the stored charges of a date in line with the computed ones: a charge that is no
--          longer right is reversed, and a charge that is missing is written.
-- reads: computed_fees (temporary), settlement.trade_fees
-- writes: settlement.trade_fees
-- rerun: append once: what stands as computed is left alone
-- parameters: business_date, act_id

with latest as (
    select f.*
    from settlement.trade_fees as f
    where f.business_date = %(business_date)s
      and not exists (
          select
          from settlement.trade_fees as later
          where later.business_date = %(business_date)s
            and later.trade_id = f.trade_id
            and later.sequence = f.sequence + 1
            and later.sequence > 1
      )
),
compared as (
    select
        c.trade_id as computed_id,
        l.trade_id as stored_id,
        l.sequence,
        l.reverses_sequence is null and l.trade_id is not null as is_charged,
        coalesce(
            c.version = l.version and c.currency = l.currency
            and c.fee_rate_ids = l.fee_rate_ids and c.amounts = l.amounts,
            false
        ) as is_right,
        coalesce(c.version, l.version) as version,
        coalesce(c.currency, l.currency) as currency,
        c.fee_rate_ids,
        c.amounts,
        l.version as stored_version,
        l.currency as stored_currency,
        l.fee_rate_ids as stored_rate_ids,
        l.amounts as stored_amounts
    from (select * from computed_fees where fee_rate_ids is not null) as c
    full join latest as l using (trade_id)
),
wrong as not materialized (
    select * from compared where not (is_charged and is_right)
),
written as (
    insert into settlement.trade_fees (
        business_date, act_id, version, sequence, reverses_sequence, trade_id, currency,
        fee_rate_ids, amounts
    )
    select
        %(business_date)s, %(act_id)s, w.stored_version, w.sequence + 1, w.sequence, w.stored_id,
        w.stored_currency, w.stored_rate_ids,
        array(
            select -a.amount
            from unnest(w.stored_amounts) with ordinality as a (amount, place)
            order by a.place
        )
    from wrong as w
    where w.is_charged
    union all
    select
        %(business_date)s, %(act_id)s, w.version,
        coalesce(w.sequence, 0) + 1 + w.is_charged::integer, null, w.computed_id, w.currency,
        w.fee_rate_ids, w.amounts
    from wrong as w
    where w.computed_id is not null
    order by 6, 4
    returning 1
)
select
    (select count(fee_rate_ids) from computed_fees) as rows_in,
    (select count(*) from written) as rows_out;
