export const READ_LEADER = `
  SELECT epoch, held, generation, pid, start_ticks, boot_id, host, since_ms, address
  FROM leader WHERE id = 1`;
