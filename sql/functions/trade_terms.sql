-- Where two records of the same trade and version differ.

create or replace function trade.differing_terms(p_kept jsonb, p_refused jsonb)
returns table (kept_terms text, refused_terms text)
language sql immutable parallel safe as $$
    select
        string_agg(kept.key || '=' || coalesce(kept.value #>> '{}', ''), ', ' order by kept.key),
        string_agg(kept.key || '=' || (refused.value #>> '{}'), ', ' order by kept.key)
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value <> refused.value
      and refused.value <> 'null'::jsonb
      -- an instant that the message does not state is the broker's, and says nothing
      and not (
          kept.key in ('executed_at', 'confirmed_at')
          and refused.value = p_refused -> 'message_at'
      )
      and kept.key not in (
          'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'flags', 'business_date'
      )
$$;
comment on function trade.differing_terms(jsonb, jsonb) is
    'Terms that the refused record states otherwise than the kept one; both null where it states '
    'none otherwise, which makes it a duplicate. A term that it leaves out contradicts nothing.';

create or replace function trade.is_within_reach(
    p_record_type text, p_own_date date, p_execution_date date
) returns boolean
language sql immutable parallel safe as $$
    select p_record_type <> 'confirmation' or abs(p_execution_date - p_own_date) <= 7
$$;
comment on function trade.is_within_reach(text, date, date) is
    'Whether a record without a trade date may stand under an execution''s date. A confirmation states '
    'its instant: an execution more than seven days from it is another trade with the same id. A P&L '
    'snapshot states none, its own date is that of its arrival: any distance will do.';
