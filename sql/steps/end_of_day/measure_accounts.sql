-- purpose: measure each margin account under Regulation T: its equity, what must be held
--          initially and from then on, and what the date's new positions ask for. Cash of trades is
--          what the books carry forward, so that it costs the holdings, whatever the history.
-- reads: risk.collateral, books.closing_positions (by books.positions_as_of), margin_accounts,
--        account_requirements (temporary)
-- writes: computed_measures (temporary)
-- rerun: replaces its own rows
-- parameters: business_date

delete from computed_measures where subject_kind = 'ACCOUNT';

insert into computed_measures
with movements as (
    select account as holder_id, currency, cash_flow_to_date_amount - fee_to_date_amount as amount
    from books.positions_as_of(%(business_date)s)
    where asset_class = 'EQUITY'
      and account in (select account from margin_accounts)
    union all
    select holder_id, currency, amount
    from risk.collateral
    where effective_on <= %(business_date)s
      and holder_kind = 'ACCOUNT'
),
cash as (
    select a.account, a.currency, coalesce(sum(m.amount), 0) as amount
    from margin_accounts as a
    left join movements as m on m.holder_id = a.account and m.currency = a.currency
    group by a.account, a.currency
)
select
    m.measure, 'ACCOUNT', c.account, '', c.currency,
    case when r.reason is null then round(m.amount, 2) end, r.reason
from cash as c
left join account_requirements as r using (account)
cross join lateral (
    values
    ('account_equity', c.amount + coalesce(r.value, 0)),
    ('initial_margin', coalesce(r.initial, 0)),
    ('initial_margin_of_day', coalesce(r.initial_of_day, 0)),
    ('maintenance_margin', coalesce(r.maintenance, 0))
) as m (measure, amount);

select count(*) as rows_in, count(amount) as rows_out
from computed_measures
where subject_kind = 'ACCOUNT';
