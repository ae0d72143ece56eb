-- What a record says of its trade, without where and when the message travelled.

create or replace function trade.business_terms(p_record jsonb) returns jsonb
language sql immutable parallel safe as $$
    select jsonb_object_agg(term.key, term.value order by term.key)
    from jsonb_each(p_record) as term (key, value)
    where term.key not in (
        'batch_id', 'feed', 'topic', 'partition', 'message_offset', 'message_at', 'business_date',
        'is_date_stated', 'flags'
    )
    -- an instant that the message does not state is that of its arrival, and says nothing
    and not (
        term.key in ('executed_at', 'confirmed_at') and term.value = p_record -> 'message_at'
    )
$$;
comment on function trade.business_terms(jsonb) is
    'Terms of a staged record as JSON: equal for two messages with the same content.';
