-- Where many trades of an instrument are out of its band, the mark is in question as much as they are.

alter table reference.price_bands add column listed_max integer not null default 20;
alter table reference.price_bands alter column listed_max drop default;
alter table reference.price_bands
    add constraint price_bands_listed_max_positive check (listed_max > 0);
comment on table reference.price_bands is
    'How far a price may be from the mark, in percent of the mark, inclusive; by the mark: the row of '
    'the greatest price_above that the mark is strictly above. * where a class has no rows of its own. '
    'More trades of one instrument out of the band than listed_max are one alert: the mark, or the '
    'market, has moved.';

alter table compliance.alerts drop constraint alerts_kind_known;
alter table compliance.alerts add constraint alerts_kind_known check (
    subject_kind in ('TRADE', 'TRADE_PAIR', 'POSITION', 'FEED', 'INSTRUMENT', 'REFERENCE')
);
