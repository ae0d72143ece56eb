select count(*) from peer_lines
