-- Where two orders, or two answers, of the same id differ.

create or replace function trade.differing_order_terms(p_kept jsonb, p_refused jsonb)
returns table (kept_terms text, refused_terms text)
language sql immutable parallel safe as $$
    select
        string_agg(kept.key || '=' || coalesce(kept.value #>> '{}', ''), ', ' order by kept.key),
        string_agg(
            kept.key || '=' || coalesce(refused.value #>> '{}', ''), ', ' order by kept.key
        )
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value is distinct from refused.value
      and kept.key in (
          'symbol', 'side', 'quantity', 'price', 'currency', 'counterparty_id', 'account',
          'response', 'reason'
      )
$$;
comment on function trade.differing_order_terms(jsonb, jsonb) is
    'Terms that the second states otherwise than the first: name=value, in name order; both null '
    'where the second says the same again.';
