-- purpose: once a month's penalties are due to be stated, gather what no statement holds yet of it
--          and of the months before, in one statement for each counterparty and currency.
-- reads: reference.penalty_terms, reference.calendar_days, settlement.penalties
-- writes: settlement.penalty_statements, settlement.penalty_statement_lines,
--         penalties_to_state, new_statements (temporary)
-- rerun: append once: a penalty is stated once
-- parameters: business_date, run_id, as_of

drop table if exists pg_temp.penalties_to_state, pg_temp.new_statements;

create temporary table penalties_to_state on commit drop as
with terms as (
    select t.*, date_trunc('month', %(business_date)s::date)::date as month_begin
    from reference.penalty_terms as t
    where t.effective_from <= %(business_date)s
    order by t.effective_from desc
    limit 1
),
days as (
    select d.calendar_date, row_number() over (order by d.calendar_date) as place
    from terms as t
    join reference.calendar_days as d using (calendar_id)
    where d.is_business_day
      and d.calendar_date between t.month_begin and t.month_begin + interval '2 months'
),
stated as (
    select
        -- until the statement day of this month comes, the month before last is the newest one due
        (t.month_begin - case
            when d.calendar_date <= %(business_date)s then interval '1 month'
            else interval '2 months'
        end)::date as statement_month,
        t.month_begin,
        (
            select min(y.calendar_date)
            from days as y
            where y.place >= t.payment_business_day
              and y.calendar_date >= %(business_date)s
        ) as payment_date
    from terms as t
    join days as d on d.place = t.statement_business_day
)
select p.*, s.statement_month, s.payment_date
from settlement.penalties as p
join stated as s on p.penalty_date < s.statement_month + interval '1 month'
where p.amount is not null
  and not exists (
      select from settlement.penalty_statement_lines as l where l.penalty_id = p.penalty_id
  );

create temporary table new_statements on commit drop as
select
    concat_ws('/', p.counterparty_id, p.currency, to_char(p.statement_month, 'YYYY-MM'), n.number)
        as statement_id,
    p.counterparty_id, p.currency, p.statement_month, n.number, p.payment_date
from (
    select distinct counterparty_id, currency, statement_month, payment_date from penalties_to_state
) as p
cross join lateral (
    select count(*) + 1 as number
    from settlement.penalty_statements as s
    where (s.counterparty_id, s.currency, s.statement_month)
        = (p.counterparty_id, p.currency, p.statement_month)
) as n;

insert into settlement.penalty_statements (
    statement_id, counterparty_id, currency, statement_month, statement_number, payment_date,
    stated_on, run_id, recorded_at
)
select s.*, %(business_date)s, %(run_id)s, %(as_of)s
from new_statements as s;

insert into settlement.penalty_statement_lines (penalty_id, statement_id)
select p.penalty_id, s.statement_id
from penalties_to_state as p
join new_statements as s using (counterparty_id, currency);

select
    (select count(*) from penalties_to_state) as rows_in,
    (select count(*) from new_statements) as rows_out;
