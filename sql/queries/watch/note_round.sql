-- A part of the watch has looked.
insert into control.watch_rounds as r (watch, last_round_at)
values (%(watch)s, %(as_of)s)
on conflict (watch) do update set last_round_at = excluded.last_round_at
where r.last_round_at < excluded.last_round_at
