drop table peer_lines, peer_instructions
