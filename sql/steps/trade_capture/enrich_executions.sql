-- purpose: note every newly accepted execution version for the topic enriched-trades, many in a
--          row; the outbox builds their messages when it sends them.
-- reads: accepted_executions (temporary), reference.counterparties
-- writes: outbox.announcements
-- rerun: append once, by the first of the batches, date and piece
-- parameters: none

with numbered as (
    select
        *,
        min(batch_id) over () as first_batch_id,
        (
            row_number() over (
                partition by business_date
                order by trade_id collate "C", version
            ) - 1
        ) / 1000 as piece
    from accepted_executions
),
pieces as (
    select
        first_batch_id,
        business_date,
        piece,
        array_agg(trade_id order by trade_id collate "C", version) as trade_ids,
        array_agg(version order by trade_id collate "C", version) as versions,
        count(*) as message_count,
        array_agg(distinct counterparty_id) as counterparty_ids
    from numbered
    group by first_batch_id, business_date, piece
),
noted as (
    insert into outbox.announcements (
        batch_id, business_date, piece, topic, trade_ids, versions, message_count, counterparties
    )
    select
        p.first_batch_id,
        p.business_date,
        p.piece,
        'enriched-trades',
        p.trade_ids,
        p.versions,
        p.message_count,
        (
            select coalesce(
                jsonb_object_agg(
                    c.counterparty_id, jsonb_build_array(c.counterparty_name, c.lei)
                ),
                '{}'
            )
            from reference.counterparties as c
            where c.counterparty_id = any(p.counterparty_ids)
        )
    from pieces as p
    order by p.business_date, p.piece
    on conflict (batch_id, business_date, piece) do nothing
    returning message_count
)
select
    (select count(*) from accepted_executions) as rows_in,
    (select coalesce(sum(message_count), 0) from noted) as rows_out;
