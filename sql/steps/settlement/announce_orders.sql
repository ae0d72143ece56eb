-- purpose: tell the depository and the bank what the orders that just settled move: one message
--          each, in the form in which the order came.
-- reads: settlement.instructions, trade.orders
-- writes: outbox.messages
-- rerun: append once, by message_id
-- parameters: act_id

drop table if exists pg_temp.order_movements;

create temporary table order_movements on commit drop as
select
    o.order_key,
    o.business_date,
    o.answer_form,
    i.settlement_date,
    i.symbol,
    i.account,
    i.counterparty_id,
    i.currency,
    trim_scale(case o.side when 'BUY' then i.quantity else -i.quantity end) as quantity,
    trim_scale(i.amount) as amount,
    case o.side when 'BUY' then 'DEBIT' else 'CREDIT' end as cash_action
from settlement.instructions as i
join trade.orders as o
    on o.order_key = i.subject_id
    and o.business_date = i.business_date
where i.act_id = %(act_id)s;

with told as (
    select
        m.*,
        'Demat_allocation' as topic,
        concat_ws(' ', 'DEMAT', quantity, symbol) as human_text,
        jsonb_build_object('action', 'DEMAT', 'symbol', symbol, 'quantity', quantity) as facts
    from order_movements as m
    union all
    select
        m.*,
        'Cash_movement',
        concat_ws(' ', cash_action, amount),
        jsonb_build_object('action', cash_action, 'amount', amount, 'currency', currency)
    from order_movements as m
)
insert into outbox.messages (message_id, topic, message_key, is_text, payload)
select
    concat_ws('/', topic, business_date, order_key),
    topic,
    order_key,
    answer_form = 'TEXT',
    case answer_form
        when 'TEXT' then to_jsonb(human_text)
        else facts || jsonb_build_object(
            'order_id', order_key,
            'business_date', business_date,
            'settlement_date', settlement_date,
            'account', account,
            'counterparty', counterparty_id,
            'text', human_text
        )
    end
from told
order by topic desc, order_key
on conflict (message_id) do nothing;

select
    (select count(*) from order_movements) as rows_in,
    (select count(*) from order_movements) * 2 as rows_out;
