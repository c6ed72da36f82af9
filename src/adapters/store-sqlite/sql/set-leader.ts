export const SET_LEADER = `
  UPDATE leader SET epoch = ?, held = 1, generation = ?, pid = ?, start_ticks = ?, boot_id = ?, host = ?,
    since_ms = ?, address = ?
  WHERE id = 1`;
