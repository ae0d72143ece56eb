-- purpose: work out what the splits of an ex-date add to what our accounts held before it, less
--          what is posted of them already. Whole holdings stay whole: the fraction is paid in cash.
--          What an opening holding of the ex-date itself states is in units after the split.
-- reads: reference.share_splits, reference.opening_holdings, settlement.accounts,
--        settlement.settled_flows, settlement.instructions, reference.instruments
-- writes: found_splits (temporary)
-- rerun: replaces the temporary table
-- parameters: ex_date

drop table if exists pg_temp.found_splits;

create temporary table found_splits on commit drop as
with posted as (
    select
        house_account_id as account_id, symbol, max(subject_version) as version,
        sum(case direction when 'RECEIVE' then quantity else -quantity end) as quantity
    from settlement.instructions
    where settlement_date = %(ex_date)s
      and purpose = 'SPLIT'
    group by house_account_id, symbol
),
asked as (
    select a.account_id, a.account_name, s.symbol, s.new_shares, s.old_shares
    from reference.share_splits as s
    cross join settlement.accounts as a
    where s.ex_date = %(ex_date)s
      and a.account_kind = 'HOUSE'
    union all
    -- a split that was called off
    select p.account_id, a.account_name, p.symbol, 1, 1
    from posted as p
    join settlement.accounts as a using (account_id)
    where p.symbol not in (select symbol from reference.share_splits where ex_date = %(ex_date)s)
),
held as (
    select
        q.account_id, q.account_name, q.symbol,
        case when o.effective_from = %(ex_date)s then 1 else q.new_shares end as new_shares,
        case when o.effective_from = %(ex_date)s then 1 else q.old_shares end as old_shares,
        coalesce(o.quantity, 0) + coalesce((
            select sum(f.amount)
            from settlement.settled_flows as f
            where (f.account_id, f.asset_kind, f.asset) = (q.account_id, 'SECURITY', q.symbol)
              and f.effective_on >= coalesce(o.effective_from, '-infinity')
              and f.effective_on < %(ex_date)s
        ), 0) as held_quantity
    from asked as q
    left join lateral (
        select n.quantity, n.effective_from
        from reference.opening_holdings as n
        where (n.account, n.asset_kind, n.asset) = (q.account_name, 'SECURITY', q.symbol)
          and n.effective_from <= %(ex_date)s
        order by n.effective_from desc
        limit 1
    ) as o on true
),
split as (
    select *, case when held_quantity = trunc(held_quantity)
        then div(held_quantity * new_shares, old_shares)
        -- an account that holds fractions goes on to: to as many digits as a quantity has
        else div(held_quantity * new_shares * 10000000000, old_shares) / 10000000000
    end as left_quantity
    from held
)
select
    s.*, n.asset_class, n.currency, coalesce(n.settlement_market_id, n.market_id) as market_id,
    coalesce(p.version, 0) + 1 as version,
    s.left_quantity - s.held_quantity - coalesce(p.quantity, 0) as quantity
from split as s
join reference.instruments as n using (symbol)
left join posted as p using (account_id, symbol)
where s.left_quantity - s.held_quantity <> coalesce(p.quantity, 0);

select count(*) as rows_in, count(*) as rows_out from found_splits;
