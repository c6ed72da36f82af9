export const READ_EVENTS = `
  SELECT seq, epoch, at_ms, kind, run, version, data, hash
  FROM event WHERE seq >= ? ORDER BY seq LIMIT ?`;
