-- Whether a day's run has come to its end before, and the last day on which anything was settled.
select
    exists (
        select
        from control.step_runs
        where step = 'settlement_cycle/settle_due'
          and business_date = %(effective_on)s
          and outcome = 'DONE'
    ) as is_run_before,
    (select max(last_effective_on) from settlement.cycles) as last_date
