-- The newest version of each date's measures.

create or replace view risk.current_measures as
select
    m.business_date, m.version, m.measure, m.subject_kind, m.subject, m.detail, m.currency,
    m.amount, m.note
from risk.measures as m
where m.version = (
    select max(v.version)
    from risk.versions as v
    where v.business_date = m.business_date
);
comment on view risk.current_measures is 'Measures of every date as they are known now.';

create or replace view risk.valued_flows as
select
    f.business_date,
    f.counterparty_id,
    f.account,
    f.symbol,
    f.currency,
    f.settlement_date,
    f.asset_class,
    f.trade_count,
    f.bought_quantity,
    f.sold_quantity,
    f.bought_amount * coalesce(t.multiplier, 1) as bought_amount,
    f.sold_amount * coalesce(t.multiplier, 1) as sold_amount,
    f.fee_amount
from risk.counterparty_flows as f
left join reference.instrument_terms as t on t.symbol = f.symbol;
comment on view risk.valued_flows is
    'Flows at what a contract is worth by the terms of now, as marks are: a multiplier that is stated '
    'later holds for both.';
