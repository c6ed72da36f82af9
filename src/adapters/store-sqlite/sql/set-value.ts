export const SET_VALUE = `
  INSERT INTO value (key, value) VALUES (?, ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`;
