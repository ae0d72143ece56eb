-- purpose: give each kind of trade its set of rates, and ready the few sets that there are to be
--          worked out for a million trades: fees first, then the taxes on them, and what is where.
-- reads: fee_kinds, kind_rates (temporary), reference.fee_rates
-- writes: kind_sets, fee_sets (temporary)
-- rerun: replaces the temporary tables
-- parameters: none

drop table if exists pg_temp.kind_sets, pg_temp.fee_sets;

create temporary table kind_sets on commit drop as
with listed as (
    select kind_id, array_agg(fee_rate_id order by fee_rate_id) as rate_ids
    from kind_rates
    where is_in_force
    group by kind_id
),
numbered as (
    select kind_id, rate_ids, dense_rank() over (order by rate_ids) as set_id
    from listed
)
select *
from fee_kinds
left join numbered using (kind_id);

create temporary table fee_sets on commit drop as
with placed as (
    select
        s.set_id,
        f.fee_rate_id,
        f.booked_in,
        f.is_taxed,
        f.basis = 'CHARGES' as is_tax,
        settlement.make_fee_term(f) as term,
        row_number() over (
            partition by s.set_id order by f.basis = 'CHARGES', f.fee_rate_id
        ) as place
    from (select distinct set_id, rate_ids from kind_sets) as s
    join reference.fee_rates as f on f.fee_rate_id = any(s.rate_ids)
)
select
    set_id,
    array_agg(fee_rate_id order by place) filter (where not is_tax) as fee_rate_ids,
    array_agg(term order by place) filter (where not is_tax) as terms,
    array_agg(fee_rate_id order by place) filter (where is_tax) as tax_ids,
    array_agg(term order by place) filter (where is_tax) as taxes,
    array_agg(place order by place) filter (where is_taxed) as taxed_places,
    min(place) filter (where booked_in = 'brokerage_fee') as brokerage_place,
    min(place) filter (where booked_in = 'clearing_fee') as clearing_place,
    min(place) filter (where booked_in = 'exchange_fee') as exchange_place
from placed
group by set_id;

analyze kind_sets;
analyze fee_sets;

select (select count(*) from kind_sets) as rows_in, (select count(*) from fee_sets) as rows_out;
