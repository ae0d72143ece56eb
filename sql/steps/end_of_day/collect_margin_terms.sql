-- purpose: take the threshold and the minimum transfer amount in force for each netting set and
--          account, and what is deposited for each netting set.
-- reads: reference.netting_sets, reference.margin_accounts, risk.collateral, risk_terms,
--        risk_rates (temporary)
-- writes: margin_terms (temporary)
-- rerun: replaces the temporary table
-- parameters: business_date

drop table if exists pg_temp.margin_terms;

create temporary table margin_terms on commit drop as
with terms as (
    select distinct on (subject_kind, subject) *
    from (
        select
            'NETTING_SET' as subject_kind, netting_set_id as subject, effective_from,
            threshold_amount as threshold, minimum_transfer_amount as minimum
        from reference.netting_sets
        union all
        select 'ACCOUNT', account, effective_from, 0, minimum_transfer_amount
        from reference.margin_accounts
    ) as agreed
    where effective_from <= %(business_date)s
    order by subject_kind, subject, effective_from desc
),
deposits as (
    select
        c.holder_id as subject,
        case when count(*) = count(r.rate) then sum(c.amount * r.rate) end as amount,
        'not computed: no rate for collateral in '
        || string_agg(c.currency, ', ') filter (where r.rate is null) as reason
    from risk.collateral as c
    left join risk_rates as r on r.currency = c.currency
    where c.holder_kind = 'NETTING_SET'
      and c.effective_on <= %(business_date)s
    group by c.holder_id
)
select
    t.subject_kind, t.subject, t.threshold, t.minimum, d.reason,
    -- an account's deposits are part of its equity
    case
        when t.subject_kind = 'NETTING_SET' and d.subject is null then 0
        else round(d.amount, rt.digits)
    end as deposit
from terms as t
cross join risk_terms as rt
left join deposits as d on t.subject_kind = 'NETTING_SET' and d.subject = t.subject;

select count(*) as rows_in, count(deposit) as rows_out
from margin_terms;
