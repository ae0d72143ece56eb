-- purpose: write the charges of a date that has none: laid as a table of its own, which becomes the
--          date's partition.
-- reads: computed_fees (temporary)
-- writes: settlement.laid_fees (becomes a partition of settlement.trade_fees)
-- rerun: append once: a date that has charges is brought in line by store_fees
-- parameters: business_date, act_id

create table settlement.laid_fees as
select
    %(business_date)s::date as business_date,
    %(act_id)s::integer as act_id,
    version,
    1::smallint as sequence,
    null::smallint as reverses_sequence,
    trade_id,
    currency,
    fee_rate_ids,
    amounts
from computed_fees
where fee_rate_ids is not null
  and not (
      select exists (
          select from settlement.trade_fees where business_date = %(business_date)s
      )
  );

select settlement.merge_partition('trade_fees', 'laid_fees', %(business_date)s);

select
    (select count(fee_rate_ids) from computed_fees) as rows_in,
    (
        select count(*)
        from settlement.trade_fees
        where business_date = %(business_date)s
          and act_id = %(act_id)s
    ) as rows_out;
