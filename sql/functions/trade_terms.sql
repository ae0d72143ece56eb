-- Where two records of the same trade and version differ, and how far one without a date may move.

create or replace function trade.stated_terms(p_record jsonb) returns text[]
language plpgsql stable as $$
-- Most of a message's names are those of the columns; the short forms and references have their own.
declare
    message jsonb;
begin
    select convert_from(m.payload, 'UTF8')::jsonb into message
    from landing.read_message(
        p_record ->> 'topic',
        (p_record ->> 'partition')::integer,
        (p_record ->> 'message_offset')::bigint
    ) as m
    limit 1;
    if jsonb_typeof(message) is distinct from 'object' or not message ? 'trade_id' then
        return null;
    end if;
    return array(
        select case field.key
            when 'ticker' then 'symbol'
            when 'counterparty' then 'counterparty_id'
            when 'source' then 'source_id'
            when 'timestamp' then
                case when p_record ? 'executed_at' then 'executed_at' else 'confirmed_at' end
            else field.key
        end
        from jsonb_each(message) as field (key, value)
        where field.value <> 'null'::jsonb
    );
exception
    -- fields that no contract names are ignored, also those that jsonb cannot hold
    when data_exception or program_limit_exceeded then
        return null;
end
$$;
comment on function trade.stated_terms(jsonb) is
    'Columns that a record''s own message states, everything else was filled in; null where the '
    'message is not there any more or cannot be read as jsonb.';

create or replace function trade.compare_terms(
    p_kept jsonb, p_refused jsonb, p_kept_stated text[], p_refused_stated text[]
) returns table (kept_terms text, refused_terms text)
language sql immutable parallel safe as $$
    select
        string_agg(kept.key || '=' || (kept.value #>> '{}'), ', ' order by kept.key),
        string_agg(kept.key || '=' || (refused.value #>> '{}'), ', ' order by kept.key)
    from jsonb_each(p_kept) as kept (key, value)
    join jsonb_each(p_refused) as refused (key, value) on refused.key = kept.key
    where kept.value <> refused.value
      and kept.value <> 'null'::jsonb
      and refused.value <> 'null'::jsonb
      -- an instant that the message does not state is the broker's, and says nothing
      and not (
          kept.key in ('executed_at', 'confirmed_at')
          and refused.value = p_refused -> 'message_at'
      )
      and kept.key not in (
          'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'flags', 'business_date',
          'recorded_at', 'message_at'
      )
      and (
          coalesce(
              kept.key = any(p_kept_stated) and kept.key = any(p_refused_stated), true
          )
          -- a trade that is off is never the same as one that is on
          or kept.key = 'status' and '"CANCELLED"'::jsonb in (kept.value, refused.value)
      )
$$;
comment on function trade.compare_terms(jsonb, jsonb, text[], text[]) is
    'Terms that both records state, and state otherwise; null for what a message states takes every '
    'term as stated.';

create or replace function trade.differing_terms(p_kept jsonb, p_refused jsonb)
returns table (kept_terms text, refused_terms text)
language plpgsql stable as $$
-- Most refused records hold nothing but what the kept one holds, which one comparison tells. The
-- messages are looked up only where the records differ, which is rare, and once each: as arguments
-- they would be looked up anew for every term.
declare
    kept_stated text[];
    refused_stated text[];
begin
    if p_kept @> jsonb_strip_nulls(
        p_refused - array[
            'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'flags', 'business_date',
            'recorded_at', 'message_at', 'is_date_stated'
        ]
    ) then
        return next;
        return;
    end if;
    select t.* into kept_terms, refused_terms
    from trade.compare_terms(p_kept, p_refused, null, null) as t;
    if refused_terms is not null then
        kept_stated := trade.stated_terms(p_kept);
        refused_stated := trade.stated_terms(p_refused);
        select t.* into kept_terms, refused_terms
        from trade.compare_terms(p_kept, p_refused, kept_stated, refused_stated) as t;
    end if;
    return next;
end
$$;
comment on function trade.differing_terms(jsonb, jsonb) is
    'Terms that the refused record states otherwise than the kept one; both null where it states '
    'none otherwise, which makes it a duplicate. A term that either leaves out contradicts nothing, '
    'whichever of them came first.';

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
