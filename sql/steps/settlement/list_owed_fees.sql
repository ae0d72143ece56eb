-- purpose: sum what the charges of a date come to that is owed to authorities, for each of our
--          accounts and settlement dates, and find what of it is not instructed yet.
-- reads: computed_fees, kind_sets, fee_sets (temporary), reference.fee_rates, reference.currencies,
--        settlement.instructions
-- writes: owed_fees (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date, settlement_reach_days (a trade settles so many days after its date)

drop table if exists pg_temp.owed_fees;

create temporary table owed_fees on commit drop as
with owed_places as (
    select
        k.kind_id,
        k.account,
        k.currency,
        k.settlement_date,
        r.authority,
        p.place
    from kind_sets as k
    join fee_sets as s using (set_id)
    cross join lateral unnest(s.fee_rate_ids || s.tax_ids)
        with ordinality as p (fee_rate_id, place)
    join reference.fee_rates as r using (fee_rate_id)
    where r.authority is not null
      -- a trade that says another date is a break, and owes nothing before it is corrected
      and k.settlement_date between %(business_date)s
      and %(business_date)s::date + %(settlement_reach_days)s
),
owed as (
    select
        o.authority,
        o.account,
        o.currency,
        o.settlement_date,
        round(sum(f.amounts[o.place]), coalesce(min(c.minor_unit_digits), 2)) as amount
    from computed_fees as f
    join owed_places as o using (kind_id)
    left join reference.currencies as c on c.currency = o.currency
    group by o.authority, o.account, o.currency, o.settlement_date
),
instructed as (
    select
        counterparty_id as authority,
        account,
        currency,
        settlement_date,
        sum(amount) as amount,
        max(subject_version) as version
    from settlement.instructions
    where purpose = 'FEE'
      and business_date = %(business_date)s
      and settlement_date between %(business_date)s
      and %(business_date)s::date + %(settlement_reach_days)s
    group by counterparty_id, account, currency, settlement_date
)
select
    authority,
    account,
    currency,
    settlement_date,
    coalesce(o.amount, 0) - coalesce(i.amount, 0) as amount,
    coalesce(i.version, 0) + 1 as version
from owed as o
full join instructed as i using (authority, account, currency, settlement_date)
where coalesce(o.amount, 0) <> coalesce(i.amount, 0);

select count(*) as rows_in, count(*) as rows_out
from owed_fees;
