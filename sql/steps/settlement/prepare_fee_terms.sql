-- purpose: ready the rates of each kind of trade to be worked out for all its trades: fees first,
--          then the taxes on them, and in which place stands what.
-- reads: fee_kinds, kind_rates (temporary), reference.fee_rates
-- writes: kind_terms (temporary)
-- rerun: replaces the temporary table
-- parameters: none

drop table if exists pg_temp.kind_terms;

create temporary table kind_terms on commit drop as
select
    k.*,
    t.fee_rate_ids,
    t.terms,
    t.tax_ids,
    t.taxes,
    t.taxed_places,
    array_position(t.booked_in, 'brokerage_fee') as brokerage_place,
    array_position(t.booked_in, 'clearing_fee') as clearing_place,
    array_position(t.booked_in, 'exchange_fee') as exchange_place
from fee_kinds as k
cross join lateral (
    select
        array_agg(p.fee_rate_id order by p.place) filter (where not p.is_tax) as fee_rate_ids,
        array_agg(p.term order by p.place) filter (where not p.is_tax) as terms,
        array_agg(p.fee_rate_id order by p.place) filter (where p.is_tax) as tax_ids,
        array_agg(p.term order by p.place) filter (where p.is_tax) as taxes,
        array_agg(p.place) filter (where p.is_taxed) as taxed_places,
        array_agg(p.booked_in order by p.place) as booked_in
    from (
        select
            f.fee_rate_id,
            f.booked_in,
            f.is_taxed,
            f.basis = 'CHARGES' as is_tax,
            settlement.make_fee_term(f) as term,
            row_number() over (order by f.basis = 'CHARGES', f.fee_rate_id) as place
        from kind_rates as r
        join reference.fee_rates as f using (fee_rate_id)
        where r.kind_id = k.kind_id and r.is_in_force
    ) as p
) as t;

analyze kind_terms;

select count(*) as rows_in, count(terms) as rows_out
from kind_terms;
