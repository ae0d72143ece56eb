-- Why the cause of an alert is gone.

create or replace function compliance.explain_withdrawal(
    p_business_date date, p_subject_id text, p_evidence jsonb
) returns text
language sql stable as $$
    with named as (
        select n.trade_id, n.version
        from (
            values
            (coalesce(p_evidence ->> 'trade_id', p_subject_id), p_evidence ->> 'version'),
            (p_evidence ->> 'buy', p_evidence ->> 'buy_version'),
            (p_evidence ->> 'sell', p_evidence ->> 'sell_version')
        ) as n (trade_id, version)
        where n.version is not null
    ),
    since as (
        select
            coalesce(bool_or(e.status = 'CANCELLED'), false) as is_cancelled,
            count(*) > 0 as is_corrected
        from named as n
        join trade.executions as e
            on e.business_date = p_business_date
            and e.trade_id = n.trade_id
            and e.version > n.version::integer
    )
    select case
        when is_cancelled then 'execution_cancelled'
        when is_corrected then 'later_version_is_within'
        else 'facts_or_limits_changed'
    end
    from since
$$;
comment on function compliance.explain_withdrawal(date, text, jsonb) is
    'execution_cancelled or later_version_is_within where a trade of the alert has a version newer than '
    'the evidence; otherwise what it was held against has changed.';
