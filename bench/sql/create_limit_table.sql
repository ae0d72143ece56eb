create table limit_messages (
    topic text not null,
    partition integer not null,
    message_offset bigint not null,
    payload bytea
)
