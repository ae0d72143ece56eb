-- purpose: keep the most unusual trades of the date as they were ranked, with their terms, and how
--          many trades each component could score.
-- reads: trade.executions
-- writes: compliance.anomalies, compliance.coverage
-- rerun: replace the date
-- parameters: business_date, run_id, ranked (JSON: trade_id, rank, score, is_flagged, components),
--             counted (JSON: rule, outcome, subject_count)

delete from compliance.anomalies where business_date = %(business_date)s;

insert into compliance.anomalies (
    business_date, trade_id, version, rank, score, is_flagged, components, symbol, account,
    counterparty_id, side, quantity, price, currency, executed_at, run_id
)
select distinct on (r.trade_id)
    %(business_date)s, r.trade_id, e.version, r.rank, r.score, r.is_flagged, r.components, e.symbol,
    e.account, e.counterparty_id, e.side, e.quantity, e.price, e.currency, e.executed_at, %(run_id)s
from jsonb_to_recordset(%(ranked)s::jsonb) as r (
    trade_id text, rank integer, score numeric, is_flagged boolean, components jsonb
)
join trade.executions as e
    on e.business_date = %(business_date)s
    and e.trade_id = r.trade_id
order by r.trade_id, e.version desc;

delete from compliance.coverage
where business_date = %(business_date)s
  and starts_with(rule, 'anomaly_');

insert into compliance.coverage (business_date, rule, outcome, subject_count, run_id)
select %(business_date)s, c.rule, c.outcome, c.subject_count, %(run_id)s
from jsonb_to_recordset(%(counted)s::jsonb) as c (rule text, outcome text, subject_count bigint)
where c.subject_count > 0;

select
    jsonb_array_length(%(ranked)s::jsonb) as rows_in,
    (select count(*) from compliance.anomalies where business_date = %(business_date)s) as rows_out;
