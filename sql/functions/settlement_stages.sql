-- The states of an instruction in the order in which they count where several stand for one.

create or replace function settlement.stages() returns text[]
language sql immutable parallel safe as $$
    select array[
        'FAILING', 'PENDING', 'PARTIALLY_SETTLED', 'INSTRUCTED', 'MATCHED', 'SETTLED', 'CANCELLED'
    ]
$$;
comment on function settlement.stages() is
    'The least advanced first: of several parts or legs it decides. A cancelled one counts last.';
