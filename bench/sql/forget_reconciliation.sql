truncate
    recon.single_matches,
    recon.match_sets,
    recon.match_set_exceptions,
    recon.breaks,
    recon.pending
