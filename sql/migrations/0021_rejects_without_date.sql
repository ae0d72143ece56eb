-- A refused message that states neither date nor instant stands, like a record of its kind, where its
-- trade stands.

alter table landing.rejects add column is_date_stated boolean not null default true;
comment on column landing.rejects.is_date_stated is
    'False: business_date is that of the message''s arrival until its batch is promoted, and then that '
    'of the execution with the same trade id nearest to it, where there is one.';
