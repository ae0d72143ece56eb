create table limit_messages (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    message_at timestamptz not null,
    message_key bytea,
    headers bytea,
    payload bytea
)
