-- Where two statuses, or two lines of a statement, that should be the same differ.

create or replace function settlement.differing_terms(p_kept jsonb, p_refused jsonb)
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
          'account', 'as_of_date', 'line_count', 'statement_number', 'entry_type', 'asset',
          'amount', 'entry_reference', 'settlement_date', 'reason_code', 'settled_quantity',
          'settled_amount', 'currency', 'settled_on', 'depository_id'
      )
$$;
comment on function settlement.differing_terms(jsonb, jsonb) is
    'Terms that the second states otherwise than the first: name=value, in name order; both null '
    'where the second says the same again.';
