-- purpose: net what a date has that nothing has happened to yet: its events are laid as a table of
--          their own, which becomes the date's partition. What no agreement nets has no event.
-- reads: settlement.instructions, settlement.events, netting_terms, withheld_instructions
--        (temporary)
-- writes: settlement.laid_events (becomes a partition of settlement.events)
-- rerun: append once: a date that has a partition is not laid again
-- parameters: settlement_date, act_id, effective_on

create table settlement.laid_events as
select
    i.instruction_id,
    i.settlement_date,
    %(effective_on)s::date as effective_on,
    %(act_id)s::integer as act_id,
    1::smallint as sequence,
    null::smallint as reverses_sequence,
    null::integer as deliverer_id,
    null::integer as receiver_id,
    null::integer as payer_id,
    null::integer as payee_id,
    t.net_instruction_id,
    'NETTED'::text as kind,
    'INSTRUCTED'::text as from_state,
    'SETTLED'::text as to_state,
    null::text as symbol,
    null::text as delivered_currency,
    null::text as currency,
    null::numeric as quantity,
    null::numeric as amount
from (
    -- where nothing is withheld, several processes look the nets up and join nothing else
    select *
    from settlement.instructions
    where not exists (select from withheld_instructions)
    union all
    select *
    from settlement.instructions as o
    where exists (select from withheld_instructions)
      and not exists (
          select from withheld_instructions as w where w.instruction_id = o.instruction_id
      )
) as i
join unnest((select array_agg(n) from netting_terms as n)) as t
    on (t.counterparty_id, t.market_id, t.asset_class, t.currency, t.method)
    = (i.counterparty_id, i.market_id, i.asset_class, i.currency, i.method)
where i.settlement_date = %(settlement_date)s
  and i.purpose in ('TRADE', 'ALLOCATION');

select settlement.attach_partition('events', 'laid_events', %(settlement_date)s);

select count(*) as rows_in, count(*) as rows_out
from settlement.events
where settlement_date = %(settlement_date)s;
