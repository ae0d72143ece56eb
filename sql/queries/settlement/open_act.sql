-- Announces an act; gives its id.
select settlement.open_act(%(cause)s, %(actor)s, %(run_id)s, %(as_of)s)
