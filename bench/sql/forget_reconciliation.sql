truncate recon.matches, recon.breaks, recon.pending
