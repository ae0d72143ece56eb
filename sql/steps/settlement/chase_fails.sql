-- purpose: chase what fails: at each age of the chaser steps one message for each instruction and
--          addressee goes to the topic breaks, and one finding for each counterparty to the alerts.
-- reads: settlement.fails, reference.chaser_steps
-- writes: settlement.chasers, outbox.messages, control.alert_findings, new_chasers (temporary)
-- rerun: append once: an instruction is chased once at each step
-- parameters: business_date, run_id, as_of

drop table if exists pg_temp.new_chasers;

create temporary table new_chasers on commit drop as
select distinct on (f.instruction_id, s.addressee)
    f.*,
    s.age_business_days as step_age,
    s.addressee
from settlement.fails as f
join reference.chaser_steps as s
    on s.effective_from <= f.as_of_date
    and s.age_business_days <= f.age_business_days
where f.as_of_date = %(business_date)s
-- of steps that were passed meanwhile the latest is enough
order by f.instruction_id, s.addressee, s.age_business_days desc;

delete from new_chasers as n
using settlement.chasers as c
where c.instruction_id = n.instruction_id
  and c.addressee = n.addressee
  and c.age_business_days >= n.step_age;

insert into settlement.chasers (
    instruction_id, settlement_date, age_business_days, addressee, chased_on, run_id, recorded_at
)
select
    instruction_id, settlement_date, step_age, addressee, as_of_date, %(run_id)s, %(as_of)s
from new_chasers
order by instruction_id, addressee;

insert into outbox.messages (message_id, topic, message_key, payload)
select
    concat_ws('/', 'chaser', instruction_id, step_age, addressee),
    'breaks',
    instruction_id::text,
    jsonb_build_object(
        'event', 'CHASED', 'subject_kind', 'INSTRUCTION', 'break_type', 'settlement_fail',
        'trade_id', subject_id, 'instruction_id', instruction_id, 'business_date', as_of_date,
        'settlement_date', settlement_date, 'addressee', addressee,
        'age_business_days', age_business_days, 'reason', reason, 'iso_reason', iso_reason,
        'counterparty', counterparty_id, 'symbol', symbol, 'open_quantity', open_quantity,
        'open_amount', open_amount, 'currency', currency, 'occurred_at', %(as_of)s::timestamptz
    )
from new_chasers
order by instruction_id, addressee
on conflict (message_id) do nothing;

insert into control.alert_findings (
    kind, finding_key, business_date, summary, next_step, found_at
)
select
    'settlement_fails',
    concat_ws('/', as_of_date, counterparty_id, addressee, step_age),
    as_of_date,
    format(
        '%%s with %%s %%s (%%s): chase %%s',
        case when count(*) = 1 then '1 instruction' else count(*) || ' instructions' end,
        counterparty_id,
        case step_age
            when 0 then 'failed on the settlement date'
            when 1 then 'failing for a business day'
            else format('failing for %%s business days', step_age)
        end,
        string_agg(distinct replace(reason, '_', ' '), ', '),
        addressee
    ),
    'look at settlement.fails of the date, and at the topic breaks for each instruction',
    %(as_of)s
from new_chasers
group by as_of_date, counterparty_id, addressee, step_age
on conflict (kind, finding_key) do nothing;

select count(*) as rows_in, count(distinct instruction_id) as rows_out
from new_chasers;
