-- purpose: ready the rates of each kind of trade to be worked out for all its trades: fees first,
--          then the taxes on them, and in which place stands what.
-- reads: fee_kinds, kind_rates (temporary), reference.fee_rates
-- writes: kind_terms (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.kind_terms;

create temporary table kind_terms on commit drop as
with placed as (
    select
        r.kind_id,
        f.fee_rate_id,
        f.booked_in,
        f.is_taxed,
        f.basis = 'CHARGES' as is_tax,
        settlement.make_fee_term(f) as term,
        row_number() over (
            partition by r.kind_id order by f.basis = 'CHARGES', f.fee_rate_id
        ) as place
    from kind_rates as r
    join reference.fee_rates as f using (fee_rate_id)
    where r.is_in_force
),
grouped as (
    select
        kind_id,
        array_agg(fee_rate_id order by place) filter (where not is_tax) as fee_rate_ids,
        array_agg(term order by place) filter (where not is_tax) as terms,
        array_agg(fee_rate_id order by place) filter (where is_tax) as tax_ids,
        array_agg(term order by place) filter (where is_tax) as taxes,
        array_agg(place order by place) filter (where is_taxed) as taxed_places,
        min(place) filter (where booked_in = 'brokerage_fee') as brokerage_place,
        min(place) filter (where booked_in = 'clearing_fee') as clearing_place,
        min(place) filter (where booked_in = 'exchange_fee') as exchange_place
    from placed
    group by kind_id
)
select *
from fee_kinds
left join grouped using (kind_id);

analyze kind_terms;

select count(*) as rows_in, count(terms) as rows_out
from kind_terms;
