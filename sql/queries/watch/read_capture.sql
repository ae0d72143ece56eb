-- Whether a drain ended well within the last minute; then nothing needs to be asked of the broker.
select exists (
    select
    from control.step_runs
    where step = 'trade_capture/drain_feeds'
      and outcome = 'DONE'
      and finished_at > %(as_of)s::timestamptz - interval '1 minute'
) as is_alive
