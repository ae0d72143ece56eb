-- Messages refused so far, of every date and feed.
select count(*) from landing.rejects
