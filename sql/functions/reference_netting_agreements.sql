-- Which netting agreement applies.

create or replace function reference.find_netting_agreement(
    p_counterparty_id text, p_market_id text, p_asset_class text, p_currency text, p_date date
) returns table (agreement text, method text, netting_centre text)
language sql stable as $$
    select
        a.agreement,
        a.method,
        a.netting_centre
    from reference.netting_agreements as a
    where coalesce(a.counterparty_id, p_counterparty_id) = p_counterparty_id
      and coalesce(a.market_id, p_market_id) = p_market_id
      and coalesce(a.asset_class, p_asset_class) = p_asset_class
      and coalesce(a.currency, p_currency) = p_currency
      and a.effective_from <= p_date
      and (a.effective_until is null or a.effective_until > p_date)
      and a.withdrawn_at is null
    order by
        a.counterparty_id is null,
        a.market_id is null,
        a.asset_class is null,
        a.currency is null,
        a.effective_from desc
    limit 1
$$;
comment on function reference.find_netting_agreement(text, text, text, text, date) is
    'The one in force that says most, the newest of those; no row: settled gross.';
