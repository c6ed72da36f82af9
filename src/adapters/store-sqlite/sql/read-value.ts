export const READ_VALUE = `SELECT value FROM value WHERE key = ?`;
