export const APPEND_EVENT = `
  INSERT INTO event (seq, epoch, at_ms, kind, run, version, data, hash)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
