-- What the suite of the feed marks looks at: one batch's staged rows (gx.batch_id).

create or replace view quality.batch_marks as
select
    staged.topic,
    staged.partition,
    staged.message_offset,
    staged.feed,
    staged.symbol,
    staged.mark_kind,
    staged.price,
    staged.currency,
    greatest(length(staged.symbol), length(staged.source_id)) as longest_text,
    extract(year from staged.business_date)::integer as business_year,
    staged.business_date - current_date as days_ahead_of_today,
    (staged.message_at at time zone 'UTC')::date - current_date as message_lead_days,
    sources.source_id is not null as is_source_known,
    staged.mark_kind <> 'FX' or (
        staged.symbol ~ '^[A-Z]{6}$'
        and right(staged.symbol, 3) = staged.currency
        and staged.price > 0
    ) as is_pair_sound,
    staged.mark_kind <> 'PRICE'
    or staged.price > 0
    or market.goes_below_nought(instruments.asset_class) as is_price_above_nought,
    (staged.tenor_days > 0) = (staged.mark_kind = 'CURVE') as is_tenor_sound,
    staged.mark_kind <> 'PRICE' or instruments.symbol is not null as is_symbol_known,
    staged.mark_kind = 'CURVE'
    or coalesce(instruments.currency, staged.currency) = staged.currency as is_currency_own
from staging.marks as staged
left join reference.instruments as instruments on staged.symbol = instruments.symbol
left join (
    select distinct mark_sources.source_id
    from reference.mark_sources as mark_sources
) as sources on staged.source_id = sources.source_id
where staged.batch_id = current_setting('gx.batch_id')::bigint;
